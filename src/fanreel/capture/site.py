"""
The composition's own origin: a loopback server over a project's or a plan's files.

Chromium is told that `fanreel.localhost` is this server and that every other name does not
exist. The origin is a constant, so nothing a page reads from `location` differs between machines,
and `*.localhost` counts as a secure context, which WebCodecs asks for.
"""

import contextlib
import mimetypes
import sys
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from fanreel.capture.still_svg import still_svg

HOST = "fanreel.localhost"
ORIGIN = f"http://{HOST}"
OWN_PREFIX = "/__fanreel__/"
"""Paths that are ours, not the project's."""

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".lottie": "application/zip",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
}
_SOCKET_TIMEOUT_S = 60

Reply = tuple[int, str, bytes]
"""Status, content type, body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRequest:
    """One request for a project file."""

    path: str
    """Project path, POSIX, without a leading slash."""
    found: bool
    destination: str
    """What wants it, in Fetch's words: `image`, `script`, `style`, `font`, `empty` (fetch), ..."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away; it is told of where it matters."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class SiteServer:
    """
    Serves a directory on 127.0.0.1 while open.

    Args:
        own: Answers paths under `/__fanreel__/`; the rest of the path is its argument.
        on_request: Told about each request for a project file, from the server's threads.
    """

    def __init__(
        self,
        own: Callable[[str], Reply | None] = lambda _path: None,
        on_request: Callable[[SiteRequest], None] = lambda _request: None,
    ) -> None:
        self._root_dir: Path | None = None
        self._own, self._on_request = own, on_request
        handler = type("_BoundHandler", (_Handler,), {"site": self})
        self._server = _Server(("127.0.0.1", 0), handler, bind_and_activate=False)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def serve(self, root_dir: Path) -> None:
        """Make *root_dir* the site."""
        self._root_dir = root_dir.resolve()

    @property
    def port(self) -> int:
        """TCP port on 127.0.0.1."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._server.server_bind()
        self._server.server_activate()
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reply(self, url_path: str, destination: str, *, asks_only: bool = False) -> Reply:
        """
        Answer one GET; *url_path* is still percent-encoded.

        With *asks_only* (HEAD) the page wants to know whether a file is there, as it does for the
        neighbours of nested compositions: a miss is an answer and nobody is told.
        """
        path = urllib.parse.unquote(urllib.parse.urlsplit(url_path).path)
        if path.startswith(OWN_PREFIX):
            return self._own(path.removeprefix(OWN_PREFIX)) or _not_found(path)
        name = path.removeprefix("/")
        file = self.find(name)
        if file is None and name == "favicon.ico":
            return 204, "image/x-icon", b""
        if file is not None or not asks_only:
            found = file is not None
            self._on_request(SiteRequest(path=name, found=found, destination=destination))
        if file is None:
            return _not_found(path)
        body = file.read_bytes()
        if destination == "image" and file.suffix.lower() == ".svg":
            body = still_svg(body)
        return 200, content_type(file), body

    def find(self, name: str) -> Path | None:
        """Give the file at project path *name*, or None; never one outside the root."""
        return None if self._root_dir is None else find_inside(self._root_dir, name)


def find_inside(root_dir: Path, name: str) -> Path | None:
    """Give the file at *name* below *root_dir*, or None; never one that a symlink keeps outside."""
    # ValueError: a zero byte. RuntimeError: symlinks that go round in a circle.
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        file = (root_dir / name).resolve()
        if file.is_file() and file.is_relative_to(root_dir.resolve()):
            return file
    return None


def content_type(path: Path) -> str:
    """Give the Content-Type of a file by its suffix."""
    known = _TYPES.get(path.suffix.lower())
    return known or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _not_found(path: str) -> Reply:
    return 404, "text/plain; charset=utf-8", f"not in the project: {path}\n".encode()


class _Handler(BaseHTTPRequestHandler):
    site: SiteServer
    protocol_version = "HTTP/1.1"
    timeout = _SOCKET_TIMEOUT_S
    # Header and body leave in one packet each; Nagle would add 40 ms to every frame.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        destination = self.headers.get("Sec-Fetch-Dest", "empty")
        is_head = self.command == "HEAD"
        status, kind, body = self.site.reply(self.path, destination, asks_only=is_head)
        with contextlib.suppress(ConnectionError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if not is_head:
                self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 (the base class looks the name up)

    def version_string(self) -> str:
        return "fanreel"

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
        # The wall clock must not reach the page, not even in a header.
        return "Thu, 01 Jan 1970 00:00:00 GMT"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        pass
