"""The entries of the extraction cache: how they are found and read, written and published."""

import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
import uuid
from collections import OrderedDict
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any

from fanreel.media.cache import FrameCache
from fanreel.media.cache_sweep import FRAMES, GENERATION, PARTIAL_PREFIX, SENTINEL
from fanreel.media.presentation import Presentation

BLOCK_FRAMES = 32
"""An entry holds frames of one block: 32 of 1080p are 100 MB."""
_META = "meta.json"
_MOST_PARTS = 4
# Two files each: a long film has a thousand entries, and a process 1024 files.
_MOST_OPEN = 8
_ENTRY_NAME = re.compile(r".*-b([0-9]+)-([0-9a-f]{8})")


class CachedSource:
    """
    The frames of one source that are in the cache, and those on their way into it.

    A frame is whatever bytes `keep()` was given, of one length per source. Not thread-safe.
    Entries that are being read are held until others are, or until `close()`; the rest has been
    touched, so sweeping lets all of them be.
    """

    def __init__(self, cache: FrameCache, key: str) -> None:
        self._cache, self._key = cache, key
        self._places: dict[int, str] = {}
        self._seen: set[str] = set()
        self._open: OrderedDict[str, _Entry] = OrderedDict()
        self._parts: dict[int, _Part] = {}
        self._look()

    def read(self, index: int) -> bytes | None:
        """Return frame *index* as it was kept; None if the cache does not have it."""
        if index not in self._places and index % BLOCK_FRAMES == 0:
            self._look()  # another process may have come this way meanwhile
        entry = self._entry(self._places[index]) if index in self._places else None
        frame = None
        if entry is not None:
            frame = self._cache.attempt("an entry cannot be read", lambda: entry.read(index))
        self._cache.count("hits" if frame else "misses")
        return frame

    def keep(self, index: int, frame: bytes) -> None:
        """Put a frame on its way into the cache."""
        self._publishing(lambda: self._add(index, frame))

    def presentation(self) -> Presentation | None:
        """Return the source's presentation, if it is known."""
        path = self._cache.directory / f"{GENERATION}-{self._key}-times"
        try:
            presentation = Presentation.from_json(json.loads((path / _META).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        with contextlib.suppress(OSError):
            os.utime(path / SENTINEL)  # its last use, for sweeping
        return presentation

    def keep_presentation(self, presentation: Presentation) -> None:
        """Remember the source's presentation."""
        self._publishing(lambda: self._publish_presentation(presentation))

    def close(self) -> None:
        """Publish what is on its way; let go of what was read."""
        for block in list(self._parts):
            self._publishing(lambda block=block: self._parts.pop(block).publish())  # type: ignore[misc]
        self._abandon()
        for entry in self._open.values():
            entry.close()
        self._open.clear()
        self._places.clear()

    def _look(self) -> None:
        for name in self._cache.attempt("it cannot be listed", self._names) or []:
            self._seen.add(name)
            for index in _indices_of(name):
                self._places.setdefault(index, name)
            with contextlib.suppress(OSError):
                os.utime(self._cache.directory / name / SENTINEL)  # its last use, for sweeping

    def _names(self) -> list[str]:
        prefix = f"{GENERATION}-{self._key}-b"
        names = {p.name for p in self._cache.directory.iterdir() if p.name.startswith(prefix)}
        return sorted(names - self._seen)

    def _entry(self, name: str) -> "_Entry | None":
        """Return an entry, held; None, and its frames are forgotten, if it is gone or broken."""
        entry = self._open.get(name)
        if entry is not None:
            self._open.move_to_end(name)
            return entry
        entry = _Entry.open(self._cache.directory / name)
        if entry is None:
            self._places = {i: other for i, other in self._places.items() if other != name}
            self._seen.discard(name)  # it may be written again
            return None
        if len(self._open) >= _MOST_OPEN:
            self._open.popitem(last=False)[1].close()
        self._open[name] = entry
        return entry

    def _publishing(self, work: Callable[[], None]) -> None:
        before = self._cache.writable
        self._cache.attempt("an entry cannot be written", work, writing=True)
        if before and not self._cache.writable:
            self._cache.count("publish_failures")
            self._abandon()

    def _abandon(self) -> None:
        for part in self._parts.values():
            part.abandon()
        self._parts.clear()

    def _add(self, index: int, frame: bytes) -> None:
        block = index // BLOCK_FRAMES
        if block not in self._parts:
            # Young entries may not be evicted, so a long render must not write without end.
            if not self._cache.has_room(len(frame) * BLOCK_FRAMES):
                return
            # Places that a source is played at side by side: more than these are published early.
            while len(self._parts) >= _MOST_PARTS:
                self._parts.pop(next(iter(self._parts))).publish()
            self._parts[block] = _Part(self._cache, f"{GENERATION}-{self._key}-b{block:06d}")
        self._parts[block].add(index, frame)
        if self._parts[block].is_full:
            self._parts.pop(block).publish()

    def _publish_presentation(self, presentation: Presentation) -> None:
        partial, file = _make_partial(self._cache)
        with file:
            try:
                (partial / _META).write_text(json.dumps(presentation.to_json()))
                _publish(self._cache, partial, f"{GENERATION}-{self._key}-times")
            except OSError:
                shutil.rmtree(partial, ignore_errors=True)
                raise


def _indices_of(name: str) -> list[int]:
    """Return the numbers of the frames that the entry *name* holds."""
    match = _ENTRY_NAME.fullmatch(name)
    if match is None:
        return []
    first, mask = int(match[1]) * BLOCK_FRAMES, int(match[2], 16)
    return [first + n for n in range(BLOCK_FRAMES) if mask >> n & 1]


class _Entry:
    """A published entry that is held by this process."""

    def __init__(self, sentinel_fd: int, frames_fd: int, meta: dict[str, Any]) -> None:
        self._sentinel_fd, self._frames_fd = sentinel_fd, frames_fd
        self._size = int(meta["frame_bytes"])
        self._place = {int(index): n for n, index in enumerate(meta["indices"])}
        if os.fstat(frames_fd).st_size != self._size * len(self._place):
            raise ValueError("its size is wrong")

    @classmethod
    def open(cls, path: Path) -> "_Entry | None":
        """Hold the entry *path*; None if it is gone, or not what it should be."""
        with contextlib.ExitStack() as stack:
            try:
                sentinel_fd = os.open(path / SENTINEL, os.O_RDONLY)
                stack.callback(os.close, sentinel_fd)
                fcntl.flock(sentinel_fd, fcntl.LOCK_SH)
                # Between opening and locking it may have been evicted: then the name is gone.
                frames_fd = os.open(path / FRAMES, os.O_RDONLY)
                stack.callback(os.close, frames_fd)
                entry = cls(sentinel_fd, frames_fd, json.loads((path / _META).read_bytes()))
            except (OSError, ValueError, KeyError, TypeError):
                return None
            stack.pop_all()
            return entry

    def read(self, index: int) -> bytes:
        """Read frame *index*."""
        frame = os.pread(self._frames_fd, self._size, self._place[index] * self._size)
        if len(frame) != self._size:
            raise ValueError("an entry is cut short")
        return frame

    def close(self) -> None:
        """Let go of the entry."""
        os.close(self._frames_fd)
        os.close(self._sentinel_fd)


class _Part:
    """An entry being written, frame by frame."""

    def __init__(self, cache: FrameCache, name: str) -> None:
        self._cache, self._name = cache, name
        self._partial, self._file = _make_partial(cache)
        self._indices: list[int] = []
        self._frame_bytes = 0

    @property
    def is_full(self) -> bool:
        """Tell whether the block has every frame there can be."""
        return len(self._indices) == BLOCK_FRAMES

    def add(self, index: int, frame: bytes) -> None:
        """Write a frame."""
        if not self._frame_bytes:
            self._frame_bytes = len(frame)
            # As large as it may get from the start, so that those who ask for room count it whole;
            # a hole takes no place on the disk.
            self._file.truncate(self._frame_bytes * BLOCK_FRAMES)
        # A stream may change its size on its way: such frames are not kept.
        if len(frame) == self._frame_bytes and index not in self._indices:
            if self._file.write(frame) != len(frame):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._indices.append(index)

    def publish(self) -> None:
        """Complete the entry and give it its name, or leave nothing."""
        meta = {"frame_bytes": self._frame_bytes, "indices": self._indices}
        mask = sum(1 << index % BLOCK_FRAMES for index in self._indices)
        try:
            self._file.truncate(self._frame_bytes * len(self._indices))
            (self._partial / _META).write_text(json.dumps(meta))
            _publish(self._cache, self._partial, f"{self._name}-{mask:08x}")
        except OSError:
            self.abandon()
            raise
        self._file.close()

    def abandon(self) -> None:
        """Throw away what was written."""
        self._file.close()
        shutil.rmtree(self._partial, ignore_errors=True)


def _make_partial(cache: FrameCache) -> tuple[Path, FileIO]:
    """Return a directory to become an entry, and its frames file: locked while the writer lives."""
    partial = cache.directory / f"{PARTIAL_PREFIX}{os.getpid()}-{uuid.uuid4().hex}"
    partial.mkdir(mode=0o700)
    unlocked = partial / f"{FRAMES}.new"
    try:
        file = unlocked.open("wb", buffering=0)
        fcntl.flock(file, fcntl.LOCK_EX)
        # By this name, a file that nobody has locked is taken for that of a dead writer.
        unlocked.rename(partial / FRAMES)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return partial, file


def _publish(cache: FrameCache, partial: Path, name: str) -> None:
    """Complete *partial* and give it its name; what is published under it already stays."""
    (partial / SENTINEL).touch()
    try:
        # A directory only takes the place of an empty one, so a published entry is never replaced.
        partial.rename(cache.directory / name)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        if not (cache.directory / name / SENTINEL).exists():
            raise
    else:
        cache.count("published")
