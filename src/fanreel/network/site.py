"""
The composition's own origin: a loopback server over a project's or a plan's files.

Chromium is told that `fanreel.localhost` is this server and that every other name does not
exist. The origin is a constant, so nothing a page reads from `location` differs between machines,
and `*.localhost` counts as a secure context, which WebCodecs asks for.
"""

import contextlib
import io
import mimetypes
import re
import shutil
import sys
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from fanreel.browser.launch import HOST
from fanreel.files.site_files import SiteFiles
from fanreel.fonts.generics import lead_generics
from fanreel.network.still_svg import still_svg
from fanreel.page import worker_script

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
_DOCUMENTS = frozenset({"document", "iframe", "frame"})
_SOCKET_TIMEOUT_S = 60
_WORKER_PATH = f"{OWN_PREFIX}worker.js"
_MODULE = re.compile(rb"^\s*(?:import\b(?!\s*\()|export\b)", re.MULTILINE)

Reply = tuple[int, str, bytes | Path]
"""Status, content type, body: bytes, or the file that holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRequest:
    """One request for a project file."""

    path: str
    """Of the file that is meant, in the folder served: POSIX, without a leading slash."""
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
        self._files: SiteFiles | None = None
        self._own, self._on_request = own, on_request
        handler = type("_BoundHandler", (_Handler,), {"site": self})
        self._server = _Server(("127.0.0.1", 0), handler, bind_and_activate=False)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def serve(self, root_dir: Path, entry_path: str = "", project_path: str = "") -> None:
        """Make *root_dir* the site; see `SiteFiles`."""
        self._files = SiteFiles(
            root_dir=root_dir.resolve(), entry_path=entry_path, project_path=project_path
        )

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
            return self._own_reply(path)
        name = path.removeprefix("/")
        located = None if self._files is None else self._files.locate(name)
        if located is None and name == "favicon.ico":
            return 204, "image/x-icon", b""
        if located is not None or not asks_only:
            is_found, known = located is not None, located[0] if located else name
            self._on_request(SiteRequest(path=known, found=is_found, destination=destination))
        if self._files is None or located is None:
            return _not_found(path)
        known, file = located
        return 200, content_type(file), self._fitted(known, file, destination)

    def _own_reply(self, path: str) -> Reply:
        if path == _WORKER_PATH:
            return 200, _TYPES[".js"], worker_script().encode()
        return self._own(path.removeprefix(OWN_PREFIX)) or _not_found(path)

    def _fitted(self, known: str, file: Path, destination: str) -> bytes | Path:
        """Return a file as what wants it needs it."""
        if destination in _DOCUMENTS and self._files is not None:
            return self._files.document(known, file)
        if destination == "worker":
            return _on_the_clock(file.read_bytes())
        if destination == "image" and file.suffix.lower() == ".svg":
            return still_svg(file.read_bytes())
        return lead_generics(file.read_bytes()) if destination == "style" else file


def _on_the_clock(script: bytes) -> bytes:
    """Put the page's clock before a worker's own script."""
    if _MODULE.search(script):
        return f'import "{_WORKER_PATH}";'.encode() + script
    return worker_script().encode() + script


def content_type(path: Path) -> str:
    """Return the Content-Type of a file by its suffix."""
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
        # Another name for this address is a page of the machine's browser that had its own name
        # point here (DNS rebinding), to read the project while it renders.
        if self.headers.get("Host", "").partition(":")[0] != HOST:
            self._answer(421, "text/plain; charset=utf-8", b"this is not the server of that name\n")
            return
        destination = self.headers.get("Sec-Fetch-Dest", "empty")
        is_head = self.command == "HEAD"
        self._answer(*self.site.reply(self.path, destination, asks_only=is_head))

    def _answer(self, status: int, kind: str, body: bytes | Path) -> None:
        # A file goes out piece by piece: a project may hold hours of video.
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
            self.end_headers()
            if self.command != "HEAD":
                shutil.copyfileobj(content, self.wfile)

    do_HEAD = do_GET  # noqa: N815 (the base class looks the name up)

    def version_string(self) -> str:
        return "fanreel"

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
        # The wall clock must not reach the page, not even in a header.
        return "Thu, 01 Jan 1970 00:00:00 GMT"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        pass
