"""Where a project's files name another file: by element, file and line, as written."""

import os
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from fanreel.files.site_files import SiteFiles
from fanreel.markup.elements import Element, Page, read_page

_PAGES = frozenset({".html", ".htm"})
_TEXTS = _PAGES | {".css", ".js", ".mjs", ".json", ".svg"}
_MOST_BYTES = 8 * 1024**2
# What may stand around a path in a style sheet or script.
_NO_PATH = r"\s\"'`()<>,;="
_FILE_ATTRIBUTES = ("src", "href", "poster", "data", "data-composition-src", "xlink:href")
_MEDIA = frozenset({"video", "audio", "source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One place that names a file."""

    file: str
    """POSIX path in the folder served."""
    line: int
    """From 1."""
    element: str
    """As a selector; the file's name where it is no page."""
    written: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.element} names {self.written}"


class References:
    """
    What the files that a page has used say of other files.

    Args:
        files: The folder served.
        used: Paths in it that the page has asked for, the entry file among them.
    """

    def __init__(self, files: SiteFiles, used: Iterable[str]) -> None:
        self._files = files
        self._used = [files.entry_path, *sorted(set(used) - {files.entry_path})]

    def to(self, path: str) -> Reference | None:
        """Return the first place that means *path*, a path in the folder or a whole URL."""
        return next((ref for ref in self._all(path) if path in self._meant(ref)), None)

    def target(self, reference: Reference) -> Path:
        """Return the file on this machine that a path leads to, links followed, wherever it is."""
        written = urllib.parse.unquote(_path_of(reference.written))
        folder = "" if written.startswith("/") else PurePosixPath(reference.file).parent.as_posix()
        bases = [folder, self._files.project_path]
        found = [
            Path(os.path.realpath(self._files.root_dir / base / written.lstrip("/")))
            for base in bases
        ]
        return next((file for file in found if file.exists()), found[0])

    def media(self) -> Iterator[str]:
        """Yield the paths in the folder that media elements name, as far as pages say so."""
        for file, page in self._pages.items():
            for element in page.elements:
                written = element.attributes.get("src", "") if element.tag in _MEDIA else ""
                if written and not re.match(r"[a-z][a-z0-9+.-]*:|//|[{#]", written, re.IGNORECASE):
                    yield self._beside(file, written)

    @cached_property
    def _texts(self) -> dict[str, str]:
        paths = {name: self._files.root_dir / name for name in self._used}
        return {
            name: path.read_text(encoding="utf-8", errors="replace")
            for name, path in paths.items()
            if path.suffix.lower() in _TEXTS
            and path.is_file()
            and path.stat().st_size <= _MOST_BYTES
        }

    @cached_property
    def _pages(self) -> dict[str, Page]:
        return {
            name: read_page(self._files.root_dir / name)
            for name in self._texts
            if Path(name).suffix.lower() in _PAGES
        }

    def _all(self, path: str) -> Iterator[Reference]:
        name = PurePosixPath(path).name
        for file, text in self._texts.items():
            page = self._pages.get(file)
            if page is not None:
                yield from _in_attributes(file, page, name)
            yield from _in_text(file, text, page, name)

    def _meant(self, reference: Reference) -> set[str]:
        written = reference.written
        if re.match(r"(https?:)?//", written, re.IGNORECASE):
            return {written.partition("#")[0]}
        project = self._files.project_path
        from_project = _clamped(project, urllib.parse.unquote(_path_of(written)))
        return {self._beside(reference.file, written), from_project, written.lstrip("/")}

    def _beside(self, file: str, written: str) -> str:
        path = urllib.parse.unquote(_path_of(written))
        return _clamped("" if path.startswith("/") else str(PurePosixPath(file).parent), path)


def _in_attributes(file: str, page: Page, name: str) -> Iterator[Reference]:
    for element in page.elements:
        values = [element.attributes.get(attribute, "") for attribute in _FILE_ATTRIBUTES]
        values += re.split(r"\s*,\s*|\s+", element.attributes.get("srcset", ""))
        for value in filter(None, map(str.strip, values)):
            if PurePosixPath(urllib.parse.unquote(_path_of(value))).name == name:
                yield Reference(file=file, line=element.line, element=element.name, written=value)


def _in_text(file: str, text: str, page: Page | None, name: str) -> Iterator[Reference]:
    for spelled in dict.fromkeys((name, urllib.parse.quote(name))):
        for match in re.finditer(rf"[^{_NO_PATH}]*{re.escape(spelled)}", text):
            line = text.count("\n", 0, match.start()) + 1
            element = _around(page, line, match[0]) if page else PurePosixPath(file).name
            yield Reference(file=file, line=line, element=element, written=match[0])


def _around(page: Page, line: int, written: str) -> str:
    before = [element for element in page.elements if element.line <= line]
    saying = [e for e in before if any(written in value for value in e.attributes.values())]
    found = saying[-1:] or before[-1:] or [Element("html", {}, 1)]
    return found[0].name


def _path_of(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _clamped(folder: str, path: str) -> str:
    """Join as browsers do: what leads above the top stays at the top."""
    parts: list[str] = []
    for part in (*PurePosixPath(folder).parts, *path.split("/")):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
