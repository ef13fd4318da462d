"""
Project archives, unpacked without trusting them.

Every member is a plain file or folder that lands inside the folder, or the archive is refused:
absolute and parent paths, links, devices, two members for one path, and bombs by ratio, total
size or member count. Sizes are counted as bytes arrive, not as headers claim.
"""

import errno
import gzip
import io
import stat
import struct
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from fanreel.errors import RenderError, UnsafeArchive
from fanreel.storage.disk import disk_failure

ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".zip")
_COPY_BYTES = 1024**2
# A header is read in one piece, so this also bounds the memory that a header can claim.
_MOST_BYTES_AT_ONCE = 4 * 1024**2
_MOST_NAME_BYTES = 1024
_ZIP_END = struct.Struct("<10sH10s")
"""The end of the central directory: signature and disks, members in all, its place and so on."""
_IN_ZIP64 = 0xFFFF
_APPLE_METADATA = "__MACOSX"  # resource forks that the Finder adds beside the project


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """What an archive may unpack to. Text packs 5 to 30 to 1, deflate's most is 1032 to 1."""

    total_bytes: int = 4 * 1024**3
    members: int = 50_000
    ratio: int = 200
    ratio_from_bytes: int = 64 * 1024**2
    """Below this much, any ratio is harmless: an empty log packs 1000 to 1."""


DEFAULT_LIMITS = ArchiveLimits()


def is_archive(name: str) -> bool:
    """Tell by its name whether a project comes as an archive."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def unpack(archive: Path, into: Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> None:
    """
    Unpack a `.tar.gz`, `.tgz` or `.zip` into the new folder *into*.

    Modes, owners and times are not taken over. After a failure *into* holds what came before.

    Raises:
        UnsafeArchive: A member would leave the folder or is not a plain file, the archive
            unpacks to too much, or it is damaged. With `member` and `reason`. Terminal.
        DiskFull: No room to unpack. Retryable.
    """
    into.mkdir(parents=True)
    meter = _Meter(archive, limits)
    try:
        if archive.name.lower().endswith(".zip"):
            _unpack_zip(archive, into, meter)
        else:
            _unpack_tar(archive, into, meter)
    except RenderError:
        raise
    except OSError as exc:
        if exc.errno == errno.EINVAL or isinstance(exc, gzip.BadGzipFile):
            # A zip may name a place before its own beginning.
            raise _damaged(archive, exc) from exc
        raise disk_failure(exc) from exc
    except Exception as exc:  # the parsers raise whatever they run into
        raise _damaged(archive, exc) from exc


def member_path(name: str) -> PurePosixPath:
    """
    Return *name* as a relative path that stays inside its folder.

    Raises:
        UnsafeArchive: It does not. Terminal.
    """
    parts = name.split("/")
    reasons = {
        "absolute": name.startswith("/") or (len(name) > 1 and name[1] == ":"),
        "parent": ".." in parts,
        "name": not name.strip("/.") or "\\" in name or "\0" in name,
        "name too long": len(name.encode("utf-8", "surrogateescape")) > _MOST_NAME_BYTES,
    }
    for reason, holds in reasons.items():
        if holds:
            raise _unsafe(name, reason)
    return PurePosixPath(*[part for part in parts if part not in ("", ".")])


def project_root(folder: Path, entry_file: str) -> Path:
    """Return the project's folder: *folder*, or the only one in it, as archives have it."""
    if (folder / entry_file).is_file():
        return folder
    inside = list(folder.iterdir())
    if len(inside) == 1 and (inside[0] / entry_file).is_file():
        return inside[0]
    return folder


class _Meter:
    """Counts members and bytes against the limits."""

    def __init__(self, archive: Path, limits: ArchiveLimits) -> None:
        self._limits = limits
        self._packed_bytes = max(1, archive.stat().st_size)
        self._members = 0
        self._total_bytes = 0
        self._name = ""

    def begin(self, name: str) -> None:
        self._name = name
        self._members += 1
        if self._members > self._limits.members:
            raise self.refused(f"more than {self._limits.members} members")

    def count(self, data: bytes) -> bytes:
        self._total_bytes += len(data)
        if self._total_bytes > self._limits.total_bytes:
            raise self.refused(f"unpacks to more than {self._limits.total_bytes} bytes")
        ratio = self._total_bytes / self._packed_bytes
        if self._total_bytes > self._limits.ratio_from_bytes and ratio > self._limits.ratio:
            raise self.refused(f"unpacks to more than {self._limits.ratio} times its size")
        return data

    def refused(self, reason: str) -> UnsafeArchive:
        return _unsafe(self._name, reason)


