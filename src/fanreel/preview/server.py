"""
The preview's server: one port on 127.0.0.1, two names.

`127.0.0.1` is the page that a person looks at, below a path that nobody else knows. It starts
renders and writes files. `<name>.localhost`, another secret name and thus another origin, is the
composition: other people's code, which must not be able to do so.
"""

import importlib.resources
import json
import secrets
import threading
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from fanreel.errors import InvalidConfig, RenderError
from fanreel.network.answering import AnsweringHandler, LoopbackServer, Reply
from fanreel.network.site import Site, content_type
from fanreel.page import page_script, parsers_script, preview_shell_script
from fanreel.page.bundles import bundle
from fanreel.preview.actions import Actions
from fanreel.preview.injecting import PAGE_SCRIPT, with_page_script
from fanreel.preview.previewed import PreviewedProject

_OWN_NAMES = frozenset({"127.0.0.1", "localhost"})
_LONGEST_BODY_BYTES = 1_000_000
_PING_S = 15.0
_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"
_NOTHING: Reply = (404, _TEXT, b"not here\n")
_UI_DIR = Path(__file__).parent / "ui"


class Bell:
    """Wakes those who wait for news."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def ring(self) -> None:
        """Tell that something is new."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait(self, heard: int, timeout_s: float) -> int:
        """Wait until it has rung since number *heard*; return the number now."""
        with self._changed:
            self._changed.wait_for(lambda: self._count != heard, timeout_s)
            return self._count


class PreviewServer:
    """
    Serves the preview of a project, while open.

    Args:
        project: Entered.
        actions: What the page may have done.
        bell: Rings when the state of either changes.
        port: On 127.0.0.1; 0 takes a free one.
    """

    def __init__(
        self, project: PreviewedProject, actions: Actions, bell: Bell, port: int = 0
    ) -> None:
        self.project, self.actions, self.bell = project, actions, bell
        self.token, name = secrets.token_urlsafe(24), secrets.token_hex(8)
        self.composition_host = f"{name}.localhost"
        self.closing = threading.Event()
        self._site = Site(self._own_reply, fit_document=with_page_script)
        handler = type("_BoundHandler", (_Handler,), {"preview": self})
        self._server = LoopbackServer(("127.0.0.1", port), handler, bind_and_activate=False)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> Self:
        try:
            self._server.server_bind()
        except OSError as exc:
            self._server.server_close()
            port = self._server.server_address[1]
            raise InvalidConfig(
                f"port {port} of 127.0.0.1: {exc.strerror}; choose another"
            ) from exc
        self._server.server_activate()
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.closing.set()
        self.bell.ring()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """What to open in a browser."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{self.token}/"

    def state(self) -> dict[str, Any]:
        """Return all that the page shows, as JSON."""
        where = {"composition": self.composition_origin}
        return self.project.state() | self.actions.state() | where

    @property
    def composition_origin(self) -> str:
        """Origin of the composition."""
        return f"http://{self.composition_host}:{self._server.server_address[1]}"

    def composition_reply(self, path: str, destination: str, *, asks_only: bool) -> Reply:
        """Answer a request of the composition's origin."""
        folder, config = self.project.folder
        self._site.serve(folder, config.entry_path, config.project_path)
        return self._site.reply(path, destination, asks_only=asks_only)

    def page_reply(self, path: str, query: Mapping[str, str]) -> Reply:
        """Answer a GET of the preview's own page; *path* is what follows the secret."""
        match path.partition("/")[0]:
            case "":
                return _file_reply("index.html")
            case "style.css" | "icon.svg":
                return _file_reply(path)
            case "app.js":
                return 200, content_type(Path(path)), bundle("app", _UI_DIR).encode()
            case "state":
                return 200, _JSON, json.dumps(self.state()).encode()
            case _:
                return self.actions.reply(path, query) or _NOTHING

    def _own_reply(self, path: str) -> Reply | None:
        match path:
            case "preview.html":
                page = importlib.resources.files("fanreel.page").joinpath("preview_shell.html")
                return 200, content_type(Path(path)), page.read_bytes()
            case "preview_shell.js":
                return 200, content_type(Path(path)), preview_shell_script().encode()
            case "parsers.js":
                return 200, content_type(Path(path)), parsers_script().encode()
            case _ if path == PAGE_SCRIPT:
                script = page_script(self.project.page_config())
                return 200, content_type(Path(path)), script.encode()
            case _:
                return self.project.own_reply(path)


