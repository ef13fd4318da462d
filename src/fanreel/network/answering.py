"""What servers of fanreel's answer with: bytes or a file, whole, never kept by the browser."""

import contextlib
import io
import shutil
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_SOCKET_TIMEOUT_S = 60

Reply = tuple[int, str, bytes | Path]
"""Status, content type, body: bytes, or the file that holds them."""


class LoopbackServer(ThreadingHTTPServer):
    """A thread a connection, none of which outlives the process."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away; it is told of where it matters."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class AnsweringHandler(BaseHTTPRequestHandler):
    """A handler that has its answer as a `Reply`."""

    protocol_version = "HTTP/1.1"
    timeout = _SOCKET_TIMEOUT_S
    # Header and body leave in one packet each; Nagle would add 40 ms to every frame.
    disable_nagle_algorithm = True
    wbufsize = -1

    @property
    def host(self) -> str:
        """Name that the request is for, without the port."""
        return self.headers.get("Host", "").partition(":")[0]

    def answer(self, reply: Reply, headers: Mapping[str, str] | None = None) -> None:
        """Send *reply*; a file goes out piece by piece: a project may hold hours of video."""
        status, kind, body = reply
        with contextlib.ExitStack() as stack, contextlib.suppress(ConnectionError):
            content = (
                io.BytesIO(body)
                if isinstance(body, bytes)
                else stack.enter_context(body.open("rb"))
            )
            size = content.seek(0, io.SEEK_END)
            content.seek(0)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(size))
            self.send_header("Cache-Control", "no-store")
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                shutil.copyfileobj(content, self.wfile)

    def refuse_name(self) -> None:
        """Answer a request that came under another name for this address."""
        self.answer((421, "text/plain; charset=utf-8", b"this is not the server of that name\n"))

    def version_string(self) -> str:
        """Name no version of Python."""
        return "fanreel"

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
        """Keep the wall clock from the page, also in a header."""
        return "Thu, 01 Jan 1970 00:00:00 GMT"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Say nothing."""
