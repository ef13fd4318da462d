"""An S3 between a client and the real one, which fails and lies as it is told to."""

import http.client
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

LIES = (
    "throttled", "internal", "denied", "reset", "reply lost", "short", "flipped", "missing", "slow",
)  # fmt: skip
_STATUS = {
    "throttled": (503, "SlowDown"),
    "internal": (500, "InternalError"),
    "denied": (403, "AccessDenied"),
    "missing": (404, "NoSuchKey"),
}
_SLOW_S = 0.4
_HOP = {"connection", "transfer-encoding", "date", "server", "content-length"}


class LyingS3(ThreadingHTTPServer):
    """
    Passes requests on to the S3 at *port* of this machine.

    Attributes:
        chance: Of a lie for each request; 0 for an honest one.
        lies: Which of `LIES` there may be.
        left: How many more there will be.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.port, self.rng = port, random.Random()  # noqa: S311 (repeatable)
        self.chance, self.left = 0.0, 0
        self.lies: tuple[str, ...] = LIES
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None = None,
        _exc: BaseException | None = None,
        _trace: TracebackType | None = None,
    ) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def lie(self) -> str | None:
        """Return what to do with this request, None for what it asks."""
        with self._lock:
            if self.left <= 0 or self.rng.random() >= self.chance:
                return None
            self.left -= 1
            return self.rng.choice(self.lies)

    def handle_error(self, *_args: object) -> None:
        """Say nothing of connections that were cut."""


class _Passing(BaseHTTPRequestHandler):
    server: LyingS3
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        pass

    def _pass(self) -> None:
        body = self._body()
        lie = self.server.lie()
        if lie == "reset":
            self.close_connection = True
            return
        if lie in _STATUS:
            self._refuse(*_STATUS[lie])
            return
        if lie == "slow":
            time.sleep(_SLOW_S)
        onward = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        onward.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in {"connection", "expect", "transfer-encoding"}:
                onward.putheader(name, value)
        onward.endheaders(body)
        answer = onward.getresponse()
        content = answer.read()
        if lie == "reply lost":
            self.close_connection = True
        else:
            self._answer(answer, content, lie)
        onward.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass  # noqa: N815 (http.server's names)

    def _body(self) -> bytes:
        if length := self.headers.get("Content-Length"):
            return self.rfile.read(int(length))
        return b""

    def _refuse(self, status: int, code: str) -> None:
        content = f"<Error><Code>{code}</Code><Message>told to</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _answer(self, answer: http.client.HTTPResponse, content: bytes, lie: str | None) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") or "0"
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if lie == "short":
            self.close_connection = True
            content = content[: len(content) // 2]
        elif lie == "flipped" and content and self.command == "GET":
            at = self.server.rng.randrange(len(content))
            content = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        self.wfile.write(content)
