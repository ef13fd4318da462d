"""Videos and animated images in a page: the right picture, in the element's own place and style."""

import contextlib
import io
import itertools
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from fanreel.browser.playwright_driver import PlaywrightDriver
from fanreel.capture.page_load import PageLoad
from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import SessionSpec
from fanreel.errors import InvalidComposition
from fanreel.files.plan_dir import Composition, MediaClip
from fanreel.files.site_files import SiteFiles
from fanreel.media.probe import probe
from fanreel.media.serving import FrameFeed, ProbeFeed
from fanreel.network.answering import Reply
from fanreel.network.outside import Replayer
from fanreel.network.site import ORIGIN, SiteRequest
from fanreel.page.config import planning_config, rendering_config
from tests.media.sources import HEIGHT, WIDTH, numbered, read_number, write_video

Pixels = npt.NDArray[np.uint8]
FPS = Fraction(30)
VIEW = (640, 360)
TIMED = 'data-start="0" data-duration="2"'
VIDEO = f'<video id="v" src="v.mp4" {TIMED}></video>'


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageSession]:
    """Yield one browser for the tests of this file."""
    spec = SessionSpec(width=VIEW[0], height=VIEW[1], engine="screenshot", driver="playwright")
    with PageSession(spec, tmp_path_factory.mktemp("stage")) as session:
        yield session


class Film:
    """A composition in a session with the pictures of its media."""

    def __init__(
        self, session: PageSession, project_dir: Path, stack: contextlib.ExitStack
    ) -> None:
        self.session, self.project_dir, self._stack = session, project_dir, stack
        self.asked: list[SiteRequest] = []

    def show(self, body: str, **clips: MediaClip) -> None:
        """Open a composition with *body*; clips by key."""
        media = tuple(clip.model_copy(update={"key": key}) for key, clip in clips.items())
        composition = Composition(
            composition_id="main",
            entry_file="index.html",
            width=VIEW[0],
            height=VIEW[1],
            fps=FPS,
            duration_s=Fraction(2),
            total_frames=60,
            media=media,
        )
        feed = self._stack.enter_context(FrameFeed(self.project_dir, composition))

        def reply(path: str) -> Reply | None:
            if path == "native.html":
                return 200, "text/html", b"<!doctype html><body>"
            return feed.reply(path)

        self._open(body, rendering_config(composition), reply)

    def plan(self, body: str) -> None:
        """Open a composition as the planner does: nothing is known of its media yet."""
        self._open(
            body,
            planning_config(*VIEW, FPS, {}),
            ProbeFeed(SiteFiles(root_dir=self.project_dir)).reply,
        )

    def at(self, frame: int) -> Pixels:
        """Return the picture of *frame*, height × width × 3."""
        into = np.empty((VIEW[1], VIEW[0], 4), np.uint8)
        self.session.pictures.capture(frame, into)
        return into[..., :3]

    def run(self, expression: str, frame: int | None = None) -> Any:
        """Evaluate in the composition's document, at *frame* if given."""
        if frame is not None:
            self.session.pass_through([frame])
        script = "code => document.querySelector('iframe').contentWindow.eval(code)"
        return self.session.browser.driver.evaluate(script, expression).result(20)

    def _open(self, body: str, config: dict[str, Any], own: Callable[[str], Any]) -> None:
        html = (
            "<!doctype html><style>body { margin: 0; background: #fff }</style>"
            '<div data-composition-id="main" data-width="640" data-height="360"'
            f' data-duration="2" data-no-timeline>{body}</div>'
        )
        (self.project_dir / "index.html").write_text(html)
        self.session.load(
            PageLoad(
                root_dir=self.project_dir,
                entry_file="index.html",
                page_config=config,
                network=Replayer([], self.project_dir),
                own=own,
                on_request=self.asked.append,
            )
        )
        self.session.open()


@pytest.fixture
def film(session: PageSession, tmp_path: Path) -> Iterator[Film]:
    """Yield an empty project in it."""
    with contextlib.ExitStack() as stack:
        yield Film(session, tmp_path, stack)


@pytest.fixture
def clip(tmp_path: Path) -> MediaClip:
    """Return a clip over v.mp4, 60 numbered frames, shown from time 0 for 2 s."""
    return clip_of(write_video(tmp_path / "v.mp4", (numbered(n) for n in range(60))))


