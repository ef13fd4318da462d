"""
The Chrome DevTools Protocol over a pipe: commands, answers, events, sessions.

Messages are JSON, each ended by a zero byte (`--remote-debugging-pipe`). One thread's event loop
reads them; commands may be sent from any thread, so a frame costs one write, one read and no
detour. What is sent to a browser that has gone fails at once, and what it owed an answer fails
then.
Source: https://chromedevtools.github.io/devtools-protocol, and `content/browser/devtools` for the
pipe.
"""

import asyncio
import contextlib
import itertools
import json
import os
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

Params = dict[str, Any]
Handler = Callable[[Params], None]

_END = b"\0"
_READ_BYTES = 1 << 18


class ProtocolError(Exception):
    """Chromium answers a command with an error."""


class TargetGone(Exception):
    """Who should have answered is no more: a page, its process, or the browser."""


class Connection:
    """
    Both ends of a browser's debugging pipe.

    Args:
        read_fd: Answers and events come here; owned from now on.
        write_fd: Commands go here; owned from now on.
        loop: Reads, and calls the handlers of events, on its thread.
    Attributes:
        browser: The session that needs no target.
    """

    def __init__(self, read_fd: int, write_fd: int, loop: asyncio.AbstractEventLoop) -> None:
        self._read_fd, self._write_fd, self._loop = read_fd, write_fd, loop
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._owed: dict[int, tuple[str, Future[Params]]] = {}
        self._sessions: dict[str, Session] = {}
        self._received = bytearray()
        self._open = True
        self._on_close: Callable[[], None] = lambda: None
        self.browser = Session(self, "", "browser")
        self._sessions[""] = self.browser
        os.set_blocking(read_fd, False)
        loop.call_soon_threadsafe(loop.add_reader, read_fd, self._read)

    def on_close(self, handler: Callable[[], None]) -> None:
        """Call *handler* on the loop's thread once the browser is gone or the pipe closed."""
        self._on_close = handler

    def session(self, session_id: str, kind: str) -> "Session":
        """Return the session that Chromium has opened under this name, with a target of *kind*."""
        session = Session(self, session_id, kind)
        self._sessions[session_id] = session
        return session

    def call(self, session_id: str, method: str, params: Params) -> Future[Params]:
        """Send a command; the future gives its result."""
        answer: Future[Params] = Future()
        number = next(self._numbers)
        message: Params = {"id": number, "method": method, "params": params}
        if session_id:
            message["sessionId"] = session_id
        data = json.dumps(message).encode() + _END
        with self._lock:
            if not self._open or session_id not in self._sessions:
                answer.set_exception(TargetGone(f"{method}: it is closed"))
                return answer
            self._owed[number] = session_id, answer
            try:
                _write(self._write_fd, data)
            except OSError as exc:
                del self._owed[number]
                answer.set_exception(TargetGone(f"{method}: {exc.strerror}"))
        return answer

    def drop(self, session_id: str, why: str) -> None:
        """Forget a session, and fail all it owed an answer."""
        with self._lock:
            self._sessions.pop(session_id, None)
            numbers = [number for number, (owing, _) in self._owed.items() if owing == session_id]
            answers = [self._owed.pop(number)[1] for number in numbers]
        for answer in answers:
            _fail(answer, TargetGone(why))

    def close(self) -> None:
        """Close the pipe, on the loop's thread; Chromium ends when its end sees that."""
        with self._lock:
            was_open, self._open = self._open, False
        if was_open:
            self._loop.remove_reader(self._read_fd)
            os.close(self._read_fd)
            os.close(self._write_fd)
        for session_id in list(self._sessions):
            self.drop(session_id, "the browser is closed")
        if was_open:
            self._on_close()

    def _read(self) -> None:
        try:
            data = os.read(self._read_fd, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._received += data
        if _END not in data:
            return
        *messages, rest = self._received.split(_END)
        self._received = bytearray(rest)
        for message in messages:
            self._take(json.loads(message))

    def _take(self, message: Params) -> None:
        number = message.get("id")
        if number is None:
            session = self._sessions.get(message.get("sessionId", ""))
            if session is not None:
                session.hear(message["method"], message.get("params", {}))
            return
        with self._lock:
            _, answer = self._owed.pop(number, ("", None))
        if answer is None or answer.cancelled():
            return
        error = message.get("error")
        with contextlib.suppress(Exception):  # cancelled in this very moment
            if error is None:
                answer.set_result(message["result"])
            else:
                answer.set_exception(ProtocolError(error.get("message", "no reason given")))


class Session:
    """
    Commands to one target, and its events.

    Args:
        connection: To the browser.
        session_id: Chromium's name for it; empty for the browser itself.
        kind: Of the target: `page`, `iframe` (of another process), `worker`, `browser`, ...
    """

    def __init__(self, connection: Connection, session_id: str, kind: str) -> None:
        self._connection, self.session_id = connection, session_id
        self.has_documents = kind in {"page", "iframe"}
        self._handlers: dict[str, list[Handler]] = defaultdict(list)

    def on(self, event: str, handler: Handler) -> None:
        """Call *handler* on the loop's thread with the parameters of each such event."""
        self._handlers[event].append(handler)

    def call(self, method: str, params: Params | None = None) -> Future[Params]:
        """Send a command from any thread; the future gives its result."""
        return self._connection.call(self.session_id, method, params or {})

    async def send(self, method: str, params: Params | None = None) -> Params:
        """
        Send a command and await its result.

        Raises:
            ProtocolError: Chromium answers with an error.
            TargetGone: It does not answer any more.
        """
        return await asyncio.wrap_future(self.call(method, params))

    def post(self, method: str, params: Params | None = None) -> None:
        """Send a command whose result does not matter; whoever was to act on it may be gone."""
        self.call(method, params)

    def drop(self, why: str) -> None:
        """Forget this session, and fail all it owed an answer."""
        self._connection.drop(self.session_id, why)

    def hear(self, event: str, params: Params) -> None:
        """Tell those who wait for *event*."""
        for handler in self._handlers.get(event, ()):
            handler(params)


def _write(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]


def _fail(answer: Future[Params], error: Exception) -> None:
    with contextlib.suppress(Exception):  # cancelled meanwhile
        answer.set_exception(error)
