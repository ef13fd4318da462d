"""What a project uses of the folder around it, read from its files; no browser."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_TEXTS = frozenset({".html", ".htm", ".css", ".js", ".mjs", ".json", ".svg"})
_MOST_BYTES = 8 * 1024**2
# A path that leads up, as it stands in an attribute, a style sheet or a script.
_UPWARD = re.compile(r"(?:\.\./)+[^\s\"'`()<>?#]*")


def used_outside(project_dir: Path, root_dir: Path, files: Iterable[Path]) -> list[Path]:
    """
    Return the files up to *root_dir* that *files* of the project name, and that those name in turn.

    A folder stands for all files in it, since scripts put paths together: `"../shots/" + name`.

    Args:
        project_dir: Resolved.
        root_dir: Resolved; nothing outside it is given.
        files: The project's own.
    """
    found: dict[Path, None] = {}
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        for path in _named_by(file, project_dir):
            is_outside = path.is_relative_to(root_dir) and not path.is_relative_to(project_dir)
            if is_outside and path not in found:
                found[path] = None
                waiting.append(path)
    return sorted(found)


def _named_by(file: Path, project_dir: Path) -> Iterator[Path]:
    if file.suffix.lower() not in _TEXTS or file.stat().st_size > _MOST_BYTES:
        return
    text = file.read_text(encoding="utf-8", errors="replace")
    for written in dict.fromkeys(_UPWARD.findall(text)):
        # Paths of nested compositions count from the project.
        for base in (file.parent, project_dir):
            path = (base / written).resolve()
            if path.is_file():
                yield path
            elif path.is_dir() and path not in {file.parent, *file.parent.parents}:
                yield from (inner for inner in sorted(path.rglob("*")) if inner.is_file())
