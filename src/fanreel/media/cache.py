"""
Decoded frames kept for the next render: render, tweak, render again.

An entry is a directory of some frames of one source, never changed once it is there. It is written
as `.partial-<pid>-<uuid>`, completed by a sentinel, then renamed; so an entry is whole or absent.
Frames are keyed by their own number in the source, not by a clip: trims, rates and frame rates that
overlap share them. Whatever goes wrong here, the render goes on uncached.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from fanreel.media.cache_sweep import FRAMES, GENERATION, PARTIAL_PREFIX, SENTINEL, size_of, sweep
from fanreel.media.presentation import Presentation
from fanreel.versions import libav_version

Result = TypeVar("Result")

DIR_VARIABLE = "FANREEL_EXTRACT_CACHE_DIR"
LIMIT_VARIABLE = "FANREEL_EXTRACT_CACHE_MAX_MB"
OFF = frozenset({"off", "none", "false", "0"})
DEFAULT_LIMIT_BYTES = 2 * 2**30
DEFAULT_RESERVE_BYTES = 512 * 2**20

BLOCK_FRAMES = 32
"""An entry holds frames of one block: 32 of 1080p are 100 MB."""
_META = "meta.json"
_MOST_PARTS = 4


@dataclass(slots=True)
class CacheStats:
    """What the cache did for one render, and what it cost."""

    hits: int = 0
    """Frames read instead of decoded."""
    misses: int = 0
    """Frames decoded."""
    published: int = 0
    """Entries written."""
    publish_failures: int = 0
    evictions: int = 0
    freed_bytes: int = 0
    partials_cleared: int = 0
    warnings: list[str] = field(default_factory=list)
    """At most one: after it the cache is out of use."""

    def to_json(self) -> dict[str, Any]:
        """Give the object for summaries and metrics."""
        return asdict(self)


class FrameCache:
    """
    A directory of entries, used by any number of processes at once; thread-safe.

    Args:
        directory: Made if it is not there; private to this user.
        limit_bytes: Size to which sweeping brings it down; 0: no limit.
        reserve_bytes: Free disk space that is left to everybody else.
    """

    def __init__(
        self,
        directory: Path,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        reserve_bytes: int = DEFAULT_RESERVE_BYTES,
    ) -> None:
        self.directory, self.limit_bytes = directory, limit_bytes
        self._reserve_bytes = reserve_bytes
        self.stats = CacheStats()
        self.usable = self.writable = True
        self._lock = threading.Lock()
        self.attempt("it cannot be used", self._prepare)

    def attempt(
        self, what: str, work: Callable[[], Result], *, writing: bool = False
    ) -> Result | None:
        """
        Do *work* if the cache is usable; if that fails, warn once and use it no more.

        A cache that only cannot be written to is still read.
        """
        if not (self.writable if writing else self.usable):
            return None
        try:
            return work()
        except (OSError, ValueError, KeyError, TypeError) as exc:
            with self._lock:
                self.writable = False
                self.usable = self.usable and writing
                if not self.stats.warnings:
                    self.stats.warnings.append(
                        f"the extraction cache {self.directory} is not used: {what} ({exc}); "
                        "frames are decoded afresh"
                    )
            return None

    def count(self, name: str, amount: int = 1) -> None:
        """Add to a number of the stats."""
        with self._lock:
            setattr(self.stats, name, getattr(self.stats, name) + amount)

    def has_room(self, size_bytes: int) -> bool:
        """
        Tell whether *size_bytes* more stay within the limit, after sweeping if need be.

        Raises:
            OSError: The disk is nearly full.
        """
        free = shutil.disk_usage(self.directory).free
        if free - size_bytes < self._reserve_bytes:
            raise OSError(errno.ENOSPC, f"only {free:,} bytes are free on its disk")
        if not self.limit_bytes or size_of(self.directory) + size_bytes <= self.limit_bytes:
            return True
        self.sweep(size_bytes)
        return size_of(self.directory) + size_bytes <= self.limit_bytes

    def sweep(self, room_bytes: int = 0) -> None:
        """Clear what is old or broken, and bring the size down to the limit less *room_bytes*."""
        swept = self.attempt(
            "it cannot be swept",
            lambda: sweep(self.directory, self.limit_bytes - room_bytes if self.limit_bytes else 0),
            writing=True,
        )
        if swept is not None:
            self.count("evictions", swept.evictions)
            self.count("freed_bytes", swept.freed_bytes)
            self.count("partials_cleared", swept.partials_cleared)

    def _prepare(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = self.directory.lstat()
        # Its place under /tmp is predictable: another user must not have put it there.
        if facts.st_uid != os.getuid() or facts.st_mode & 0o022 or self.directory.is_symlink():
            raise PermissionError("it belongs to, or can be written by, somebody else")
        if not os.access(self.directory, os.W_OK | os.X_OK):
            raise PermissionError("it cannot be written to")


def open_cache(environ: Mapping[str, str]) -> FrameCache | None:
    """Open the cache that *environ* names; None if it is switched off."""
    named = environ.get(DIR_VARIABLE, "").strip()
    if named.lower() in OFF:
        return None
    directory = Path(named) if named else _default_directory()
    limit = environ.get(LIMIT_VARIABLE, "").strip()
    limit_bytes = int(limit) * 2**20 if limit.isdecimal() else DEFAULT_LIMIT_BYTES
    return FrameCache(directory, limit_bytes)


def _default_directory() -> Path:
    return Path(tempfile.gettempdir()) / f"fanreel-extract-cache-{os.getuid()}"


def source_key(path: Path) -> str:
    """
    Give the key of all frames of the source *path*: its content, and what turns it into planes.

    Size, orientation, sample format and colour tags follow from the content and from this code
    (`GENERATION`) and libav, so they need no place of their own.
    """
    stem = path.stem
    named_by_digest = len(stem) == 64 and all(c in "0123456789abcdef" for c in stem)  # noqa: PLR2004 (sha256)
    if named_by_digest:
        digest = stem
    else:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{digest} {libav_version()}".encode()).hexdigest()[:40]


class CachedSource:
    """
    The frames of one source that are in the cache, and those on their way into it.

    A frame is whatever bytes `keep()` was given, of one length per source. Not thread-safe.
    Entries that are read are held until `close()`, so sweeping lets them be.
    """

    def __init__(self, cache: FrameCache, key: str) -> None:
        self._cache, self._key = cache, key
        self._entries: dict[int, _Entry] = {}
        self._seen: set[str] = set()
        self._parts: dict[int, _Part] = {}
        self._look()

    def read(self, index: int) -> bytes | None:
        """Give frame *index* as it was kept; None if the cache does not have it."""
        entry = self._entries.get(index)
        if entry is None and index % BLOCK_FRAMES == 0:
            self._look()  # another process may have come this way meanwhile
            entry = self._entries.get(index)
        frame = None
        if entry is not None:
            frame = self._cache.attempt("an entry cannot be read", lambda: entry.read(index))
        self._cache.count("hits" if frame else "misses")
        return frame

    def keep(self, index: int, frame: bytes) -> None:
        """Put a frame on its way into the cache."""
        self._publishing(lambda: self._add(index, frame))

    def presentation(self) -> Presentation | None:
        """Give the source's presentation, if it is known."""
        path = self._cache.directory / f"{GENERATION}-{self._key}-times" / _META
        try:
            return Presentation.from_json(json.loads(path.read_bytes()))
        except (OSError, ValueError, KeyError):
            return None

    def keep_presentation(self, presentation: Presentation) -> None:
        """Remember the source's presentation."""
        self._publishing(lambda: self._publish_presentation(presentation))

    def close(self) -> None:
        """Publish what is on its way; let go of what was read."""
        for block in list(self._parts):
            self._publishing(lambda block=block: self._parts.pop(block).publish())  # type: ignore[misc]
        for part in self._parts.values():
            part.abandon()
        self._parts.clear()
        for entry in set(self._entries.values()):
            entry.close()
        self._entries.clear()

    def _look(self) -> None:
        for name in self._cache.attempt("it cannot be listed", self._names) or []:
            self._seen.add(name)
            entry = _Entry.open(self._cache.directory / name)
            if entry is not None:
                self._entries |= dict.fromkeys(entry.indices, entry)

    def _names(self) -> list[str]:
        prefix = f"{GENERATION}-{self._key}-b"
        names = {p.name for p in self._cache.directory.iterdir() if p.name.startswith(prefix)}
        return sorted(names - self._seen)

    def _publishing(self, work: Callable[[], None]) -> None:
        before = self._cache.writable
        self._cache.attempt("an entry cannot be written", work, writing=True)
        if before and not self._cache.writable:
            self._cache.count("publish_failures")
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
        partial = _make_partial(self._cache)
        try:
            (partial / _META).write_text(json.dumps(presentation.to_json()))
            _publish(self._cache, partial, f"{GENERATION}-{self._key}-times")
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)
            raise


