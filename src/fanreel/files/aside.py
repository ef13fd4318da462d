"""Files that appear whole or not at all: written beside their place, then renamed into it."""

import contextlib
import errno
import functools
import itertools
import json
import os
import re
import shutil
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

from fanreel.errors import DiskFull, InvalidConfig, RenderError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENOTEMPTY,
    errno.ENAMETOOLONG,
)
# Names in a sequence of frames: png_frames.py.
_OUR_FRAMES = re.compile(r"frame_\d{6,}\.png|segment\.txt|audio\.wav")
_PLAN_ENTRY = re.compile(r"plan\.json|compiled|media|meta|audio\.\w+")
_serial = itertools.count()


@contextlib.contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """
    Yield a name beside *path* to write to; on success it takes the place of *path*.

    On any error, Ctrl-C too, what was written is removed and *path* stays as it was. Errors of
    the block itself pass unchanged; `naming_write_errors()` is for the writes in it. A directory
    is replaced only if it is a plan, a sequence of frames, or empty. What a killed process of this
    machine left beside *path* is removed on the way.

    Raises:
        DiskFull: There is no room left. Retryable.
        InvalidConfig: The place cannot be written to, or holds somebody's files. Terminal.
    """
    path = path.absolute()  # so that "." has a name and a parent
    aside = _beside(path, "part")
    try:
        with naming_write_errors(path):
            check_ours(path)
            path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        yield aside
        with naming_write_errors(path):
            _take_place(aside, path)
    finally:
        remove(aside)


@contextlib.contextmanager
def clearing_beside(*paths: Path | None) -> Iterator[None]:
    """Remove, in the end, what children that were killed meanwhile have left beside *paths*."""
    try:
        yield
    finally:
        for path in filter(None, paths):
            _sweep(path.absolute())


@contextlib.contextmanager
def naming_write_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals to write *path* into `RenderError`s."""
    try:
        yield
    except RenderError:
        raise
    except Exception as exc:
        number = getattr(exc, "errno", None)
        if number in _FULL:
            raise DiskFull(
                f"no room left on the disk while writing {path}; free some space and run again",
                path=str(path),
            ) from exc
        if number in _REFUSED:
            raise InvalidConfig(
                f"cannot write {path}: {os.strerror(number)}; choose an output that you may write",
                path=str(path),
            ) from exc
        raise


def remove(path: Path) -> None:
    """Remove a file or a directory tree as far as that goes; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        # A read-only file system refuses even to remove what is not there.
        with contextlib.suppress(OSError):
            path.unlink()


def _beside(path: Path, suffix: str) -> Path:
    # The process id and a serial keep two writers of one output apart.
    return path.with_name(f".{path.name}.{_home()}-{os.getpid()}-{next(_serial)}.{suffix}")


@functools.cache
def _home() -> str:
    """Name what process ids are counted in: a container that shares the disk has its own."""
    namespace = Path()
    with contextlib.suppress(OSError):
        namespace = Path("/proc/self/ns/pid").readlink()
    return f"{zlib.crc32(repr((namespace, socket.gethostname())).encode()):08x}"


def _sweep(path: Path) -> None:
    """Remove what processes that are no more left beside *path*."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.{_home()}-(\d+)-\d+\.(part|old)")
    from fanreel.processes import runs  # noqa: PLC0415 (psutil, which most callers do not need)

    with contextlib.suppress(OSError):
        for entry in os.scandir(path.parent):
            match = ours.fullmatch(entry.name)
            if match is None or runs(int(match[1])):
                continue
            if match[2] == "old" and not path.exists():
                # Killed between the two renames that replace a directory.
                Path(entry.path).rename(path)
            else:
                remove(Path(entry.path))


def check_ours(path: Path) -> None:
    """Refuse to replace a directory that holds anything we did not make."""
    if not path.is_dir() or _is_plan(path):
        return
    foreign = [entry.name for entry in path.iterdir() if not _OUR_FRAMES.fullmatch(entry.name)]
    if foreign:
        raise InvalidConfig(
            f"{path} is a directory that holds other files ({min(foreign)}, ...); "
            "choose an output that does not exist yet",
            path=str(path),
        )


def _is_plan(directory: Path) -> bool:
    """Tell an earlier plan from a directory that happens to hold a plan.json."""
    entries = [entry.name for entry in directory.iterdir()]
    if "plan.json" not in entries or not all(map(_PLAN_ENTRY.fullmatch, entries)):
        return False
    try:
        manifest = json.loads((directory / "plan.json").read_bytes())
    except ValueError:
        return False
    return isinstance(manifest, dict) and {"protocol", "plan_hash"} <= manifest.keys()


def _take_place(aside: Path, path: Path) -> None:
    if not (aside.is_dir() and path.is_dir()):
        aside.replace(path)
        return
    # A directory cannot be renamed over one that holds files, so the old one steps aside.
    old = _beside(path, "old")
    path.rename(old)
    try:
        aside.rename(path)
    except BaseException:
        old.rename(path)
        raise
    remove(old)
