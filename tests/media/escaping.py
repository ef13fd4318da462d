"""What a child does that somebody has taken over: it tries to get at its parent, and tells."""

import ctypes
import errno
import os
import socket
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from fanreel.engine import child
from fanreel.engine.answers import Failed
from fanreel.engine.messages import send_answer
from fanreel.engine.requests import Request
from fanreel.errors import UnexpectedError
from fanreel.network import ports

_ATTACH, _SEIZE = 16, 0x4206  # sys/ptrace.h


def main(connection_fd: int) -> None:
    """Begin as every child does."""
    child.serve = _try_all
    child.main(connection_fd)


def amid_a_step(connection_fd: int) -> None:
    """Begin as every child does, and be taken over by the first thing that is asked for."""
    child._Session.answer = _taken_over  # type: ignore[assignment,method-assign]
    child.main(connection_fd)


def _taken_over(_session: object, request: Request) -> None:
    raise UnexpectedError(request.kind, **_found())


def _try_all(connection: Connection) -> None:
    message = Failed(code="UNEXPECTED_ERROR", message="tried", facts=_found())
    send_answer(connection, message)


def _found() -> dict[str, Any]:
    """Return what there is to be had of the caller, and what this process has itself."""
    above = _above()
    got = {f"{name} of {pid}": what for pid in above for name, what in _had(pid).items()}
    return {
        "got": {name: what for name, what in got.items() if what},
        "reached": {name: what for name, what in _reached(above[-1]).items() if what},
        "environ": dict(os.environ),
        "descriptors": _descriptors(),
    }


def _above() -> list[int]:
    """Return the caller, after the process that this one is a copy of, if it is one."""
    parent = psutil.Process(os.getppid())
    is_copy = any("fork_server" in word for word in parent.cmdline())
    return [parent.pid, parent.ppid()] if is_copy else [parent.pid]


def _had(pid: int) -> dict[str, str]:
    """Return what there is to be had of process *pid*."""
    libc = ctypes.CDLL(None, use_errno=True)
    got = {
        name: _read(Path(f"/proc/{pid}/{name}"))
        for name in ("environ", "mem", "maps", "auxv", "stack")
    }
    got["fd"] = _list(Path(f"/proc/{pid}/fd"))
    return got | {
        name: "attached" if libc.ptrace(request, pid, 0, 0) == 0 else ""
        for name, request in (("ptrace attach", _ATTACH), ("ptrace seize", _SEIZE))
    }


def _read(path: Path) -> str:
    try:
        with path.open("rb", buffering=0) as file:
            return repr(file.read(4096)) or "opened"
    except OSError:
        return ""


def _reached(parent: int) -> dict[str, str]:
    """Return what there is to be had of this user's home, and of other processes."""
    home = Path(os.environ["HOME"])
    return {
        "read": _read(home / ".aws" / "credentials"),
        "list": _list_names(home),
        "write": _write(home / ".profile"),
        "replace": _write(home / ".aws" / "credentials"),
        "signal": _signal(parent),
        "metadata": _connect(("169.254.169.254", 80)),
        "runtime": _connect(("127.0.0.1", 9001)),
    }


def _connect(address: tuple[str, int]) -> str:
    """Begin to connect; only the kernel's refusal comes at once, whether anybody listens or not."""
    with socket.socket() as connection:
        connection.setblocking(False)  # noqa: FBT003 (the name is the meaning)
        error = connection.connect_ex(address)
    return "" if error == errno.EACCES else errno.errorcode.get(error, "connected")


def _list_names(path: Path) -> str:
    try:
        return " ".join(entry.name for entry in path.iterdir())
    except OSError:
        return ""


def _write(path: Path) -> str:
    try:
        path.write_text("mine")
    except OSError:
        return ""
    return "written"


def _signal(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "sent"


def _list(path: Path) -> str:
    try:
        return " ".join(str(entry.readlink()) for entry in path.iterdir())
    except OSError:
        return ""


def _descriptors() -> list[str]:
    """Return what each open descriptor leads to, but for the one that looks and the held ports."""
    found, own = [], {str(holder.fileno()) for holder in ports._holding}
    for entry in Path("/proc/self/fd").iterdir():
        if entry.name in own:
            continue
        try:
            found.append(f"{entry.name} {entry.readlink()}")
        except OSError:
            continue
    return found


def hang(_connection_fd: int) -> None:
    """Start a child that never says anything, and wait for it."""
    os.execvp("sh", ["sh", "-c", "sleep 600 & wait"])  # noqa: S606


def lie(connection_fd: int) -> None:
    """Answer with a pickle that would run code where it is read."""
    with Connection(connection_fd) as connection:
        connection.recv_bytes()
        connection.send(_Bomb())
        connection.recv_bytes()


class _Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch /tmp/fanreel-pwned",)
