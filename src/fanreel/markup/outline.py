"""The compositions a project declares, read from its pages as text; no browser."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fanreel.errors import AssetNotFound
from fanreel.files.html import PageParser

_SKIPPED_DIRS = frozenset({"node_modules", "vendor", "dist"})
_LARGEST_PAGE_BYTES = 32 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionOutline:
    """One element with `data-composition-id`, its attributes as they are written."""

    composition_id: str
    file: str
    """POSIX path relative to the project."""
    line: int
    src: str | None
    """The file it mounts (`data-composition-src`); None where its content is inline."""
    width: str | None
    height: str | None
    fps: str | None
    duration_s: str | None
    """None: its timelines decide."""


def list_compositions(project_dir: Path) -> list[CompositionOutline]:
    """
    Return every composition of the project's pages: by file, the entry page first, then by line.

    Raises:
        AssetNotFound: There is no such folder. Terminal.
    """
    found: list[CompositionOutline] = []
    for path in project_pages(project_dir):
        parser = _Parser(path.relative_to(project_dir).as_posix())
        parser.feed(path.read_text(encoding="utf-8", errors="replace"))
        parser.close()
        found += parser.found
    return found


def project_pages(project_dir: Path) -> list[Path]:
    """
    Return the project's HTML files, the entry page first; installed packages are left out.

    Raises:
        AssetNotFound: There is no such folder. Terminal.
    """
    if not project_dir.is_dir():
        raise AssetNotFound(f"{project_dir} is no folder; name the one that holds index.html")
    return sorted(_pages(project_dir), key=lambda path: (path.name != "index.html", path))


def _pages(project_dir: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(project_dir):
        folders[:] = [n for n in folders if n not in _SKIPPED_DIRS and not n.startswith(".")]
        for name in files:
            path = Path(folder, name)
            if path.suffix.lower() not in {".html", ".htm"} or not path.is_file():
                continue
            if path.stat().st_size <= _LARGEST_PAGE_BYTES:
                yield path


class _Parser(PageParser):
    def __init__(self, file: str) -> None:
        super().__init__()
        self.found: list[CompositionOutline] = []
        self._file = file

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        values = dict(reversed(attrs))  # browsers take an attribute's first value
        composition_id = values.get("data-composition-id")
        if not composition_id:
            return
        self.found.append(
            CompositionOutline(
                composition_id=composition_id,
                file=self._file,
                line=self.getpos()[0],
                src=values.get("data-composition-src"),
                width=values.get("data-width"),
                height=values.get("data-height"),
                fps=values.get("data-fps"),
                duration_s=values.get("data-duration"),
            )
        )
