"""
The composition's own origin: a loopback server over a project's or a plan's files.

Chromium is told that `fanreel.localhost` is this server and that every other name does not
exist. The origin is a constant, so nothing a page reads from `location` differs between machines,
and `*.localhost` counts as a secure context, which WebCodecs asks for.
"""

import mimetypes
import re
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fanreel.browser.launch import HOST
from fanreel.files.site_files import SiteFiles
from fanreel.fonts.generics import lead_generics
from fanreel.network import ports
from fanreel.network.answering import AnsweringHandler, LoopbackServer, Reply
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
_WORKER_PATH = f"{OWN_PREFIX}worker.js"
_MODULE = re.compile(rb"^\s*(?:import\b(?!\s*\()|export\b)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRequest:
    """One request for a project file."""

    path: str
    """Of the file that is meant, in the folder served: POSIX, without a leading slash."""
    found: bool
    destination: str
    """What wants it, in Fetch's words: `image`, `script`, `style`, `font`, `empty` (fetch), ..."""


class Site:
    """
    A project's or a plan's files as a page asks for them.

    Args:
        own: Answers paths under `/__fanreel__/`; the rest of the path is its argument.
        on_request: Told about each request for a project file, from the server's threads.
        fit_document: Makes of a page what the browser gets: a preview puts its script in.
    """

    def __init__(
        self,
        own: Callable[[str], Reply | None] = lambda _path: None,
        on_request: Callable[[SiteRequest], None] = lambda _request: None,
        fit_document: Callable[[bytes], bytes] = lambda page: page,
    ) -> None:
        self._files: SiteFiles | None = None
        self._own, self._on_request, self._fit_document = own, on_request, fit_document

    def serve(self, root_dir: Path, entry_path: str = "", project_path: str = "") -> None:
        """Make *root_dir* the site; see `SiteFiles`."""
        self._files = SiteFiles(
            root_dir=root_dir.resolve(), entry_path=entry_path, project_path=project_path
        )

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
            return self._fit_document(self._files.document(known, file))
        if destination == "worker":
            return _on_the_clock(file.read_bytes())
        if destination == "image" and file.suffix.lower() == ".svg":
            return still_svg(file.read_bytes())
        return lead_generics(file.read_bytes()) if destination == "style" else file


class SiteServer(Site):
    """Serves a `Site` on 127.0.0.1 while open."""

    def __init__(
        self,
        own: Callable[[str], Reply | None] = lambda _path: None,
        on_request: Callable[[SiteRequest], None] = lambda _request: None,
    ) -> None:
        super().__init__(own, on_request)
        handler = type("_BoundHandler", (_Handler,), {"site": self})
        self._held = ports.take()
        self._server = LoopbackServer(("127.0.0.1", self._held), handler, bind_and_activate=False)
        self._server.allow_reuse_port = bool(self._held)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
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
        ports.give_back(self._held)


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


class _Handler(AnsweringHandler):
    site: SiteServer

    def do_GET(self) -> None:  # noqa: N802 (the base class looks the name up)
        # Another name for this address is a page of the machine's browser that had its own name
        # point here (DNS rebinding), to read the project while it renders.
        if self.host != HOST:
            self.refuse_name()
            return
        destination = self.headers.get("Sec-Fetch-Dest", "empty")
        is_head = self.command == "HEAD"
        self.answer(self.site.reply(self.path, destination, asks_only=is_head))

    do_HEAD = do_GET  # noqa: N815
