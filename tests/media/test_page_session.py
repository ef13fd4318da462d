"""What a browser would do by the wall clock, and when a page's own scripts have all come."""

import base64
import contextlib
import io
import time
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from PIL import Image

from fanreel.capture.page_load import PageLoad
from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import SessionSpec
from fanreel.capture.xvfb import STAMP_HEIGHT
from fanreel.errors import CaptureTimeout, MediaUnreadable
from fanreel.network.fetch import Response
from fanreel.network.outside import Recorder, Replayer
from fanreel.network.site import SiteRequest
from fanreel.page.config import planning_config
from fanreel.segments import segment_renderer
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan
from fanreel.work.planning import make_plan
from tests.media.hostile import DRAFT, page

RED, GREEN, BLUE = (255, 0, 0), (0, 128, 0), (0, 0, 255)


@pytest.fixture(scope="module", params=["xvfb", "screenshot"])
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Yield a browser of either engine."""
    spec = SessionSpec(width=160, height=90, engine=request.param)
    with PageSession(spec, tmp_path_factory.mktemp("s")) as session:
        yield session


@pytest.fixture
def show(session: PageSession, tmp_path: Path) -> Callable[..., PageSession]:
    """Return the function that opens a page with files beside it."""

    def open_page(
        body: str,
        files: Mapping[str, str | bytes] | None = None,
        network: Any = None,
        root: str = 'data-duration="0.4" data-no-timeline',
    ) -> PageSession:
        for name, content in {"index.html": page(body, root=root), **(files or {})}.items():
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
        session.load(
            PageLoad(
                root_dir=tmp_path,
                entry_file="index.html",
                page_config=planning_config(160, 90, Fraction(30), {}),
                network=network or Replayer([], tmp_path),
                on_request=_ignore,
            )
        )
        session.open()
        return session

    return open_page


def _ignore(_request: SiteRequest) -> None:
    pass


def colour(session: PageSession, frame: int, x: int = 80, y: int = 45) -> tuple[int, ...]:
    """Return red, green and blue of a point of *frame*."""
    picture = np.empty((90, 160, 4), np.uint8)
    session.pictures.capture(frame, picture)
    order = [0, 1, 2] if session.pixels == "rgba" else [2, 1, 0]
    return tuple(int(level) for level in picture[y, x, order])


def moving(kind: str) -> bytes:
    """Return an image that is red for 40 ms and blue for the next."""
    pictures = [Image.new("RGB", (40, 40), colour) for colour in (RED, BLUE)]
    out = io.BytesIO()
    more = {"lossless": True} if kind == "webp" else {}
    pictures[0].save(
        out, kind, save_all=True, append_images=pictures[1:], duration=40, loop=0, **more
    )
    return out.getvalue()


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_animated_images_of_style_sheets_wait_for_their_frames(
    show: Callable[..., PageSession], kind: str
) -> None:
    """Chromium would move them by the wall clock; the planner's page shows the first picture."""
    body = f"""<style>
      div div {{ position: absolute; width: 40px; height: 40px; top: 0 }}
      #a {{ background: url(moving.{kind}) }} #b {{ left: 40px; content: url(moving.{kind}) }}
      #c {{ left: 80px }} #c::before {{ content: url(moving.{kind}) }}
    </style><div id="a"></div><div id="b"></div><div id="c"></div>"""
    session = show(body, {f"moving.{kind}": moving(kind)})
    for frame in (0, 5, 2, 9, 0):
        for x in (20, 60, 100):
            assert colour(session, frame, x, 20) == RED
        time.sleep(0.05)
    [image] = session.page.describe()["media"]
    assert image["src"].endswith(f"moving.{kind}")


def test_svg_images_go_by_the_frames_time(show: Callable[..., PageSession]) -> None:
    """Their SMIL and style sheets would go by the wall clock."""
    shape = '<rect width="40" height="40" fill="red">'
    values = 'values="red;blue" calcMode="discrete" dur="40ms" repeatCount="indefinite"'
    keyframes = "@keyframes go { 0%, 50% { fill: red } 51%, 100% { fill: blue } }"
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
    files = {
        "smil.svg": f'{head}{shape}<animate attributeName="fill" {values}/></rect></svg>',
        "style.svg": f"{head}<style>{keyframes} rect {{ animation: go 40ms infinite }}</style>"
        f"{shape}</rect></svg>",
    }
    body = """<style>img { position: absolute; top: 0 } #b { left: 40px }</style>
      <img id="a" src="smil.svg"><img id="b" src="style.svg">"""
    session = show(body, {name: text.encode() for name, text in files.items()})
    for frame in (0, 5, 2, 8, 2, 0):
        for x in (20, 60):
            assert colour(session, frame, x, 20) == (BLUE if frame in (2, 8) else RED)
        time.sleep(0.03)
    assert session.page.describe()["warnings"] == []


