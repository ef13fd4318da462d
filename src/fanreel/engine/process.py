"""A child: how it is started, asked and ended."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from fanreel.engine.answers import Alive, Answer, Failed, Finished, Progress
from fanreel.engine.environment import engine_environment
from fanreel.engine.forking import Copy, ForkedProcess, ForkServer
from fanreel.engine.isolation import hide_process, show_process
from fanreel.engine.messages import LIMIT_BYTES, receive_answer, send_request
from fanreel.engine.reach import Reach
from fanreel.engine.requests import Confine, Finish, Request
from fanreel.errors import RenderCancelled
from fanreel.media.cache import CacheStats
from fanreel.processes import kill_tree

Expected = TypeVar("Expected", bound=Answer)
_Read = TypeVar("_Read")

CHILD, DECODING = "fanreel.engine.child", "fanreel.engine.decoding"
"""The modules that children run."""
_END_TIMEOUT_S = 15.0
_SILENCE_S = 60.0
"""How long a child that was asked may say nothing at all; it gives a sign of life every 5 s."""


class ChildLost(Exception):
    """A child ended without a word; the message says how."""


class Child:
    """
    One process and the caller's end of its pipe. It inherits nothing else.

    An interpreter of its own, not a child of `multiprocessing`: that would import the caller's
    script anew, and is refused to the daemonic processes that task queues run in. While it lives,
    this process is hidden from it (`isolation.py`).

    Args:
        module: What it runs: a module whose `main()` takes the pipe's descriptor.
        server: Copies itself to be the child, in place of a new interpreter.
    Raises:
        OSError: It cannot be started, or the server is gone.
    """

    def __init__(self, module: str = CHILD, server: ForkServer | None = None) -> None:
        ours, theirs = socket.socketpair()
        # A process that stands still says nothing, but its pipe stays open.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(_SILENCE_S))
        hide_process()
        self._stack = contextlib.ExitStack()
        self._stack.callback(show_process)
        try:
            with theirs:
                self._process: subprocess.Popen[bytes] | ForkedProcess = (
                    server.fork(_copy(module), theirs) if server else spawn(module, theirs.fileno())
                )
        except BaseException:
            ours.close()
            self._stack.close()
            raise
        self._connection = self._stack.enter_context(Connection(ours.detach()))
        self._cancelled = threading.Event()
        self._finishing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Nothing is answered any more."""
        return self._process.poll() is not None

    def confine(self, reach: Reach) -> None:
        """Say which files it may reach; nothing is done before."""
        self.tell(Confine(reach=reach))

    def tell(self, request: Request) -> None:
        """Say something that is not answered; what went wrong shows when something is asked."""
        with contextlib.suppress(OSError):
            send_request(self._connection, request)

    def ask(
        self,
        request: Request,
        expected: type[Expected],
        on_progress: Callable[[int], None] | None = None,
    ) -> Expected:
        """
        Say *request* and wait for the answer.

        Args:
            request: What is wanted.
            expected: The kind of answer.
            on_progress: Called with the frames done so far; what it raises ends the wait.
        Raises:
            RenderError: What the child raised; it has ended.
            RenderCancelled: `cancel()` was called meanwhile.
            ChildLost: It ended without an answer.
        """
        self.tell(request)
        while True:
            match self._receive():
                case Progress(frames=frames):
                    if on_progress is not None:
                        on_progress(frames)
                case Failed() as failed:
                    if failed.is_last:
                        self.kill()
                    raise failed.error()
                case answer if isinstance(answer, expected):
                    return answer
                case answer:
                    self.kill()
                    raise ChildLost(f"an answer of the wrong kind, {answer.kind}")

    def receive_bytes(self) -> bytes:
        """Wait for what follows an answer. Raises as `ask()`."""
        return self._reading(lambda: self._connection.recv_bytes(LIMIT_BYTES))

    def cancel(self) -> None:
        """End the child, from any thread; whoever waits for it gets `RenderCancelled`."""
        self._cancelled.set()
        if self._process.poll() is None:
            kill_tree(self._process.pid)

    def tell_finish(self) -> None:
        """Let it close its browser and end; `finish()` waits for that."""
        if not self._finishing:
            self._finishing = True
            self.tell(Finish())

    def finish(self) -> CacheStats:
        """Let it close its browser and end; give what its cache did, if it came to say so."""
        self.tell_finish()
        stats = CacheStats()
        with contextlib.suppress(ChildLost, RenderCancelled, subprocess.TimeoutExpired):
            answer = self._receive()
            stats = answer.cache if isinstance(answer, Finished) else stats
            self._process.wait(_END_TIMEOUT_S)
        self.kill()
        return stats

    def kill(self) -> None:
        """End it and all it started; once more does nothing."""
        if self._process.poll() is None:
            kill_tree(self._process.pid)
        self._process.wait()
        self._stack.close()

    def how(self) -> str:
        """Tell how it ended."""
        status = self._process.returncode or 0
        return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"

    def _receive(self) -> Answer:
        while isinstance(answer := self._reading(lambda: receive_answer(self._connection)), Alive):
            continue
        return answer

    def _reading(self, read: Callable[[], _Read]) -> _Read:
        try:
            return read()
        except BlockingIOError as exc:
            self.kill()
            raise ChildLost(f"no sign of life for {_SILENCE_S:g} s") from exc
        except (EOFError, OSError) as exc:
            if self._cancelled.is_set():
                raise RenderCancelled from exc
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_TIMEOUT_S)
            self.kill()
            raise ChildLost(self.how()) from exc
        except ValueError as exc:
            self.kill()
            raise ChildLost("an answer that makes no sense") from exc


def spawn(module: str, connection_fd: int) -> "subprocess.Popen[bytes]":
    """Start an interpreter that runs `main()` of *module*, with one descriptor of this process."""
    return subprocess.Popen(
        child_argv(module, connection_fd),
        pass_fds=[connection_fd],
        stdin=subprocess.DEVNULL,
        env=_environment(),
    )


def _copy(module: str) -> Copy:
    return Copy(module=module, environment=_environment(), directory=os.getcwd())  # noqa: PTH109


def _environment() -> dict[str, str]:
    return engine_environment(os.environ, Path(tempfile.gettempdir()))


def _timeval(seconds: float) -> bytes:
    """Return *seconds* as socket(7) wants them."""
    whole = int(seconds)
    return struct.pack("ll", whole, int((seconds - whole) * 1e6))


def child_argv(module: str, connection_fd: int) -> list[str]:
    """Return the command line of a child that inherits this descriptor."""
    return [sys.executable, "-c", f"from {module} import main; main({connection_fd})"]
