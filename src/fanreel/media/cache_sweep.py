"""
Keep the extraction cache small: old generations, crashed writers' partials, then least used first.

Locks decide what is in use, and end with the process that holds them, however it ends: a reader
shares the lock of an entry's sentinel, a writer owns the lock of its partial's frames file.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What makes a source's bytes into those of an entry.
_MAKERS = (
    "blocks", "cache_entries", "colour", "frames", "opening", "presentation", "reader", "serving",
)  # fmt: skip


def _generation() -> str:
    digest = hashlib.sha256()
    for name in _MAKERS:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return f"g{digest.hexdigest()[:8]}"


GENERATION = _generation()
"""
Changes whenever the same source might give other bytes: entries of other generations go.

Taken from the code itself, since a number would be forgotten when the code is changed.
"""
SENTINEL = "complete"
FRAMES = "frames.bin"
PARTIAL_PREFIX = ".partial-"

_EVICTED_PREFIX = ".evicted-"
_ENTRY = re.compile(r"g[0-9a-f]{8}-[0-9a-f]{40}-")
_SWEEP_LOCK = ".sweep-lock"
_YOUNG_S = 60 * 60
# Between making a partial and locking its file a writer needs an instant.
_UNLOCKED_PARTIAL_S = 60


@dataclass(slots=True)
class Swept:
    """What a sweep removed."""

    evictions: int = 0
    freed_bytes: int = 0
    partials_cleared: int = 0


def sweep(directory: Path, limit_bytes: int) -> Swept:
    """
    Clear *directory*, bringing its entries down to *limit_bytes* (0: no limit).

    Entries used in the last 60 minutes or held by a live reader stay, whatever the size. Does
    nothing while another process sweeps.
    """
    swept = Swept()
    with _locked(directory / _SWEEP_LOCK, create=True) as alone:
        if not alone:
            return swept
        for path in list(directory.iterdir()):
            if path.name.startswith(PARTIAL_PREFIX):
                swept.partials_cleared += _clear_if_abandoned(path)
            elif path.name.startswith(_EVICTED_PREFIX):
                shutil.rmtree(path, ignore_errors=True)
            elif _ENTRY.match(path.name) and not path.name.startswith(f"{GENERATION}-"):
                _evict(path, swept)
        if limit_bytes:
            _evict_least_used(directory, limit_bytes, swept)
    return swept


def size_of(directory: Path) -> int:
    """Return the bytes of all entries and partials in *directory*."""
    return sum(
        _size_of_entry(path)
        for path in directory.iterdir()
        if _ENTRY.match(path.name) or path.name.startswith(PARTIAL_PREFIX)
    )


def _evict_least_used(directory: Path, limit_bytes: int, swept: Swept) -> None:
    entries = sorted(
        (used, path, _size_of_entry(path))
        for path in directory.iterdir()
        if path.name.startswith(f"{GENERATION}-") and (used := _last_used(path)) is not None
    )
    total = sum(size for _, _, size in entries)
    for used, path, size in entries:
        if total <= limit_bytes or time.time() - used < _YOUNG_S:
            return
        if _evict(path, swept):
            total -= size


def _evict(path: Path, swept: Swept) -> bool:
    """Remove an entry unless a reader holds it; readers see it whole or not at all."""
    with _locked(path / SENTINEL) as free:
        if free is False:
            return False
        size = _size_of_entry(path)
        try:
            gone = _set_aside(path)
        except OSError:
            return False
    shutil.rmtree(gone, ignore_errors=True)
    swept.evictions += 1
    swept.freed_bytes += size
    return True


def _clear_if_abandoned(partial: Path) -> bool:
    with contextlib.suppress(OSError), _locked(partial / FRAMES) as free:
        is_old = time.time() - partial.stat().st_mtime > _UNLOCKED_PARTIAL_S
        if free or (free is None and is_old):
            # Its writer may just have published it; then this name is gone, and the entry stays.
            shutil.rmtree(_set_aside(partial), ignore_errors=True)
            return True
    return False


def _set_aside(path: Path) -> Path:
    """Take its name from *path*: what is to be removed is gone at once. Raises OSError."""
    return path.rename(path.with_name(f"{_EVICTED_PREFIX}{uuid.uuid4().hex}"))


def _last_used(path: Path) -> float | None:
    with contextlib.suppress(OSError):
        return (path / SENTINEL).stat().st_mtime
    return None


def _size_of_entry(path: Path) -> int:
    total = 0
    with contextlib.suppress(OSError):
        for item in os.scandir(path):
            total += item.stat().st_size
    return total


@contextlib.contextmanager
def _locked(path: Path, *, create: bool = False) -> Iterator[bool | None]:
    """Own the lock of *path*; False if somebody else has it, None if there is no such file."""
    try:
        fd = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    except FileNotFoundError:
        yield None
        return
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(fd)