def _file_reply(name: str) -> Reply:
    return 200, content_type(Path(name)), _UI_DIR / name


class _Handler(AnsweringHandler):
    preview: PreviewServer

    def do_GET(self) -> None:  # noqa: N802 (the base class looks the name up)
        if self.host == self.preview.composition_host:
            self._answer_composition()
        elif self.host not in _OWN_NAMES:
            # A page elsewhere that had its own name point here (DNS rebinding).
            self.refuse_name()
        elif (path := self._own_path()) is None:
            self.answer(_NOTHING)
        elif path == "events":
            self._send_events()
        else:
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            self.answer(
                _guarded(lambda: self.preview.page_reply(path, query)), self._page_headers()
            )

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(min(self._body_bytes(), _LONGEST_BODY_BYTES))
        path = self._own_path()
        if self.host not in _OWN_NAMES or path is None or not self._is_from_the_page():
            self.answer((403, _TEXT, b"only the preview's own page may ask for this\n"))
            return
        self.answer(_guarded(lambda: self.preview.actions.act(path, json.loads(body or b"{}"))))

    def _answer_composition(self) -> None:
        destination = self.headers.get("Sec-Fetch-Dest", "empty")
        is_head = self.command == "HEAD"
        reply = _guarded(
            lambda: self.preview.composition_reply(self.path, destination, asks_only=is_head)
        )
        self.answer(reply, {"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"})

    def _own_path(self) -> str | None:
        """Return what follows the secret in the path; None without it."""
        path = urllib.parse.urlsplit(self.path).path
        _, token, *rest = path.split("/", 2)
        if not (rest and secrets.compare_digest(token.encode(), self.preview.token.encode())):
            return None
        return urllib.parse.unquote(rest[0])

    def _is_from_the_page(self) -> bool:
        origin = self.headers.get("Origin")
        is_json = self.headers.get("Content-Type", "").startswith(_JSON)
        return is_json and origin in {None, f"http://{self.headers['Host']}"}

    def _body_bytes(self) -> int:
        length = self.headers.get("Content-Length", "0")
        return int(length) if length.isdecimal() else 0

    def _page_headers(self) -> dict[str, str]:
        return {
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: "
                "data:; media-src blob:; connect-src 'self'; base-uri 'none'; "
                "form-action 'none'; frame-ancestors 'none'; "
                f"frame-src {self.preview.composition_origin}"
            ),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }

    def _send_events(self) -> None:
        """Send the state, and again whenever it changes (server-sent events)."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        heard, sent = -1, ""
        try:
            while not self.preview.closing.is_set():
                heard = self.preview.bell.wait(heard, _PING_S)
                text = json.dumps(self.preview.state())
                self.wfile.write(f"data: {text}\n\n".encode() if text != sent else b": still\n\n")
                self.wfile.flush()
                sent = text
        except OSError:
            pass  # the page was closed


def _guarded(answer: Any) -> Reply:
    """Return what *answer* gives; an error as one that the page can show."""
    try:
        reply: Reply = answer()
    except RenderError as error:
        return _error_reply(400, error.code, error.message)
    except (ValueError, KeyError, TypeError) as exc:
        return _error_reply(400, "INVALID_CONFIG", f"not a request of this page: {exc!r}")
    return reply


def _error_reply(status: int, code: str, message: str) -> Reply:
    return status, _JSON, json.dumps({"code": code, "message": message}).encode()
