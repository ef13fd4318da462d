"""
Scene files: a page whose composition lies in a `<template>`, as nested compositions are written.

Opened by itself such a page shows nothing. As an entry file it is opened as the page that its
template holds.
"""

import itertools
import re
from dataclasses import dataclass

from fanreel.files.html import PageParser

_ID = "data-composition-id"
_VARIABLES = re.compile(r"""\sdata-composition-variables\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_NAMED = re.compile(rf"\s{_ID}(?=[\s=>/])", re.IGNORECASE)


def is_scene(html: str) -> bool:
    """Tell if the only composition of a page lies in a template."""
    return "<template" in html.lower() and _read(html) is not None


def scene_page(html: str) -> str:
    """
    Return the page that a scene file's template holds; any other page as it is.

    Lines stay where they are. Variables that the template declares are the root's then, and a name
    that the document has for the composition inside is no second root.
    """
    found = _read(html)
    if found is None:
        return html
    tag, root, end = found.template, found.root, found.end
    head = html[: tag.start]
    if found.document:
        document = found.document
        named = _NAMED.sub(f" data-{_ID}", document.text, count=1)
        head = head[: document.start] + named + head[document.stop :]
    if root is tag:  # the template itself is the composition
        start = re.sub("^<template", "<div", tag.text, flags=re.IGNORECASE)
        return f"{head}{start}{html[tag.stop : end.start]}</div>{html[end.stop :]}"
    declared = _VARIABLES.search(tag.text)
    if declared and not _VARIABLES.search(root.text):
        start = re.sub(r"^<[^\s/>]+", lambda name: name[0] + declared[0], root.text)
    else:
        start = root.text
    inside = html[tag.stop : root.start] + start + html[root.stop : end.start]
    return f"{head}{_lines(tag)}{inside}{_lines(end)}{html[end.stop :]}"


@dataclass(frozen=True, slots=True)
class _Tag:
    start: int
    text: str

    @property
    def stop(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class _Scene:
    template: _Tag
    root: _Tag
    end: _Tag
    document: _Tag | None
    """The `<html>` tag, where it has the composition's name too."""


def _read(html: str) -> _Scene | None:
    reader = _Reader(html)
    reader.feed(html)
    reader.close()
    if reader.has_root or not (reader.template and reader.root and reader.end):
        return None
    return _Scene(reader.template, reader.root, reader.end, reader.document)


def _lines(tag: _Tag) -> str:
    return "\n" * tag.text.count("\n")


class _Reader(PageParser):
    """Finds the first template with a composition, and whether there is one outside of it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self._html = html
        lengths = (len(line) for line in html.split("\n"))
        self._lines = [0, *itertools.accumulate(length + 1 for length in lengths)]
        self._depth = 0
        self._open: _Tag | None = None
        self._named = False
        self.has_root = False
        self.template: _Tag | None = None
        self.root: _Tag | None = None
        self.end: _Tag | None = None
        self.document: _Tag | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        is_named = any(name == _ID for name, _ in attrs)
        here = _Tag(self._offset(), self.get_starttag_text() or "")
        if tag == "template":
            self._depth += 1
            if self._depth == 1:
                self._open, self._named = here, is_named
        elif is_named and tag == "html":
            self.document = here
        elif is_named and not self._depth:
            self.has_root = True
        elif is_named and self._depth == 1 and self.root is None and self.end is None:
            self.template, self.root = self._open, here

    def handle_endtag(self, tag: str) -> None:
        if tag != "template" or not self._depth:
            return
        self._depth -= 1
        if self._depth or self.end is not None:
            return
        if self.root is None and self._named:
            self.template = self.root = self._open
        if self.root is not None:
            start = self._offset()
            self.end = _Tag(start, self._html[start : self._html.find(">", start) + 1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # HTML knows no such thing: <template/> is left open

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
