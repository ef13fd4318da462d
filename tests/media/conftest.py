"""A real Chromium with the page script in it, and the libraries of compositions from npm."""

import contextlib
import functools
import http.server
import mimetypes
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from fanreel.browser.locate import find_chromium
from fanreel.page import bundles, page_script
from tests.media.hostile import Place
from tests.media.libraries import install_libraries

READY_TIMEOUT_MS = 10_000


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves the newest registered directory and, below `/npm/`, the libraries."""

    roots: dict[str, Path]

    def translate_path(self, path: str) -> str:
        """Map `/<site>/rest` to the site's directory."""
        _, site, *rest = path.partition("?")[0].split("/")
        if site == "__fanreel__":
            return str(bundles.PAGE_DIR.joinpath("bundle", *rest))
        root = self.roots.get(site)
        return str(root.joinpath(*rest)) if root else "/nonexistent"

    def end_headers(self) -> None:
        """Keep nothing from one test for the next."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Yield a corner of the disk; whatever the test does, nothing may be left behind."""
    # Short names: Chromium puts sockets into the temporary directory, whose paths are limited.
    folder = Path(tempfile.mkdtemp(prefix="fh-"))
    place = Place(folder / "project", folder / "out", folder / "t")
    for path in (place.project, place.out, place.temp):
        path.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place.temp))
    monkeypatch.setenv("TMPDIR", str(place.temp))
    yield place
    place.check_nothing_left()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sites() -> Iterator[tuple[dict[str, Path], str]]:
    """Yield a table of directories to serve, and the server's origin."""
    roots: dict[str, Path] = {}
    handler = type("Handler", (_QuietHandler,), {"roots": roots})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield roots, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def npm_dir() -> Path:
    """Return the `node_modules` with the libraries of compositions."""
    return install_libraries()


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserContext]:
    """Start one headless Chromium for the session; a page per test is quick."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=[
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--enable-unsafe-swiftshader",
                # In a process of their own, sandboxed frames would start before our script.
                "--disable-features=IsolateSandboxedIframes",
            ],
        )
        with contextlib.closing(browser):
            yield browser.new_context(viewport={"width": 640, "height": 360})


def _fulfill(route: Route, *, body: str, kind: str) -> None:
    route.fulfill(body=body, content_type=kind)


class Player:
    """A page with the page script in it, standing at whatever frame it was put to."""

    def __init__(self, page: Page, origin: str, roots: dict[str, Path]) -> None:
        self.page, self._origin, self._roots = page, origin, roots
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(
        self,
        source: str | Path,
        *,
        timeout_ms: int = READY_TIMEOUT_MS,
        **options: Any,
    ) -> dict[str, Any]:
        """Load as `load()` does; give what readiness said."""
        self.load(source, **options)
        ready: dict[str, Any] = self.page.evaluate(
            "timeoutMs => __fanreel.ready({ timeoutMs })", timeout_ms
        )
        return ready

    def load(
        self,
        source: str | Path,
        *,
        fps: int | Fraction = 30,
        files: Mapping[str, str] | None = None,
        **config: Any,
    ) -> None:
        """Load a project directory, or a body as text with other *files*; once per player."""
        rate = Fraction(fps)
        facts = {"fpsNum": rate.numerator, "fpsDen": rate.denominator, "seed": "test"}
        self.page.add_init_script(page_script(facts | {"width": 640, "height": 360} | config))
        if isinstance(source, Path):
            self._roots["site"] = source
            self.page.goto(f"{self._origin}/site/index.html", wait_until="commit")
            return
        html = source if "<html" in source else f"<!doctype html><body>{source}</body>"
        for name, text in {**(files or {}), "index.html": html}.items():
            kind = mimetypes.guess_type(name)[0] or "text/plain"
            fulfill = functools.partial(_fulfill, body=text, kind=f"{kind}; charset=utf-8")
            self.page.route(f"{self._origin}/text/{name}", fulfill)
        self.page.goto(f"{self._origin}/text/index.html", wait_until="commit")

    def seek(self, frame: int) -> None:
        """Put the page to *frame*."""
        self.page.evaluate("frame => __fanreel.seek(frame)", frame)

    def at(self, frame: int, expression: str) -> Any:
        """Put the page to *frame* and evaluate *expression* there."""
        self.seek(frame)
        return self.page.evaluate(expression)

    def trace(self, frames: Iterable[int], expression: str) -> list[Any]:
        """Visit *frames* in the order given; give what *expression* is at each."""
        found: list[Any] = self.page.evaluate(
            """async ([frames, expression]) => {
              const found = [];
              for (const frame of frames) {
                await __fanreel.seek(frame);
                found.push((0, eval)(expression));
              }
              return found;
            }""",
            [list(frames), expression],
        )
        return found

    def trace_any_order(self, count: int, expression: str) -> list[Any]:
        """Visit frames `[0, count)` in order, shuffled and in order again; all must agree."""
        in_order = self.trace(range(count), expression)
        shuffled = sorted(range(count), key=lambda frame: frame * 7919 % (count + 1))
        by_frame = dict(zip(shuffled, self.trace(shuffled, expression), strict=True))
        assert [by_frame[frame] for frame in range(count)] == in_order
        assert self.trace(range(count), expression) == in_order
        return in_order

    def shot(self, frame: int) -> bytes:
        """Put the page to *frame* and give its picture as PNG."""
        self.seek(frame)
        return self.page.screenshot(animations="allow")


@pytest.fixture
def another(
    chromium: BrowserContext, sites: tuple[dict[str, Path], str]
) -> Iterator[Callable[[], Player]]:
    """Yield fresh pages; none may end with an uncaught error."""
    roots, origin = sites
    with contextlib.ExitStack() as stack:
        players: list[Player] = []

        def make() -> Player:
            page = stack.enter_context(contextlib.closing(chromium.new_page()))
            players.append(Player(page, origin, roots))
            return players[-1]

        yield make
        assert [player.errors for player in players if player.errors] == []


@pytest.fixture
def player(another: Callable[[], Player]) -> Player:
    """Return a fresh page."""
    return another()


@pytest.fixture
def library(npm_dir: Path, sites: tuple[dict[str, Path], str]) -> Callable[[str], str]:
    """Return the URL of a file in `node_modules`."""
    roots, _origin = sites
    roots["npm"] = npm_dir
    return lambda path: f"/npm/{path}"
