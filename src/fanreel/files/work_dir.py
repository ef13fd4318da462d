"""Temporary directories that show whether their owner lives, so that leftovers can be cleared."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from fanreel.errors import DiskFull, InvalidConfig
from fanreel.files.aside import naming_write_errors
from fanreel.files.budget import human_size

_PREFIX = "fanreel-work-"
_SIGN_OF_LIFE = ".alive"
# Between making a directory and locking its sign of life nobody else may take it for a leftover.
_YOUNG_S = 60.0
# A profile takes 5 MiB and a screen 8 at 1080p; a browser without room fails in ways of its own.
_ROOM_BYTES = 32 * 1024**2
_DYING_S, _DYING_POLL_S = 5.0, 0.02


@contextlib.contextmanager
def open_work_dir(parent: Path | None = None) -> Iterator[Path]:
    """
    Yield a fresh directory, removed at the end whatever happened.

    Directories of processes that no longer run are removed on the way: a `kill -9` leaves no
    chance to do it at the time. A lock tells, not a process id: ids are reused, and containers
    that share a temporary directory do not see each other's.

    Args:
        parent: Where it lies; None takes the system's temporary directory.
    Raises:
        InvalidConfig: `TMPDIR` names no directory that can be written to. Terminal.
        DiskFull: There is no room in it for a browser. Retryable.
    """
    root = _temp_root() if parent is None else parent
    _sweep(root)
    _check_room(root)
    with naming_write_errors(root):
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
    try:
        with (path / _SIGN_OF_LIFE).open("w") as sign:
            fcntl.flock(sign, fcntl.LOCK_EX)
            yield path
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    # A browser whose owner was killed may make a directory again while it dies.
    end = time.monotonic() + _DYING_S
    shutil.rmtree(path, ignore_errors=True)
    while path.exists() and time.monotonic() < end:
        time.sleep(_DYING_POLL_S)
        shutil.rmtree(path, ignore_errors=True)


def _temp_root() -> Path:
    # Python quietly takes another directory where this one is of no use, such as a small /tmp.
    chosen = os.environ.get("TMPDIR")
    if chosen and not (Path(chosen).is_dir() and os.access(chosen, os.W_OK | os.X_OK)):
        raise InvalidConfig(
            f"TMPDIR={chosen}: allowed: a directory that can be written to, or none", path=chosen
        )
    return Path(tempfile.gettempdir())


def _check_room(root: Path) -> None:
    space = os.statvfs(root)
    free_bytes = space.f_bavail * space.f_frsize
    if free_bytes < _ROOM_BYTES:
        raise DiskFull(
            f"{root} has {human_size(free_bytes)} free and a browser needs "
            f"{human_size(_ROOM_BYTES)}; free some space, or point TMPDIR elsewhere",
            free_bytes=free_bytes,
            needed_bytes=_ROOM_BYTES,
        )


def _sweep(root: Path) -> None:
    for path in root.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            status = path.lstat()
            if status.st_uid == os.getuid() and time.time() - status.st_mtime > _YOUNG_S:
                _remove_if_dead(path)


def _remove_if_dead(path: Path) -> None:
    with (path / _SIGN_OF_LIFE).open("r+") as sign:
        try:
            fcntl.flock(sign, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(path, ignore_errors=True)