def clip_of(path: Path, **changes: Any) -> MediaClip:
    """Return a clip that shows *path* as the planner would describe it."""
    info = probe(path)
    given: dict[str, Any] = {
        "key": "m0",
        "kind": "image" if info.is_image else "video",
        "path": path.name,
        "src": path.name,
        "start_s": Fraction(0),
        "duration_s": Fraction(2),
        "shown": True,
        "width": info.width,
        "height": info.height,
        "source_s": info.duration_s,
    }
    return MediaClip(**(given | changes))


def number_at(picture: Pixels, left: int = 0, top: int = 0) -> int:
    """Read the number of a video shown in its natural size at (left, top)."""
    return read_number(picture[top : top + HEIGHT, left : left + WIDTH, 1])


# --- the right picture


def test_each_output_frame_shows_its_source_frame(film: Film, clip: MediaClip) -> None:
    """Forwards, backwards and in jumps, always the same."""
    film.show(VIDEO, m0=clip)
    order = [*range(12), 59, 3, 40, 39, 38, 0]
    assert [number_at(film.at(frame)) for frame in order] == order


def test_a_picture_does_not_depend_on_what_was_shown_before(film: Film, clip: MediaClip) -> None:
    """Reached directly or by steps: the same pixels."""
    film.show(VIDEO, m0=clip)
    direct = film.at(20)
    film.show(VIDEO, m0=clip)
    for frame in range(20):
        film.at(frame)
    assert np.array_equal(film.at(20), direct)