def test_sandboxed_frames_go_by_the_pages_clock(show: Callable[..., PageSession]) -> None:
    """Chromium would put them into a process of their own, ahead of our script."""
    inner = """<!doctype html><body style="margin: 0"><script>
      requestAnimationFrame(function draw(now) {
        document.body.style.background = now < 150 ? "#f00" : "#00f";
        requestAnimationFrame(draw);
      });
    </script>"""
    body = (
        '<iframe sandbox="allow-scripts" src="inner.html" width="160" height="90" '
        'style="border: 0; position: absolute; left: 0; top: 0"></iframe>'
    )
    session = show(body, {"inner.html": inner})
    assert [colour(session, frame) for frame in (1, 9, 2, 11)] == [RED, BLUE, RED, BLUE]


def test_a_page_is_ready_when_what_it_imports_has_come(
    show: Callable[..., PageSession], tmp_path: Path
) -> None:
    """One module asks for the next, both from a server that takes its time."""
    modules = {
        "https://cdn.example/one.js": "import('./two.js').then((two) => two.draw());",
        "https://cdn.example/two.js": (
            "export const draw = () => { document.documentElement.style.background = 'blue'; };"
        ),
    }

    def slowly(url: str, _headers: Mapping[str, str]) -> Response:
        time.sleep(0.7)
        headers = {"content-type": "text/javascript", "access-control-allow-origin": "*"}
        return Response(url=url, status=200, headers=headers, body=modules[url].encode())

    body = "<script>import('https://cdn.example/one.js');</script>"
    session = show(body, network=Recorder(tmp_path / "bodies", fetcher=slowly))
    assert colour(session, 0) == BLUE


def test_no_timer_runs_ahead_of_a_module_that_brings_the_timeline(
    show: Callable[..., PageSession], tmp_path: Path
) -> None:
    """The page cannot see what `import()` asks for, and would run its timers to get there."""
    body = """<script>
      function init() {
        const shade = window.early ? "red" : "blue";
        const seek = () => { document.documentElement.style.background = shade };
        window.__timelines["main"] = { duration: () => 1, seek };
      }
      setTimeout(() => { window.early = true }, 9000);
      import("https://cdn.example/one.js").then(init);
    </script>"""

    def slowly(url: str, _headers: Mapping[str, str]) -> Response:
        time.sleep(0.7)
        headers = {"content-type": "text/javascript", "access-control-allow-origin": "*"}
        return Response(url=url, status=200, headers=headers, body=b"export default 1")

    network = Recorder(tmp_path / "bodies", fetcher=slowly)
    session = show(body, network=network, root='data-duration="0.4"')
    assert colour(session, 0) == BLUE


def test_media_that_get_no_frames_are_named(show: Callable[..., PageSession]) -> None:
    """Inside iframes, captions, live streams: the planner warns instead of showing nothing."""
    body = """
      <iframe id="f" src="inner.html"></iframe>
      <video id="t" src="x.mp4" data-start="0" data-duration="1"><track src="x.vtt"></video>
      <video id="s" data-start="0" data-duration="1"></video>
      <script>
        s.srcObject = document.createElement("canvas").captureStream();
      </script>"""
    inner = '<!doctype html><video id="v" src="x.mp4" autoplay></video><audio src="x.mp3"></audio>'
    warnings = show(body, {"inner.html": inner}).page.describe()["warnings"]
    starts = [
        "video#v of inner.html is inside an iframe",
        "audio of inner.html is inside an iframe",
    ]
    starts += ["video#t has a <track>", "video#s shows a live stream"]
    assert [any(item["message"].startswith(start) for item in warnings) for start in starts] == [
        True
    ] * 4
    assert len(warnings) == 4


@contextlib.contextmanager
def one_session(tmp_path: Path) -> Iterator[PageSession]:
    """Yield a browser for a plan."""
    temp_dir = tmp_path / "t"
    temp_dir.mkdir()
    with PageSession(SessionSpec(width=160, height=90, engine="screenshot"), temp_dir) as session:
        yield session


