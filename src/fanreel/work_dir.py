"""Temporary directories that show whether their owner lives, so that leftovers can be cleared."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "fanreel-work-"
_SIGN_OF_LIFE = ".alive"
# Between making a directory and locking its sign of life nobody else may take it for a leftover.
_YOUNG_S = 60.0


@contextlib.contextmanager
def open_work_dir(parent: Path | None = None) -> Iterator[Path]:
    """
    Give a fresh directory, removed at the end whatever happened.

    Directories of processes that no longer run are removed on the way: a `kill -9` leaves no
    chance to do it at the time. A lock tells, not a process id: ids are reused, and containers
    that share a temporary directory do not see each other's.

    Args:
        parent: Where it lies; None takes the system's temporary directory.
    """
    root = Path(tempfile.gettempdir()) if parent is None else parent
    _sweep(root)
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
    try:
        with (path / _SIGN_OF_LIFE).open("w") as sign:
            fcntl.flock(sign, fcntl.LOCK_EX)
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


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
