"""
What a child can reach: the system's files, fanreel's own, those of its step, its own pages.

The kernel (landlock(7)) refuses the rest to a child and to all that it starts, whoever its user is:
keys in a home, other projects, what containers mount as secrets. Nor can they send signals to, or
look into, a process outside, or connect to anything but the pages of the child itself: a cloud's
metadata, the runtime of a function, whatever listens on the machine. What a page asks of the net
another process fetches (`network/gateway.py`).

Where the kernel has no landlock (before 5.13, or not switched on), or none for connections (before
6.7), all stays as the user's rights have it; the page itself gets no file but its project's, and
no address but a public one, either way.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from landlockpy import AccessFS, AccessNet, LandlockError, Ruleset, Scope, abi_version

from fanreel.browser.locate import find_chromium, find_xvfb
from fanreel.engine.reach import Reach
from fanreel.errors import BrowserUnavailable
from fanreel.files.kept_dirs import is_off
from fanreel.network import ports

VARIABLE = "FANREEL_LANDLOCK"
"""`off` lets children reach all that their user may reach."""

_CONNECTIONS_ABI = 4

_READ = AccessFS.READ_FILE | AccessFS.READ_DIR
_RUN = _READ | AccessFS.EXECUTE
_WRITE_FILE = AccessFS.READ_FILE | AccessFS.WRITE_FILE | AccessFS.TRUNCATE
_WRITE = (
    _WRITE_FILE
    | _READ
    | AccessFS.MAKE_DIR
    | AccessFS.MAKE_REG
    | AccessFS.MAKE_SOCK
    | AccessFS.MAKE_FIFO
    | AccessFS.MAKE_SYM
    | AccessFS.REMOVE_DIR
    | AccessFS.REMOVE_FILE
    | AccessFS.REFER
    | AccessFS.RESOLVE_UNIX
)
_FOR_FILES = _WRITE_FILE | AccessFS.EXECUTE

# Programs, libraries, fonts, settings; those of Lambda's image, of Nix, of Guix and of snaps too.
_SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix", "/gnu"),
    *("/snap", "/sys", "/proc", "/var/cache/fontconfig", "/var/lang", "/var/runtime", "/var/task"),
)
# Not all of /dev: for root that would be the disks.
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "shm")
_SCREENS = Path("/tmp/.X11-unix")  # noqa: S108 (where X keeps its sockets, whoever asks)
_KEYMAPS = Path("/var/lib/xkb")
# Below this folder a browser's own may be too long for its sockets, which are in /tmp then.
_LONG_TEMP_DIR = 34


def confine(reach: Reach) -> None:
    """Give up all else, for this thread and all that it starts; before there are other threads."""
    if reach.temp_dir is not None:
        os.environ["TMPDIR"] = tempfile.tempdir = str(reach.temp_dir)
    if is_off(os.environ.get(VARIABLE, "")):
        return
    for path in reach.keeps:
        with contextlib.suppress(OSError):
            path.mkdir(0o700, parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        _SCREENS.mkdir()
        _SCREENS.chmod(0o1777)  # as X makes it, for every user
    try:
        ruleset = Ruleset(
            handled_net=AccessNet.NONE, scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL
        )
    except LandlockError:  # there is none, or a container refuses to ask for it
        return
    with ruleset:
        for path, access in _rules(reach):
            if path.exists():
                ruleset.allow_path(path, access if path.is_dir() else access & _FOR_FILES)
        ruleset.restrict()
    if abi_version() >= _CONNECTIONS_ABI:
        _confine_connections(fetches=reach.fetches)


def _confine_connections(*, fetches: bool) -> None:
    """Leave the connections to this process's own pages; whoever fetches is not held."""
    if fetches:
        from fanreel.fonts.registry import npm_registry  # noqa: PLC0415 (most fetch nothing)
        from fanreel.fonts.web import web_fonts  # noqa: PLC0415
        from fanreel.network import gateway  # noqa: PLC0415

        gateway.start(list(filter(None, [npm_registry(os.environ), web_fonts().named])))
    with Ruleset(handled_fs=AccessFS.NONE, handled_net=AccessNet.CONNECT_TCP) as ruleset:
        for port in ports.hold():
            ruleset.allow_port(port, AccessNet.CONNECT_TCP)
        ruleset.restrict()


def _rules(reach: Reach) -> Iterator[tuple[Path, AccessFS]]:
    for path in (*map(Path, _SYSTEM), *_programs()):
        yield path, _RUN
    for name in _DEVICES:
        yield Path("/dev", name), _WRITE
    if os.geteuid() != 0:
        # Chromium's sandbox maps its users there; root has none, and could set the kernel's values.
        yield Path("/proc"), _WRITE_FILE
    yield _SCREENS, _WRITE
    # Xvfb compiles a keymap where it may, and does not ask landlock.
    yield (_KEYMAPS if os.access(_KEYMAPS, os.W_OK | os.X_OK) else _SCREENS.parent), _WRITE
    if len(str(reach.temp_dir or "")) > _LONG_TEMP_DIR:
        yield _SCREENS.parent, _WRITE
    for path in reach.reads:
        yield path, _READ
    for path in (*reach.writes, *reach.keeps, *filter(None, [reach.temp_dir])):
        yield _nearest(path), _WRITE


def _programs() -> Iterator[Path]:
    """Yield where Python, its packages, the browser and what they need lie."""
    files = [str(getattr(module, "__file__", "")) for module in list(sys.modules.values())]
    for entry in filter(None, sys.path):
        if any(name.startswith(f"{entry}/") for name in files):
            yield Path(entry)
    yield from (Path(sys.prefix), Path(sys.base_prefix), Path("/etc/resolv.conf").resolve())
    with contextlib.suppress(BrowserUnavailable):
        yield find_chromium().resolve().parent
    if screen := find_xvfb():
        yield screen.resolve().parent
    for name in ("LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONPYCACHEPREFIX"):
        yield from map(Path, filter(None, os.environ.get(name, "").split(os.pathsep)))


def _nearest(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.is_dir())