def test_a_video_from_memory_is_refused_by_name(tmp_path: Path) -> None:
    """Nobody else can read what a blob: URL stands for."""
    (tmp_path / "index.html").write_text(
        page(
            '<video id="v" data-start="0" data-duration="0.2"></video>'
            "<script>v.src = URL.createObjectURL(new Blob(['x'], { type: 'video/mp4' }));</script>"
        )
    )
    with (
        one_session(tmp_path) as session,
        pytest.raises(
            MediaUnreadable, match=r"video#v shows blob:\S+: .* not blob: .* put the file into"
        ),
    ):
        make_plan(tmp_path, DRAFT, tmp_path / "plan", session)


def test_an_animated_image_in_a_data_url_plays(tmp_path: Path) -> None:
    """Frame for frame, like a file."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "index.html").write_text(
        page("<img id='i'><script>i.src = DATA</script>").replace("DATA", repr(_data_url()))
    )
    with one_session(tmp_path) as session:
        make_plan(project, DRAFT, tmp_path / "plan", session)
        plan = verify_plan(tmp_path / "plan", 0)
        with SegmentRenderer(plan, tmp_path / "t", session) as renderer:
            pictures = [np.array(picture) for picture in renderer.capture([0, 1, 2, 3])]
    # 40 ms each, at 30 frames a second.
    assert [tuple(map(int, p[10, 10, :3])) for p in pictures] == [RED, RED, BLUE, RED]


def _data_url() -> str:
    return "data:image/gif;base64," + base64.b64encode(moving("gif")).decode()


def test_a_browser_that_came_too_late_once_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The segment is filmed by the next."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "index.html").write_text(page())
    with one_session(tmp_path) as session:
        make_plan(project, DRAFT, tmp_path / "plan", session)
    started = []

    class LateOnce(PageSession):
        def __enter__(self) -> Self:
            started.append(self)
            if len(started) == 1:
                raise CaptureTimeout("it did not start within 60 s")
            return super().__enter__()

    monkeypatch.setattr(segment_renderer, "PageSession", LateOnce)
    output = tmp_path / "segment.mp4"
    with SegmentRenderer(verify_plan(tmp_path / "plan", 0), tmp_path / "t") as renderer:
        renderer.render(0, 4, output, lambda _frames: None)
    assert output.stat().st_size > 0
    assert len(started) == 2


def test_frames_are_passed_through_in_order(show: Callable[..., PageSession]) -> None:
    """Each of them once, however many fit into one visit of the page."""
    session = show(
        """<div id="all" style="position: fixed; inset: 0"></div><script>
        let [count, last, broken] = [0, -1, 0];
        addEventListener("hf-seek", ({ detail }) => {
          if (detail.time <= last) broken = 255;
          [count, last] = [count + 1, detail.time];
          all.style.background = `rgb(${count >> 8} ${count & 255} ${broken})`;
        });
        </script>"""
    )
    session.pass_through(range(600))
    assert colour(session, 600) == (601 >> 8, 601 & 255, 0)


def test_what_stands_still_is_not_drawn_again(show: Callable[..., PageSession]) -> None:
    """A picture's stamp is a layer of its own: of the composition nothing is drawn for it."""
    session = show(
        """<div style="position: fixed; inset: 0; background: linear-gradient(red, blue)"></div>"""
    )
    drawn: dict[str, int] = {}

    def note(event: dict[str, Any]) -> None:
        large = (layer for layer in event.get("layers", []) if layer["height"] > STAMP_HEIGHT)
        drawn.update((layer["layerId"], layer["paintCount"]) for layer in large)

    devtools = session.browser.driver.devtools
    devtools.on("LayerTree.layerTreeDidChange", note)
    session.browser.run(devtools.send("LayerTree.enable"), 5)
    try:
        session.pictures.look(0)
        session.pictures.look(1)
        before = dict(drawn)
        for frame in range(2, 8):
            session.pictures.look(frame)
    finally:
        session.browser.run(devtools.send("LayerTree.disable"), 5)
    assert sum(before.values()) > 0
    assert drawn == before


def test_a_page_opened_again_knows_its_media(show: Callable[..., PageSession]) -> None:
    """What was probed of them is told to every page of the show, and to none of the next."""
    clips = """<video id="v" src="none.mp4" data-start="0" data-track-index="0"></video>
        <div id="after" class="clip" data-start="v" data-duration="1"></div>"""
    session = show(clips)
    [media] = session.page.describe()["media"]
    session.page.set_media_info({media["key"]: {"durationS": 2.5, "width": 2, "height": 2}})
    session.open()
    assert float(session.page.describe()["clips"][-1]["startS"]) == 2.5
    show(clips)
    assert float(session.page.describe()["clips"][-1]["startS"]) == 0
