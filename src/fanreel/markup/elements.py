"""A project's pages as text: which element stands at which line, and which one is spoken of."""

import re
import urllib.parse
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fanreel.files.html import PageParser
from fanreel.markup.outline import project_pages

# As page/naming.js names elements: `p#a`, `p[data-composition-id="a"]`, `#a p.b.c:nth(2)`.
_SELECTOR = re.compile(
    r"(?:#(?P<around>\S+) )?(?P<tag>[a-z][\w-]*)(?:#(?P<id>\S+))?(?P<classes>(?:\.[^\s.:\[]+)*)"
    r"""(?:\[data-composition-id="(?P<composition>[^"]*)"\])?(?::nth\(\d+\))?"""
)


@dataclass(frozen=True, slots=True)
class Element:
    """A start tag as it is written."""

    tag: str
    attributes: Mapping[str, str]
    line: int
    """From 1."""

    @property
    def name(self) -> str:
        """As a selector, for people."""
        identity = self.attributes.get("id")
        classes = "".join(f".{word}" for word in self.attributes.get("class", "").split()[:2])
        return f"{self.tag}#{identity}" if identity else f"{self.tag}{classes}"

    @property
    def classes(self) -> frozenset[str]:
        """Return the words of its `class`."""
        return frozenset(self.attributes.get("class", "").split())

    def likeness(self, attributes: Mapping[str, str]) -> int:
        """Count the attributes it has in common with a living element's, less those it has not."""
        same = sum(attributes.get(name) == value for name, value in self.attributes.items())
        is_named = bool(attributes.get("id")) and attributes["id"] == self.attributes.get("id")
        return 2 * same - len(self.attributes) + 100 * is_named


