"""The caller's end of a fork server: children that are copies of a process that is ready."""

import contextlib
import json
import select
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Self

from fanreel.processes import runs

SETTLE = b"settle"
"""Said to the server in place of a `Copy`: there are no more to come."""
MOST_MESSAGE_BYTES = 1 << 20
"""Of a `Copy`; more than a packet can hold unless the system was told otherwise (socket(7))."""
STARTED, ENDED = 1, 2
REPORT_FORMAT = "<iii"
_POLL_S = 0.005
_SILENCE_S = 60.0
"""How long the server may take for a child: it may still import, on a machine that is busy."""
_REPORT_S = 5.0
"""How long it may take to tell of one that has ended; it does at once, unless it stands still."""
_UNKNOWN = 255
"""The exit status of a child that nobody told the end of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What the server is asked for: a copy of itself, as an interpreter started now would be."""

    module: str
    """Whose `main()` it runs, with the descriptor that comes beside this."""
    environment: dict[str, str]
    directory: str
    """That it works in."""

    def packed(self) -> bytes:
        """Return it as a message."""
        return json.dumps(asdict(self)).encode("ascii")

    @classmethod
    def unpacked(cls, message: bytes) -> Self:
        """Return what `packed()` made a message of."""
        return cls(**json.loads(message))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the server says of a child."""

    kind: int
    pid: int
    status: int = 0
    """Of one that has ended: its exit status, negative for a signal."""

    def packed(self) -> bytes:
        """Return it as a message."""
        return struct.pack(REPORT_FORMAT, self.kind, self.pid, self.status)

    @classmethod
    def unpacked(cls, message: bytes) -> Self:
        """Return what `packed()` made a message of. Raises `OSError` if nobody speaks any more."""
        if len(message) != struct.calcsize(REPORT_FORMAT):
            raise ConnectionError("the fork server is gone")
        kind, pid, status = struct.unpack(REPORT_FORMAT, message)
        return cls(kind=kind, pid=pid, status=status)


class ForkServer:
    """
    Forks children while open; thread-safe.

    Args:
        spawn: Starts the server, which has the descriptor that it is given.
    """

    def __init__(self, spawn: Callable[[int], "subprocess.Popen[bytes]"]) -> None:
        # Packets: each report comes whole or not at all.
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(_SILENCE_S)
        with theirs:
            self._process = spawn(theirs.fileno())
        self._lock = threading.Lock()
        self._ended: dict[int, int] = {}
        self._settled = False

    def fork(self, copy: Copy, connection: socket.socket) -> "ForkedProcess":
        """Have a child that holds *connection*. Raises `OSError` if the server gives none."""
        with self._lock:
            if self._settled:
                raise ConnectionError("the fork server has settled")
            socket.send_fds(self._socket, [copy.packed()], [connection.fileno()])
            while True:
                report = Report.unpacked(self._socket.recv(64))
                if report.kind == STARTED:
                    return ForkedProcess(self, report.pid)
                self._ended[report.pid] = report.status

    def settle(self) -> None:
        """Have no more children: the server gives its memory back and only waits for those."""
        with self._lock, contextlib.suppress(OSError):
            self._settled = True
            self._socket.send(SETTLE)

    def status_of(self, pid: int) -> int | None:
        """Return the exit status of a child; None while it runs."""
        with self._lock:
            self._hear_of(pid, 0.0)
            if pid not in self._ended and not runs(pid):
                self._hear_of(pid, _REPORT_S)
                self._ended.setdefault(pid, _UNKNOWN)
            return self._ended.pop(pid, None)  # asked for once: its number may come again

    def _hear_of(self, pid: int, wait_s: float) -> None:
        # `ValueError`: this server was closed while its child lived on.
        with contextlib.suppress(OSError, ValueError):
            told = select.poll()
            told.register(self._socket, select.POLLIN)
            while pid not in self._ended and told.poll(1000 * wait_s):
                report = Report.unpacked(self._socket.recv(64))
                self._ended[report.pid] = report.status

    def close(self) -> None:
        """End the server; its children live on."""
        self._socket.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


class ForkedProcess:
    """A child of the server, with what is used of `subprocess.Popen`."""

    def __init__(self, server: ForkServer, pid: int) -> None:
        self._server, self.pid = server, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            self.returncode = self._server.status_of(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises `subprocess.TimeoutExpired`."""
        end = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("a forked child", timeout or 0)
            time.sleep(_POLL_S)
        return status
