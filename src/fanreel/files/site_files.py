"""Which file of a project a page means by a path: its neighbour, else the project's."""

import contextlib
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from fanreel.files.scene import is_scene, scene_page


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFiles:
    """
    A folder that pages are served from.

    Paths count from the project (`/a.png`, and all paths of nested compositions), which may lie
    deeper in the folder than the files it shares with others. A scene file that is the entry file
    names files as it does where it is nested: beside it, else from the project.
    """

    root_dir: Path
    """Resolved; nothing outside it is ever given."""
    entry_path: str = ""
    """Of the entry file in *root_dir*."""
    project_path: str = ""
    """Of the project in *root_dir*; empty where they are one."""
    entry_is_scene: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        entry = find_inside(self.root_dir, self.entry_path)
        object.__setattr__(self, "entry_is_scene", entry is not None and is_scene(_text(entry)))

    def locate(self, name: str) -> tuple[str, Path] | None:
        """Return the file that a page means by *name*, and its path in the folder."""
        for path in self._candidates(name):
            if file := find_inside(self.root_dir, path):
                return path, file
        return None

    def locate_url(self, url: str) -> Path | None:
        """Return the file that a page means by *url*; None for what lies elsewhere."""
        name = urllib.parse.unquote(urllib.parse.urlsplit(url).path)
        located = None if "://" in url else self.locate(name)
        return located[1] if located else None

    def document(self, path: str, file: Path) -> bytes:
        """Return a page as it is opened: of a scene file what its template holds."""
        if path == self.entry_path and self.entry_is_scene:
            return scene_page(_text(file)).encode()
        return file.read_bytes()

    def _candidates(self, name: str) -> Iterator[str]:
        yield name
        if self.entry_is_scene:
            with contextlib.suppress(ValueError):
                beside = PurePosixPath(name).relative_to(PurePosixPath(self.entry_path).parent)
                yield str(PurePosixPath(self.project_path, beside))
        if self.project_path:
            yield str(PurePosixPath(self.project_path, name))


def find_inside(root_dir: Path, name: str) -> Path | None:
    """
    Return the file at *name* below *root_dir*, or None; never one that a symlink keeps outside.

    Nor one with a dot before its name or its folder's, such as `.env` or `.git/config`: a page
    whose scripts come from elsewhere could read what was never meant for it.
    """
    if any(part.startswith(".") and part not in {".", ".."} for part in name.split("/")):
        return None
    # ValueError: a zero byte. RuntimeError: symlinks that go round in a circle.
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        file = (root_dir / name).resolve()
        if file.is_file() and file.is_relative_to(root_dir.resolve()):
            return file
    return None


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