@dataclass
class Page(PageParser):
    """The elements and inline scripts of one page, in order."""

    elements: list[Element] = field(default_factory=list)
    scripts: list[tuple[int, str]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element; of an attribute written twice browsers take the first."""
        attributes = {name: value or "" for name, value in reversed(attrs)}
        self.elements.append(Element(tag, attributes, self.getpos()[0]))

    def handle_data(self, data: str) -> None:
        """Keep the text of a script."""
        if self.elements and self.elements[-1].tag == "script" and data.strip():
            self.scripts.append((self.getpos()[0], data))

    @property
    def root(self) -> Element:
        """Return the composition's root, else the first element."""
        first = self.elements[0] if self.elements else Element("html", {}, 1)
        return next((e for e in self.elements if "data-composition-id" in e.attributes), first)

    def find(self, tag: str, attributes: Mapping[str, str], nth: int = 0) -> Element | None:
        """Return the element that is written most like a living one, the *nth* of several."""
        likeness = {i: e.likeness(attributes) for i, e in enumerate(self.elements) if e.tag == tag}
        best = max(likeness.values(), default=0)
        alike = [self.elements[index] for index, value in likeness.items() if value == best]
        return alike[nth if 0 <= nth < len(alike) else 0] if alike else None

    def mention(self, words: str) -> Element | None:
        """Return the element whose start tag or text mentions *words* first, at that line."""
        at = self.text.find(words)
        line = self.text[:at].count("\n") + 1
        before = [element for element in self.elements if element.line <= line]
        return Element(before[-1].tag, before[-1].attributes, line) if before and at >= 0 else None

    def script_at(self, line: int) -> Element | None:
        """Return the script that *line* lies in or after."""
        scripts = [e for e in self.elements if e.tag == "script" and e.line <= line]
        return scripts[-1] if scripts else None


def read_page(path: Path) -> Page:
    """Read one page; what is no UTF-8 in it does not matter."""
    page = Page(text=path.read_text(encoding="utf-8", errors="replace"))
    page.feed(page.text)
    page.close()
    return page


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a project's files."""

    file: str
    """POSIX path relative to the project."""
    line: int
    """From 1."""
    element: str


class Pages:
    """All pages of a project, to find in them what a problem is about."""

    def __init__(self, project_dir: Path, entry_file: str) -> None:
        files = {
            path.relative_to(project_dir).as_posix(): path for path in project_pages(project_dir)
        }
        if (entry := project_dir / entry_file).is_file():
            files.setdefault(entry_file, entry)
        self.entry_file = entry_file
        self._project_dir = project_dir
        ordered = sorted(files, key=lambda file: file != entry_file)
        self.by_file = {file: read_page(files[file]) for file in ordered}

    def spot_of(
        self, file: str | None, tag: str, attributes: Mapping[str, str], nth: int = 0
    ) -> Spot:
        """Return the place of a living element; its page's root where scripts have made it."""
        page = self.by_file.get(file or self.entry_file)
        if page is None:
            return self.root_spot()
        found = page.find(tag, attributes, nth) or page.root
        return Spot(file or self.entry_file, found.line, found.name)

    def root_spot(self) -> Spot:
        """Return the place of the composition's root."""
        page = self.by_file.get(self.entry_file)
        root = page.root if page else Element("html", {}, 1)
        return Spot(self.entry_file, root.line, root.name)

    def script_spot(self, file: str, line: int | None) -> Spot | None:
        """Return the place of a line of code, or the first script of *file*; None: no such file."""
        page = self.by_file.get(file)
        if page is None:
            exists = (self._project_dir / file).is_file()
            return Spot(file, line or 1, "script") if exists else None
        if line is None:
            first = next((e for e in page.elements if e.tag == "script"), page.root)
            return Spot(file, first.line, first.name)
        script = page.script_at(line)
        return Spot(file, line, script.name if script else "script")

    def search(
        self, selector: str | None, names: Sequence[str] = (), composition: str | None = None
    ) -> Spot | None:
        """
        Find what a problem is about.

        Args:
            selector: Of an element, as page/naming.js writes it.
            names: Paths and URLs; what names one of them in an attribute, else in its text.
            composition: An id.
        Returns:
            The place of the first element of all pages that fits; None: there is none.
        """
        paths = {_plain(name) for name in names}
        unknown = [name for name in names if _plain(name) not in self.by_file]
        finders: tuple[Callable[[Page], Iterator[Element]], ...] = (
            lambda page: _selected(page, selector or ""),
            lambda page: _naming(page, paths),
            lambda page: _mentioning(page, unknown),
            lambda page: _composition(page, composition),
        )
        for finds in finders:
            for file, page in self.by_file.items():
                if found := next(finds(page), None):
                    return Spot(file, found.line, found.name)
        return None


def _selected(page: Page, selector: str) -> Iterator[Element]:
    match = _SELECTOR.fullmatch(selector)
    if match is None:
        return
    words = frozenset(filter(None, match["classes"].split(".")))
    for element in _from(page.elements, match["around"]):
        same = element.tag == match["tag"] and words <= element.classes
        told = {"id": match["id"], "data-composition-id": match["composition"]}
        if same and all(
            value is None or element.attributes.get(name) == value for name, value in told.items()
        ):
            yield element


def _naming(page: Page, paths: Collection[str]) -> Iterator[Element]:
    for element in page.elements:
        values = (element.attributes.get(name) for name in ("src", "href", "poster"))
        if any(value and _plain(value) in paths for value in values):
            yield element


def _mentioning(page: Page, names: Iterable[str]) -> Iterator[Element]:
    for name in names:
        if found := page.mention(name):
            yield found


def _composition(page: Page, composition: str | None) -> Iterator[Element]:
    if composition is None:
        return
    identity = composition.rpartition(" / ")[2]
    yield from (e for e in page.elements if e.attributes.get("data-composition-id") == identity)


def _from(elements: Iterable[Element], identity: str | None) -> Iterator[Element]:
    """Yield the elements after the one of that id, all where none is asked for."""
    begun = identity is None
    for element in elements:
        if begun:
            yield element
        begun = begun or element.attributes.get("id") == identity


def _plain(url: str) -> str:
    return urllib.parse.unquote(url.partition("?")[0].partition("#")[0]).lstrip("./").rstrip(".:")
