"""
Decoded frames kept for the next render: render, tweak, render again.

An entry is a directory of some frames of one source, never changed once it is there. It is written
as `.partial-<pid>-<uuid>`, completed by a sentinel, then renamed; so an entry is whole or absent.
Frames are keyed by their own number in the source, not by a clip: trims, rates and frame rates that
overlap share them. Whatever goes wrong here, the render goes on uncached.
"""

import errno
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from fanreel.files.kept_dirs import kept_dir
from fanreel.media.cache_sweep import size_of, sweep
from fanreel.versions import libav_version

Result = TypeVar("Result")

DIR_VARIABLE = "FANREEL_EXTRACT_CACHE_DIR"
LIMIT_VARIABLE = "FANREEL_EXTRACT_CACHE_MAX_MB"
DEFAULT_LIMIT_BYTES = 2 * 2**30
DEFAULT_RESERVE_BYTES = 512 * 2**20
_MOST_DIGITS = 12


@dataclass(slots=True)
class CacheStats:
    """What the cache did for one render, and what it cost; zeroes where it was not in use."""

    hits: int = 0
    """Frames read instead of decoded."""
    misses: int = 0
    """Frames decoded that the cache could have had."""
    published: int = 0
    """Entries written."""
    publish_failures: int = 0
    evictions: int = 0
    freed_bytes: int = 0
    partials_cleared: int = 0
    """Half-written entries of writers that are gone."""
    warnings: list[str] = field(default_factory=list)
    """At most one: after it the cache is out of use."""

    def to_json(self) -> dict[str, Any]:
        """Return the object for summaries and metrics."""
        return asdict(self)

    def add(self, other: "CacheStats") -> None:
        """Count what another process of the same render did; of its warnings the first stays."""
        for name, value in other.to_json().items():
            if isinstance(value, int):
                setattr(self, name, getattr(self, name) + value)
        self.warnings = (self.warnings + other.warnings)[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSettings:
    """Which cache a render uses; each of its processes opens it for itself."""

    directory: Path
    limit_bytes: int = DEFAULT_LIMIT_BYTES
    warning: str | None = None
    """What is wrong with the settings themselves."""

    def open(self) -> "FrameCache":
        """Open the cache; it is never an error."""
        cache = FrameCache(self.directory, self.limit_bytes)
        if self.warning:
            cache.stats.warnings = [self.warning]
        return cache


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
        if size_bytes > self.limit_bytes:
            return False
        self.sweep(size_bytes)
        return size_of(self.directory) + size_bytes <= self.limit_bytes

    def sweep(self, room_bytes: int = 0) -> None:
        """Clear what is old or broken, and bring the size down to the limit less *room_bytes*."""
        # 0 would mean no limit.
        limit_bytes = max(self.limit_bytes - room_bytes, 1) if self.limit_bytes else 0
        swept = self.attempt(
            "it cannot be swept", lambda: sweep(self.directory, limit_bytes), writing=True
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


def cache_settings(environ: Mapping[str, str]) -> CacheSettings | None:
    """Return the cache that *environ* names, by default this user's own; None: switched off."""
    directory = kept_dir(environ, DIR_VARIABLE, _default_directory())
    if directory is None:
        return None
    limit = environ.get(LIMIT_VARIABLE, "").strip()
    if not limit:
        return CacheSettings(directory=directory)
    if limit.isdecimal() and len(limit) <= _MOST_DIGITS:
        return CacheSettings(directory=directory, limit_bytes=int(limit) * 2**20)
    return CacheSettings(
        directory=directory,
        warning=f"{LIMIT_VARIABLE}={limit[:40]!r} is no number of MiB (0: no limit); "
        f"the extraction cache is kept to {DEFAULT_LIMIT_BYTES // 2**20}",
    )


def open_cache(environ: Mapping[str, str]) -> FrameCache | None:
    """Open the cache that *environ* names; None if it is switched off."""
    settings = cache_settings(environ)
    return None if settings is None else settings.open()


def _default_directory() -> Path:
    return Path(tempfile.gettempdir()) / f"fanreel-extract-cache-{os.getuid()}"


def source_key(path: Path) -> str:
    """
    Return the key of all frames of the source *path*: its content, and what turns it into planes.

    Size, orientation, sample format and colour tags follow from the content, from libav, and from
    our own code, which has its place in the names of entries (`GENERATION`).
    """
    stem = path.stem
    named_by_digest = len(stem) == 64 and all(c in "0123456789abcdef" for c in stem)  # noqa: PLR2004 (sha256)
    if named_by_digest:
        digest = stem
    else:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{digest} {libav_version()}".encode()).hexdigest()[:40]
