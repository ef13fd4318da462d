"""Family names that a project's files speak of, so that pages have their faces from the start."""

import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from fanreel.fonts.library import ALIAS_PREFIX, Library

_SUFFIXES = frozenset({".html", ".htm", ".css", ".js", ".mjs", ".json", ".svg"})
# Names stand in what people write; a bundled library is larger, and names fonts it never shows.
_MOST_FILE_BYTES = 512 * 1024
_MOST_FILES = 2_000
_SKIPPED = frozenset({"node_modules", ".git", "vendor"})
_GENERIC = re.compile(r"(?<![\w-])font(?:-family)?\s*[:=]|--[\w-]+\s*:", re.IGNORECASE)
_DECLARED = re.compile(r"@font-face\s*\{[^}]*?font-family\s*:\s*[\"']?([^;\"'}]+)", re.IGNORECASE)


def named_families(project_dir: Path, library: Library, more: Iterable[str] = ()) -> set[str]:
    """
    Return the known names, in lower case, that the project holds, but for those it declares.

    What it finds in vain costs nothing: a face that no text asks for is never read. What it does
    not find (written otherwise, put together by a script) the page tells, and is opened again.

    Args:
        project_dir: Only read.
        library: The names that count.
        more: Texts from elsewhere, such as values of variables.
    """
    found: set[str] = set()
    declared: set[str] = set()
    for text in (*_texts(project_dir), *more):
        found |= {match.casefold() for match in _pattern(library).findall(text)}
        declared |= {match.strip().casefold() for match in _DECLARED.findall(text)}
        if _GENERIC.search(text):
            found |= _aliases(text, library)
    return found - declared


def _aliases(text: str, library: Library) -> set[str]:
    return {
        f"{ALIAS_PREFIX}{generic}".casefold()
        for generic in library.generics
        if re.search(rf"(?<![\w-]){re.escape(generic)}(?![\w-])", text, re.IGNORECASE)
    }


@functools.cache
def _pattern_of(names: frozenset[str]) -> re.Pattern[str]:
    # The longest first: "SF Pro Display" is not "SF Pro".
    listed = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, listed))})(?![\w-])")


def _pattern(library: Library) -> re.Pattern[str]:
    return _pattern_of(library.names)


def _texts(project_dir: Path) -> Iterator[str]:
    for count, path in enumerate(_files(project_dir)):
        if count >= _MOST_FILES:
            return
        try:
            if path.stat().st_size <= _MOST_FILE_BYTES:
                yield path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # whoever needs it says what is wrong with it


def _files(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for path in entries:
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            yield path
        elif path.is_dir() and not path.is_symlink() and path.name not in _SKIPPED:
            yield from _files(path)