class _Entry:
    """A published entry that is held by this process."""

    def __init__(self, sentinel_fd: int, frames_fd: int, meta: dict[str, Any]) -> None:
        self._sentinel_fd, self._frames_fd = sentinel_fd, frames_fd
        self._size = int(meta["frame_bytes"])
        self._place = {int(index): n for n, index in enumerate(meta["indices"])}
        if os.fstat(frames_fd).st_size != self._size * len(self._place):
            raise ValueError("its size is wrong")

    @property
    def indices(self) -> list[int]:
        """Numbers of the frames in the entry."""
        return list(self._place)

    @classmethod
    def open(cls, path: Path) -> "_Entry | None":
        """Hold the entry *path*; None if it is gone, or not what it should be."""
        with contextlib.ExitStack() as stack:
            try:
                sentinel_fd = os.open(path / SENTINEL, os.O_RDONLY)
                stack.callback(os.close, sentinel_fd)
                fcntl.flock(sentinel_fd, fcntl.LOCK_SH)
                frames_fd = os.open(path / FRAMES, os.O_RDONLY)
                stack.callback(os.close, frames_fd)
                # Between opening and locking it may have been evicted: then the name is gone.
                entry = cls(sentinel_fd, frames_fd, json.loads((path / _META).read_bytes()))
                with contextlib.suppress(OSError):
                    os.utime(path / SENTINEL)  # its last use, for sweeping
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
        self._partial = _make_partial(cache)
        self._file = (self._partial / FRAMES).open("wb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX)  # as long as the writer lives
        self._indices: list[int] = []
        self._frame_bytes = 0

    @property
    def is_full(self) -> bool:
        """Tell whether the block has every frame there can be."""
        return len(self._indices) == BLOCK_FRAMES

    def add(self, index: int, frame: bytes) -> None:
        """Write a frame."""
        self._frame_bytes = self._frame_bytes or len(frame)
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


def _make_partial(cache: FrameCache) -> Path:
    partial = cache.directory / f"{PARTIAL_PREFIX}{os.getpid()}-{uuid.uuid4().hex}"
    partial.mkdir(mode=0o700)
    return partial


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