class _MeteredGzip:
    """What `tarfile` needs of a file, over gzip: forward only, with every byte counted."""

    def __init__(self, file: gzip.GzipFile, meter: _Meter) -> None:
        self._file, self._meter = file, meter

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _MOST_BYTES_AT_ONCE:
            raise self._meter.refused(f"a header claims {size} bytes")
        return self._meter.count(self._file.read(size))

    def seek(self, position: int) -> int:
        if position < self._file.tell():
            # A negative size makes tarfile walk in circles (CVE-2025-8194).
            raise self._meter.refused("a header points backwards")
        while (gap := position - self._file.tell()) > 0 and self.read(min(gap, _COPY_BYTES)):
            pass
        return self._file.tell()


class _MeteredMember:
    """A zip member, every byte counted."""

    def __init__(self, file: IO[bytes], meter: _Meter) -> None:
        self._file, self._meter = file, meter

    def read(self, size: int) -> bytes:
        return self._meter.count(self._file.read(size))


def _unpack_tar(archive: Path, into: Path, meter: _Meter) -> None:
    with gzip.open(archive) as packed:
        metered = cast("IO[bytes]", _MeteredGzip(packed, meter))
        with tarfile.open(fileobj=metered, mode="r:") as members:
            for member in members:
                meter.begin(member.name)
                if member.issym() or member.islnk():
                    raise meter.refused("link")
                if not member.isdir() and (not member.isreg() or member.issparse()):
                    raise meter.refused("device")
                _place(into, member.name, members.extractfile(member))
        # gzip's check sum stands at its end, where tar does not read: without it a flipped bit
        # passes, and a header that is damaged ends the list.
        while metered.read(_COPY_BYTES):
            pass


def _unpack_zip(archive: Path, into: Path, meter: _Meter) -> None:
    with zipfile.ZipFile(archive) as members:
        _check_count(archive, members)
        for member in members.infolist():
            meter.begin(member.filename)
            kind = stat.S_IFMT(member.external_attr >> 16)
            if stat.S_ISLNK(kind):
                raise meter.refused("link")
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise meter.refused("device")
            if member.flag_bits & 0x1:
                raise meter.refused("encrypted")
            if member.is_dir():
                _place(into, member.filename, None)
                continue
            with members.open(member) as content:
                _place(into, member.filename, _MeteredMember(content, meter))


def _check_count(archive: Path, members: zipfile.ZipFile) -> None:
    """Compare the list with its own count, which `zipfile` leaves out: a damaged one is shorter."""
    with archive.open("rb") as file:
        file.seek(-_ZIP_END.size - len(members.comment), io.SEEK_END)
        _, count, _ = _ZIP_END.unpack(file.read(_ZIP_END.size))
    if count not in (len(members.infolist()), _IN_ZIP64):
        raise zipfile.BadZipFile(f"it lists {len(members.infolist())} of its {count} members")


def _place(into: Path, name: str, content: "IO[bytes] | _MeteredMember | None") -> None:
    """Write one member; a folder has no *content*."""
    if content is None and not name.strip("/."):
        return  # `tar -C project .` begins with "./"
    relative = member_path(name)
    if relative.parts[0] == _APPLE_METADATA:
        return
    path = into / relative
    try:
        (path.parent if content else path).mkdir(parents=True, exist_ok=True)
        if content is None:
            return
        with path.open("xb") as file:
            while data := content.read(_COPY_BYTES):
                file.write(data)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as exc:
        raise _unsafe(name, "a second member for this path") from exc


def _damaged(archive: Path, exc: Exception) -> UnsafeArchive:
    return UnsafeArchive(
        f"{archive.name} is not a whole {' or '.join(ARCHIVE_SUFFIXES)} file: {exc}",
        member="",
        reason="damaged",
    )


def _unsafe(member: str, reason: str) -> UnsafeArchive:
    shown = member if len(member) <= _MOST_NAME_BYTES else member[:80] + "…"
    return UnsafeArchive(
        f"archive member {shown!r} refused: {reason}; pack plain files with relative paths",
        member=shown,
        reason=reason,
    )
