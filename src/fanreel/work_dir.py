"""Temporary directories that name their owner, so that leftovers of the killed can be cleared."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "fanreel-"


@contextlib.contextmanager
def open_work_dir(parent: Path | None = None) -> Iterator[Path]:
    """
    Give a fresh directory, removed at the end whatever happened.

    Directories of processes that no longer run are removed on the way: a `kill -9` leaves no
    chance to do it at the time.

    Args:
        parent: Where it lies; None takes the system's temporary directory.
    """
    root = Path(tempfile.gettempdir()) if parent is None else parent
    _sweep(root)
    path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=root))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _sweep(root: Path) -> None:
    for path in root.glob(f"{_PREFIX}*-*"):
        owner = path.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not _runs(int(owner)):
            shutil.rmtree(path, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
