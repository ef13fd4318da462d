"""
Where the segments of a local render outlive it, so that the next identical one goes on from there.

One folder a plan, below the user's cache directory. It is locked while it is used, removed when the
video is there, and swept when it is old or when all of them together take too much.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fanreel.files.budget import directory_size
from fanreel.files.kept_dirs import cache_dir, kept_dir

DIR_VARIABLE = "FANREEL_RESUME_DIR"
KEPT_S = 7 * 24 * 3600
LIMIT_BYTES = 8 * 2**30
_RESERVE_BYTES = 2 * 2**30
"""With less room on its disk nothing is kept there."""
_LOCK = ".lock"
_PACKAGE = Path(__file__).parents[1]
_CODE = frozenset({".py", ".js", ".html"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeFolder:
    """Segments of one plan; this render's alone as long as it lasts."""

    path: Path

    def discard(self) -> None:
        """Remove it: the video is there."""
        shutil.rmtree(self.path, ignore_errors=True)


def resume_root(environ: Mapping[str, str]) -> Path | None:
    """Return the folder of *environ*, by default in the user's cache; None: switched off."""
    has_place = environ.get("HOME") or environ.get("XDG_CACHE_HOME")
    usual = cache_dir(environ, "resume") if has_place else None
    return kept_dir(environ, DIR_VARIABLE, usual)


@contextlib.contextmanager
def open_resume_folder(root: Path | None, plan_hash: str) -> Iterator[ResumeFolder | None]:
    """
    Yield the folder of a plan; None where there is no room, no right, or somebody else uses it.

    Whatever goes wrong here, the render goes on without.
    """
    with contextlib.ExitStack() as stack:
        folder = None
        with contextlib.suppress(OSError):
            folder = _open(root, plan_hash, stack) if root else None
        yield folder


def sweep(root: Path, limit_bytes: int = LIMIT_BYTES) -> None:
    """Remove folders that nobody uses: the old ones, and of the rest the oldest beyond a limit."""
    found = sorted(
        ((path.stat().st_mtime, path) for path in root.iterdir() if path.is_dir()), reverse=True
    )
    total = 0
    for used, path in found:
        total += directory_size(path)
        if time.time() - used > KEPT_S or total > limit_bytes:
            with contextlib.ExitStack() as stack:
                if _lock(path, stack):
                    shutil.rmtree(path, ignore_errors=True)


def _open(root: Path, plan_hash: str, stack: contextlib.ExitStack) -> ResumeFolder | None:
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = root.lstat()
    # Segments are put into a video as they are: nobody else may have written them.
    if facts.st_uid != os.getuid() or facts.st_mode & 0o022 or root.is_symlink():
        return None
    folder = root / f"{plan_hash[:32]}-{code_generation()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not _lock(folder, stack):
        return None
    os.utime(folder)
    sweep(root)
    if shutil.disk_usage(root).free < _RESERVE_BYTES:
        return None
    return ResumeFolder(path=folder)


def _lock(folder: Path, stack: contextlib.ExitStack) -> bool:
    """Own *folder* until *stack* is closed, or the process ends however it does."""
    file = stack.enter_context((folder / _LOCK).open("a"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@functools.cache
def code_generation() -> str:
    """
    Return what changes with fanreel's own code, which a plan's hash knows by version only.

    Somebody who works on fanreel must not get segments that yesterday's code has drawn.
    """
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        if path.suffix in _CODE:
            digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