def test_pictures_are_fetched_where_devtools_does_not_watch(
    tmp_path: Path, clip: MediaClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would tell of each request and each of its pieces, in a third of the time of fetching."""
    spec = SessionSpec(width=VIEW[0], height=VIEW[1], engine="screenshot")
    with PageSession(spec, tmp_path) as session, contextlib.ExitStack() as stack:
        film = Film(session, tmp_path, stack)
        told: list[str] = []
        note = session.events.note_request

        def note_request(url: str, kind: str) -> None:
            told.append(url)
            note(url, kind)

        monkeypatch.setattr(session.events, "note_request", note_request)
        film.show(VIDEO, m0=clip)
        assert [number_at(film.at(frame)) for frame in range(8)] == list(range(8))
        assert not session.events.pending
    assert any(url.endswith("/index.html") for url in told)
    assert not any("/frame/" in url for url in told), told


def test_offset_rate_loop_and_the_held_end(film: Film, clip: MediaClip) -> None:
    """Four videos of one file, each by its own rule."""
    attributes = ["", 'data-media-start="0.5"', 'data-playback-rate="2"', "loop"]
    body = "".join(
        f'<video src="v.mp4" data-start="0" data-duration="2" {a} style="display: block"></video>'
        for a in attributes
    )
    changes: list[dict[str, Any]] = [
        {},
        {"offset_s": Fraction(1, 2)},
        {"rate": Fraction(2)},
        {"loop": True, "offset_s": Fraction(3, 2)},
    ]
    clips = {f"m{i}": clip.model_copy(update=change) for i, change in enumerate(changes)}
    film.show(f"<div>{body}</div>", **clips)
    for frame in (0, 10, 40, 55):
        picture = film.at(frame)
        shown = [number_at(picture, top=i * HEIGHT) for i in range(4)]
        assert shown == [frame, min(frame + 15, 59), min(2 * frame, 59), 45 + frame % 15]


def test_a_clip_is_seen_only_in_its_time(film: Film, clip: MediaClip) -> None:
    """White before second 0.5 and from second 1 on."""
    film.show(
        '<video src="v.mp4" data-start="0.5" data-duration="0.5"></video>',
        m0=clip.model_copy(update={"start_s": Fraction(1, 2), "duration_s": Fraction(1, 2)}),
    )
    assert (film.at(14) == 255).all()
    assert number_at(film.at(15)) == 0
    assert number_at(film.at(29)) == 14
    assert (film.at(30) == 255).all()


def test_animated_images_advance_with_the_timeline(film: Film, tmp_path: Path) -> None:
    """GIF, WebP and APNG of 10 fps: every picture for three frames, round and round."""
    stills = [Image.fromarray(numbered(n)) for n in range(5)]
    names = ["a.gif", "a.webp", "a.png"]
    for name in names:
        stills[0].save(
            tmp_path / name, save_all=True, append_images=stills[1:], duration=100, loop=0
        )
    body = "".join(f'<img src="{name}" style="display: block">' for name in names)
    film.show(body, **{f"m{i}": clip_of(tmp_path / name) for i, name in enumerate(names)})
    for frame in (0, 2, 3, 14, 15, 31, 4):
        picture = film.at(frame)
        assert [number_at(picture, top=i * HEIGHT) for i in range(3)] == [frame // 3 % 5] * 3
    assert film.run("document.images[0].currentSrc").endswith("/a.gif")
    assert film.run("document.images[0].naturalWidth") == WIDTH


def test_alpha_lets_the_page_through(film: Film, tmp_path: Path) -> None:
    """A half transparent red over white, from VP9 and from ProRes 4444."""
    red = np.zeros((64, 64, 4), np.uint8)
    red[:, :, 0], red[:, :32, 3], red[:, 32:, 3] = 255, 128, 255
    sources = [
        ("a.webm", "libvpx-vp9", "yuva420p"),
        ("b.mov", "prores_ks", "yuva444p10le"),
        ("c.mov", "qtrle", "argb"),
    ]
    for name, codec, pixel_format in sources:
        write_video(tmp_path / name, [red] * 4, codec=codec, pixel_format=pixel_format)
    body = "".join(
        f'<video src="{name}" data-start="0" data-duration="2"></video>' for name, *_ in sources
    )
    clips = {f"m{i}": clip_of(tmp_path / name) for i, (name, *_) in enumerate(sources)}
    film.show(f"<div>{body}</div>", **clips)
    left, right = film.run(
        "const r = document.querySelectorAll('video'); [r[1].offsetLeft, r[2].offsetLeft]"
    )
    picture = film.at(1).astype(int)
    for at in (0, left, right):
        assert np.abs(picture[30, at + 16] - (255, 127, 127)).max() <= 6
        assert np.abs(picture[30, at + 48] - (255, 0, 0)).max() <= 6


# --- in the element's place and style

STRIPES = 0b101010  # a frame of many edges
STYLES = [
    "object-fit: cover",
    "object-fit: contain; background: #345",
    "object-fit: none; object-position: 10px 80%",
    "object-fit: fill; border: 7px dashed #c30; padding: 9px",
    "border-radius: 30px",
    "border-radius: 50%; border: 6px solid #080; overflow: hidden",
    "transform: rotate(12deg) scale(0.8)",
    "opacity: 0.4",
    "filter: hue-rotate(90deg) blur(2px)",
    "clip-path: circle(40%)",
    "mask-image: linear-gradient(90deg, #000, transparent)",
    "mix-blend-mode: multiply; background: #ff0",
    "box-shadow: 8px 8px 10px #00f; outline: 3px solid #0a0",
    "image-rendering: pixelated; object-fit: cover",
    "-webkit-box-reflect: below",
    "transform: perspective(300px) rotateY(30deg)",
]


@pytest.mark.parametrize("styles", [STYLES[i : i + 4] for i in range(0, len(STYLES), 4)])
def test_a_video_is_painted_like_a_canvas_of_the_same_style(
    film: Film, clip: MediaClip, styles: list[str]
) -> None:
    """Whatever the style: the picture lives in the element itself."""
    cell = "position: absolute; width: 160px; height: 180px; isolation: isolate; background: #8cf"
    box = "position: absolute; left: 20px; top: 40px; width: 120px; height: 80px"
    body = ""
    for number, style in enumerate(styles):
        body += f"""<div style="{cell}; top: 0; left: {number * 160}px">
          <video src="v.mp4" {TIMED} style="{box}; {style}"></video></div>
        <div style="{cell}; top: 180px; left: {number * 160}px"><canvas width="{WIDTH}"
          height="{HEIGHT}" style="{box}; object-fit: contain; {style}"></canvas></div>"""
    film.show(body, **{f"m{i}": clip for i in range(len(styles))})
    film.run(
        """const videos = document.querySelectorAll("video");
        document.querySelectorAll("canvas").forEach((canvas, i) => {
          canvas.getContext("2d", { alpha: false }).drawImage(videos[i], 0, 0);
        })""",
        frame=STRIPES,
    )
    picture = film.at(STRIPES)
    for number, style in enumerate(styles):
        columns = picture[:, number * 160 : number * 160 + 160]
        difference = np.abs(columns[:180].astype(int) - columns[180:]).max(axis=2)
        # Smoothed edges of a rounded border are mixed in another order: some 70 pixels.
        assert (difference > 2).sum() < 100, style
        assert difference.max() < 40, style
        assert len(np.unique(columns.reshape(-1, 3), axis=0)) > 2, style


def test_a_video_has_its_natural_size(film: Film, clip: MediaClip) -> None:
    """Without a style, by one side only, and in a flex row."""
    film.show(
        VIDEO
        + '<video src="v.mp4" style="width: 64px" data-start="0" data-duration="2"></video>'
        + '<div style="display: flex; width: 300px"><i style="width: 200px; flex: none"></i>'
        '<video src="v.mp4" style="min-width: 0; align-self: start" data-start="0"'
        ' data-duration="2"></video></div>',
        m0=clip,
        m1=clip,
        m2=clip,
    )
    sizes = film.run(
        "[...document.querySelectorAll('video')].map(v => [v.clientWidth, v.clientHeight])", 3
    )
    assert sizes == [[WIDTH, HEIGHT], [64, 32], [100, 50]]


def test_the_document_stays_as_it_was_written(film: Film, clip: MediaClip) -> None:
    """No element comes in: structural selectors, children and attributes are the author's."""
    film.show(
        '<section id="s"><b></b><video id="v" src="v.mp4" poster="p.jpg" autoplay preload="auto"'
        ' data-start="0" data-duration="2"></video><u></u></section>',
        m0=clip,
    )
    assert film.run("[...s.children].map(e => e.localName)", 4) == ["b", "video", "u"]
    assert film.run(
        """[v.getAttribute("src"), v.getAttribute("poster"), v.getAttribute("preload"),
            v.hasAttribute("autoplay"), v.autoplay, v.preload, v.poster, v.currentSrc,
            v.childNodes.length, s.querySelector("video:nth-child(2)") === v]"""
    ) == [
        "v.mp4",
        "p.jpg",
        "auto",
        True,
        True,
        "auto",
        "http://fanreel.localhost/p.jpg",
        "http://fanreel.localhost/v.mp4",
        0,
        True,
    ]


# --- for the page's scripts


def test_scripts_see_a_loaded_video_at_the_frames_time(film: Film, clip: MediaClip) -> None:
    """Time, size, state; and playing, pausing and seeking do no harm."""
    film.show(VIDEO, m0=clip)
    read = """[v.currentTime, v.duration, v.videoWidth, v.videoHeight, v.readyState, v.paused,
      v.ended, v.error, v.seekable.length, v.buffered.end(0)]"""
    assert film.run(read, 15) == [0.5, 2, WIDTH, HEIGHT, 4, False, False, None, 1, 2]
    film.run("v.pause(); v.currentTime = 1.5; v.load(); v.play().then(() => { window.played = 1 })")
    assert film.run("[v.currentTime, v.paused, window.played]") == [0.5, False, 1]
    assert number_at(film.at(16)) == 16


def test_a_page_that_waits_for_its_media_goes_on(film: Film, clip: MediaClip) -> None:
    """Each event comes once, in the planner's page as in a worker's, before the page is ready."""
    body = (
        VIDEO
        + """<script>
      window.heard = [];
      for (const name of ["loadstart", "durationchange", "loadedmetadata", "loadeddata", "canplay",
        "canplaythrough", "error", "stalled", "abort"]) {
        v.addEventListener(name, () => heard.push([name, v.duration, v.videoWidth]));
      }
    </script>"""
    )
    names = ["loadstart", "durationchange", "loadedmetadata", "loadeddata", "canplay"]
    expected = [[name, 2, WIDTH] for name in [*names, "canplaythrough"]]
    film.show(body, m0=clip)
    assert film.run("heard") == expected
    film.plan(body)
    assert film.run("heard") == expected


def test_awaited_play_and_seek_resolve(film: Film, clip: MediaClip) -> None:
    """Promises and events that scripts chain on."""
    film.show(
        VIDEO
        + """<script>
      const sound = new Audio("v.mp4");
      sound.addEventListener("playing", () => { window.playing = 1 });
      sound.play();
      v.addEventListener("seeked", () => { window.seeked = 1 });
      v.currentTime = 0.2;
    </script>""",
        m0=clip,
    )
    assert film.run("[window.playing, window.seeked]", 1) == [1, 1]


def test_the_browser_never_loads_a_source(film: Film, clip: MediaClip, tmp_path: Path) -> None:
    """Whichever way a medium gets into the page."""
    write_video(tmp_path / "w.mp4", [numbered(1)])
    film.show(
        VIDEO
        + """<video autoplay preload="auto"><source src="w.mp4" type="video/mp4"></video>
    <audio src="w.mp4" autoplay></audio>
    <script>
      const made = document.createElement("video");
      made.autoplay = true;
      made.src = "w.mp4";
      new Audio("w.mp4").play();
      const box = document.createElement("div");
      box.innerHTML = '<video src="w.mp4" autoplay></video>';
      document.body.append(made, box);
      made.load();
      made.play();
    </script>""",
        m0=clip,
    )
    film.at(5)
    film.at(30)
    assert not [request.path for request in film.asked if request.path.endswith(".mp4")]


def test_page_code_draws_the_frames_picture(film: Film, clip: MediaClip) -> None:
    """Canvas, pattern, bitmap, WebCodecs and WebGL get what the element shows."""
    film.show(VIDEO, m0=clip)
    drawn = film.run(
        f"""(async () => {{
          const make = () => Object.assign(document.createElement("canvas"),
            {{ width: {WIDTH}, height: {HEIGHT} }});
          const row = (canvas) => [...canvas.getContext("2d")
            .getImageData(0, {HEIGHT // 2}, {WIDTH}, 1).data].filter((_, i) => i % 4 === 1);
          const plain = make();
          plain.getContext("2d").drawImage(v, 0, 0);
          const pattern = make();
          const context = pattern.getContext("2d");
          context.fillStyle = context.createPattern(v, "no-repeat");
          context.fillRect(0, 0, {WIDTH}, {HEIGHT});
          const bitmap = make();
          bitmap.getContext("2d").drawImage(await createImageBitmap(v), 0, 0);
          const codecs = make();
          const frame = new VideoFrame(v);
          codecs.getContext("2d").drawImage(frame, 0, 0);
          const stamp = frame.timestamp;
          frame.close();
          const gl = new OffscreenCanvas(8, 8).getContext("webgl");
          gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
          gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, v);
          gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
          gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D,
            gl.getParameter(gl.TEXTURE_BINDING_2D), 0);
          const pixels = new Uint8Array({WIDTH} * 4);
          gl.readPixels(0, {HEIGHT // 2}, {WIDTH}, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
          const texture = [...pixels].filter((_, i) => i % 4 === 1);
          return [[plain, pattern, bitmap, codecs].map(row).concat([texture]), stamp];
        }})()""",
        21,
    )
    rows, stamp = drawn
    assert [read_number(np.array([row])) for row in rows] == [21] * 5
    assert stamp == 700_000


def test_a_video_that_is_not_displayed_can_be_drawn(film: Film, clip: MediaClip) -> None:
    """The usual way to a texture."""
    film.show(
        f"""<div style="display: none">{VIDEO}</div><canvas id="c" width="{WIDTH}"
          height="{HEIGHT}"></canvas><script>
          requestAnimationFrame(function draw() {{
            c.getContext("2d").drawImage(v, 0, 0);
            requestAnimationFrame(draw);
          }});
        </script>""",
        m0=clip,
    )
    assert [number_at(film.at(frame)) for frame in (4, 5, 40)] == [4, 5, 40]


def test_controls_are_not_painted(film: Film, clip: MediaClip) -> None:
    """Nobody can press them; scripts still find the attribute."""
    film.show(f'<video id="v" src="v.mp4" controls {TIMED} style="width: 256px"></video>', m0=clip)
    with_controls = film.at(10)
    assert film.run("[v.controls, v.hasAttribute('controls')]") == [True, True]
    film.show(f'<video id="v" src="v.mp4" {TIMED} style="width: 256px"></video>', m0=clip)
    assert np.array_equal(film.at(10), with_controls)


def test_video_frame_callbacks_come_with_every_frame(film: Film, clip: MediaClip) -> None:
    """As three.js asks for new textures."""
    film.show(
        VIDEO
        + """<script>
      window.seen = [];
      const next = (now, facts) => {
        seen.push([Math.round(now), Math.round(facts.mediaTime * 30), facts.width]);
        v.requestVideoFrameCallback(next);
      };
      v.requestVideoFrameCallback(next);
    </script>""",
        m0=clip,
    )
    for frame in (0, 3, 4):
        film.at(frame)
    assert film.run("seen") == [[0, 0, WIDTH], [100, 3, WIDTH], [133, 4, WIDTH]]


def test_a_video_that_comes_late_is_shown(film: Film, clip: MediaClip) -> None:
    """Added by a timer in the middle of the timeline."""
    film.show(
        VIDEO
        + """<script>setTimeout(() => {
          const late = v.cloneNode();
          late.id = "late";
          late.removeAttribute("data-fanreel-media");
          late.style.cssText = "position: absolute; left: 200px; top: 0";
          v.parentNode.append(late);
        }, 300)</script>""",
        m0=clip,
    )
    key = film.run("__fanreel.mediaKeys.keyOf(late)", 12)
    film.show(
        VIDEO + film.run("document.scripts[document.scripts.length - 1].outerHTML"),
        **{"m0": clip, key: clip},
    )
    film.at(3)
    assert number_at(film.at(20), left=200) == 20


def test_a_broken_source_is_named(film: Film, clip: MediaClip, tmp_path: Path) -> None:
    """The seek fails with the reader's own message."""
    (tmp_path / "v.mp4").write_bytes(b"<html>gone</html>")
    film.show(VIDEO, m0=clip)
    with pytest.raises(InvalidComposition, match=r"v\.mp4 is not media: it holds an HTML page"):
        film.at(0)


# --- as a browser would show it


def patches(width: int, height: int) -> Pixels:
    """Return a picture of twelve patches of colour: 4:2:0 keeps their insides."""
    colours = "f00 0f0 00f fff 000 888 ff0 0ff f0f c84 35a 531"
    levels = [[int(digit, 16) * 17 for digit in colour] for colour in re.findall(r"\w+", colours)]
    small = np.array(levels, np.uint8).reshape(3, 4, 3)
    return small.repeat(height // 3, axis=0).repeat(width // 4, axis=1)


def play_natively(film: Film, body: str) -> npt.NDArray[np.int64]:
    """Return what a plain page of *body* shows once its videos have loaded, height × width × 3."""
    driver = film.session.browser.driver
    assert isinstance(driver, PlaywrightDriver)  # it opens pages of any size

    async def play() -> bytes:
        page = await driver.context.new_page()
        await page.set_viewport_size({"width": VIEW[0], "height": VIEW[1]})
        # Below this path the page script stays away.
        await page.goto(f"{ORIGIN}/__fanreel__/native.html")
        await page.evaluate(
            """async (body) => {
              document.body.innerHTML = `<base href="/">${body}`;
              document.body.style.margin = 0;
              // A video has loaded, and can be drawn, before the page shows its first picture.
              const videos = [...document.querySelectorAll("video")];
              await Promise.all(videos.map((video) => new Promise((done) => {
                video.requestVideoFrameCallback(done);
              })));
              await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            }""",
            body,
        )
        shot: bytes = await page.screenshot()
        await page.close()
        return shot

    shot = Image.open(io.BytesIO(film.session.browser.run(play(), 60)))
    return np.asarray(shot.convert("RGB")).astype(int)


# matrix, primaries and transfer in libav's numbers
BT709, BT601, UNTAGGED = (1, 1, 1), (6, 6, 6), (2, 2, 2)


def test_colours_are_those_of_a_video_element(film: Film, tmp_path: Path) -> None:
    """
    Chromium playing the same files itself differs by at most 2 levels inside each patch.

    Except that it leaves saturated blue of BT.709's video range up to 12 levels too dark when it
    converts on the CPU.
    """
    kinds = list(itertools.product([(320, 240), (1280, 720)], [BT709, BT601, UNTAGGED], [1, 2]))
    body = ""
    for number, (size, tags, extent) in enumerate(kinds):
        write_video(
            tmp_path / f"{number}.mp4",
            [patches(*size)] * 3,
            options={"qp": "0", "preset": "ultrafast"},
            colour=(*tags, extent),
        )
        style = (
            f"position: absolute; left: {number % 4 * 160}px; top: {number // 4 * 120}px; "
            "width: 160px; height: 120px; object-fit: fill"
        )
        body += f'<video src="{number}.mp4" muted style="{style}" {TIMED}></video>'
    film.show(body, **{f"m{n}": clip_of(tmp_path / f"{n}.mp4") for n in range(len(kinds))})
    ours, native = film.at(1).astype(int), play_natively(film, body)
    rows, columns = range(20, 360, 40), range(20, 640, 40)
    apart = (ours - native)[np.ix_(rows, columns)]
    for n, (size, tags, extent) in enumerate(kinds):
        if extent == 1 and (tags == BT709 or (tags == UNTAGGED and size[1] >= 720)):
            blue = apart[n // 4 * 3 : n // 4 * 3 + 3, n % 4 * 4 : n % 4 * 4 + 4, 2]
            # Once Chromium has this right, media/colour.py need not stretch frames any more.
            assert tags == UNTAGGED or blue.max() >= 10
            blue[...] = np.clip(blue, -2, 2) if np.abs(blue).max() <= 13 else blue
    difference = np.abs(apart).max(axis=2)
    worst = {
        kind: int(difference[n // 4 * 3 : n // 4 * 3 + 3, n % 4 * 4 : n % 4 * 4 + 4].max())
        for n, kind in enumerate(kinds)
    }
    assert max(worst.values()) <= 2, worst


@pytest.mark.parametrize("extent", [1, 2])
@pytest.mark.parametrize("tags", [BT709, BT601])
def test_colours_are_those_of_the_formula(
    film: Film, tmp_path: Path, tags: tuple[int, int, int], extent: int
) -> None:
    """Within 2 levels of the definition (ITU-R BT.709, BT.601), also saturated blue."""
    path = tmp_path / "v.mp4"
    write_video(
        path,
        [patches(*VIEW)] * 3,
        options={"qp": "0", "preset": "ultrafast"},
        colour=(*tags, extent),
    )
    with av.open(str(path)) as container:
        stored = next(container.decode(video=0)).to_ndarray().astype(float)
    width, height = VIEW
    chroma = stored[height:].reshape(2, height // 2, width // 2).repeat(2, 1).repeat(2, 2) - 128
    luma = stored[:height]
    if extent == 1:
        luma, chroma = (luma - 16) * 255 / 219, chroma * 255 / 224
    red, blue = (0.2126, 0.0722) if tags == BT709 else (0.299, 0.114)
    r = luma + 2 * (1 - red) * chroma[1]
    b = luma + 2 * (1 - blue) * chroma[0]
    g = (luma - red * r - blue * b) / (1 - red - blue)
    wanted = np.clip(np.stack([r, g, b], axis=2), 0, 255)
    film.show(VIDEO, m0=clip_of(path))
    inside = np.ix_(range(60, 360, 120), range(80, 640, 160))
    apart = np.abs(film.at(1)[inside] - wanted[inside])
    assert apart.max() <= 2, apart


def test_orientation_and_shape_are_those_of_a_video_element(film: Film, tmp_path: Path) -> None:
    """Rotation metadata, mirroring and oblong pixels, in natural size."""
    turns = [(90, False, False), (-90, False, False), (180, False, False), (0, True, False)]
    for number, turn in enumerate(turns):
        write_video(tmp_path / f"{number}.mp4", [patches(96, 48)] * 3, turn=turn)
    for number, aspect in enumerate([Fraction(4, 3), Fraction(3, 4)], len(turns)):
        write_video(tmp_path / f"{number}.mp4", [patches(96, 48)] * 3, sample_aspect=aspect)
    count = len(turns) + 2
    body = "".join(f'<video src="{n}.mp4" muted {TIMED}></video>' for n in range(count))
    body = f"<div>{body}</div>"
    film.show(body, **{f"m{n}": clip_of(tmp_path / f"{n}.mp4") for n in range(count)})
    difference = np.abs(film.at(1) - play_natively(film, body)).max(axis=2)
    # Edges between patches are scaled a little differently; a wrong turn is off by thousands.
    assert (difference > 24).sum() < 300
