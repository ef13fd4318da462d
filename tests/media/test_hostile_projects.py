"""Projects that are broken, rude or after something: what is said of each, and what is left."""

import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fanreel.assembly import assemble
from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import Patience, SessionSpec
from fanreel.config import RenderConfig
from fanreel.errors import (
    CATALOGUE,
    AssetNotInPlan,
    InvalidComposition,
    PlanTooLarge,
    RenderError,
)
from fanreel.files.plan_dir import MEDIA_DIR, SITE_DIR
from fanreel.formats import FORMATS
from fanreel.planning import plan
from fanreel.rendering import render_chunk
from fanreel.results import PlanResult
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan
from fanreel.work.planning import make_distributed_plan, make_plan
from tests.media.hostile import DRAFT, GREEN, Place, page, script
from tests.media.sources import numbered, write_video

PATIENCE = Patience(open_s=30, ready_s=30, frame_s=20)
# For pages that never become ready.
SHORT_PATIENCE = replace(PATIENCE, ready_s=3)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageSession]:
    """One browser for every page here: none of them may spoil it for the next."""
    spec = SessionSpec(width=160, height=90, engine="xvfb", patience=PATIENCE)
    with PageSession(spec, tmp_path_factory.mktemp("s")) as session:
        yield session


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A video of five pictures."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_video(path, map(numbered, range(5))).read_bytes()


def planned(place: Place, session: PageSession, config: RenderConfig = DRAFT) -> PlanResult:
    """Plan the project of *place* on the shared browser."""
    return make_plan(place.project, config, place.out / "plan", session)


def refusal(
    place: Place, session: PageSession, words: str, config: RenderConfig = DRAFT
) -> RenderError:
    """Plan what cannot be planned; give the error, which says *words*, if it left nothing."""
    with pytest.raises(RenderError, match=words) as caught:
        planned(place, session, config)
    assert place.outputs() == []
    return caught.value


def pixel(place: Place, session: PageSession, frame: int = 0) -> tuple[int, ...]:
    """Film *frame* of the plan that was made; give red, green and blue in the middle."""
    plan = verify_plan(place.out / "plan", 0)
    with SegmentRenderer(plan, place.temp, session) as renderer:
        [picture] = [np.array(p) for p in renderer.capture([frame])]
    return tuple(int(level) for level in picture[45, 80, [2, 1, 0]])


# ---- what the files hold -----------------------------------------------------------------------


def video(src: str, more: str = "") -> str:
    """Return a video clip of *src*."""
    return f'<video id="v" src="{src}" data-start="0" {more}></video>'


def lettered(font: str) -> str:
    """Return a text in the font of the file *font*."""
    face = f"@font-face {{ font-family: F; src: url({font}) }}"
    return f'<style>{face}</style><p style="font-family: F">x</p>'


def timed(start: str = "0", duration: str = "0.2", name: str = "a") -> str:
    """Return a clip."""
    return f'<div id="{name}" class="clip" data-start="{start}" data-duration="{duration}"></div>'


def nested(src: str) -> str:
    """Return a host of the composition in *src*."""
    return (
        f'<div data-composition-id="card" data-composition-src="{src}" data-start="0" '
        'data-duration="0.2"></div>'
    )


def template(body: str) -> str:
    """Return the file of a nested composition."""
    return (
        '<template><div data-composition-id="card" data-width="9" data-height="9">'
        f"{body}</div></template>"
    )


FILES: dict[str, str | bytes] = {
    "folder.mp4/inside": "",
    "empty.mp4": b"",
    "page.mp4": "<!doctype html><title>404 Not Found</title>",
    "json.mp3": '{"error": "not found"}',
    "list.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n",
    "concat.mp4": "ffconcat version 1.0\nfile /etc/passwd\n",
    "lfs.mp4": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "noise.mp4": bytes(range(255, -1, -1)) * 64,
    "self.html": template(nested("self.html")),
    "there.html": template(nested("back.html")),
    "back.html": template(nested("there.html")),
}
NEVER = "new Promise(() => {})"

BROKEN = {
    # what is missing
    "image missing": ('<img src="no.png">', "ASSET_NOT_FOUND", "names no.png"),
    "script missing": ('<script src="no.js"></script>', "ASSET_NOT_FOUND", "names no.js"),
    "style missing": ('<link rel="stylesheet" href="no.css">', "ASSET_NOT_FOUND", "names no.css"),
    "background missing": (
        '<p style="background: url(no.png)">x</p>',
        "ASSET_NOT_FOUND",
        "names no.png",
    ),
    "font missing": (lettered("no.woff2"), "ASSET_NOT_FOUND", "names no.woff2"),
    "video missing": (video("no.mp4"), "ASSET_NOT_FOUND", "video#v names no.mp4"),
    "video is a folder": (video("folder.mp4"), "ASSET_NOT_FOUND", "video#v names folder.mp4"),
    "nested missing": (nested("no.html"), "INVALID_COMPOSITION", "'no.html' could not be read"),
    "outside the project": ('<img src="../../../etc/passwd">', "ASSET_NOT_FOUND", "etc/passwd"),
    "outside by the network": (
        '<img src="http://127.0.0.1:9/x.png">',
        "ASSET_NOT_FOUND",
        "not a public address; put the file into the project",
    ),
    # what is something else
    "empty video": (video("empty.mp4"), "NOT_MEDIA", "empty.mp4 .*0 bytes"),
    "error page as video": (video("page.mp4"), "NOT_MEDIA", "page.mp4 .* an HTML page"),
    "error message as sound": (
        '<audio src="json.mp3" data-start="0"></audio>',
        "NOT_MEDIA",
        "json.mp3 .* JSON",
    ),
    "playlist as video": (video("list.mp4"), "NOT_MEDIA", "list.mp4 .* HLS playlist"),
    "list of files as video": (video("concat.mp4"), "NOT_MEDIA", "concat.mp4 .* ffconcat"),
    "pointer as video": (video("lfs.mp4"), "NOT_MEDIA", "git lfs pull"),
    "noise as video": (video("noise.mp4"), "NOT_MEDIA|MEDIA_UNREADABLE", "noise.mp4"),
    "video cut short": (video("cut.mp4"), "MEDIA_UNREADABLE", "cut.mp4 cannot be decoded"),
    "video that is no file": (video("blob:nonsense"), "MEDIA_UNREADABLE", "not blob:"),
    # what refers to nothing, or to itself
    "nested in itself": (nested("self.html"), "INVALID_COMPOSITION", "includes itself"),
    "nested in a ring": (nested("there.html"), "INVALID_COMPOSITION", "includes itself"),
    "start of itself": (timed("a"), "INVALID_COMPOSITION", 'div#a: data-start="a"'),
    "start in a ring": (
        timed("b") + timed("a + 1", name="b"),
        "INVALID_COMPOSITION",
        "depends on itself",
    ),
    "start of nobody": (timed("nobody - 1"), "INVALID_COMPOSITION", 'refers to "nobody"'),
    # what is no number
    "start that is no number": (timed("NaN"), "INVALID_COMPOSITION", "number of seconds"),
    "start at infinity": (timed("Infinity"), "INVALID_COMPOSITION", "number of seconds"),
    "no duration": (timed(duration="0"), "INVALID_COMPOSITION", "above 0"),
    "duration below zero": (timed(duration="-1"), "INVALID_COMPOSITION", "above 0"),
    "duration that is no number": (timed(duration="NaN"), "INVALID_COMPOSITION", "above 0"),
    "duration without end": (timed(duration="Infinity"), "INVALID_COMPOSITION", "above 0"),
    "duration beyond doubles": (timed(duration="1e308"), "INVALID_COMPOSITION", "div#a"),
    # what never comes
    "never ready": (script("__renderReady = false"), "CAPTURE_TIMEOUT", "waiting for: __renderR"),
    "never ready by promise": (
        script(f"__renderReady = {NEVER}"),
        "CAPTURE_TIMEOUT",
        "waiting for: __renderReady",
    ),
    "never answered": (
        script(f"document.fonts.load = () => {NEVER}; __renderReady = () => {{ throw 1 }}"),
        "CAPTURE_TIMEOUT",
        "did not become ready in 3 s",
    ),
    # what goes away
    "location": (script("location = 'about:blank'"), "INVALID_COMPOSITION", "leaves for about:"),
    "location later": (
        script("requestAnimationFrame(() => { location = '/other.html' })"),
        "INVALID_COMPOSITION",
        "leaves for .*other.html; a composition stays",
    ),
    "reload": (script("location.reload()"), "INVALID_COMPOSITION", "leaves for .*index.html"),
    "refresh": (
        '<meta http-equiv="refresh" content="0;url=http://192.0.2.1/">',
        "INVALID_COMPOSITION",
        "leaves for http://192.0.2.1/",
    ),
    # what takes the language away
    "no promises": (
        script("Promise.prototype.then = null; Array.prototype.map = null"),
        "INVALID_COMPOSITION",
        "replaced functions of the language",
    ),
    "nothing of ours": (script("delete window.__fanreel"), "INVALID_COMPOSITION", "the page threw"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_project_is_named(
    place: Place, session: PageSession, clip: bytes, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code, the file or element, and what to do; nothing is written."""
    body, code, words = BROKEN[name]
    if code == "CAPTURE_TIMEOUT":
        monkeypatch.setattr(session, "spec", replace(session.spec, patience=SHORT_PATIENCE))
    place.write({"index.html": page(body), "cut.mp4": clip[: len(clip) // 2], **FILES})
    error = refusal(place, session, words)
    assert error.code in code.split("|")
    assert isinstance(error, CATALOGUE[error.code])


def test_a_page_without_an_end_is_named(place: Place, session: PageSession) -> None:
    """Nothing says how long it is, or the one thing that does has no end."""
    endless = script("__timelines = { main: { duration: () => Infinity, seek() {} } }")
    for body in ("", endless):
        place.write({"index.html": page(body, root="")})
        refusal(place, session, 'add data-duration="SECONDS"')


def test_a_page_of_years_is_named(place: Place, session: PageSession) -> None:
    """More frames than anybody renders."""
    place.write({"index.html": page(root='data-duration="99999999" data-no-timeline')})
    refusal(place, session, "more than 10000000 frames; shorten data-duration")


VARIABLES = page(
    root='data-duration="0.4" data-no-timeline data-composition-variables=\'[{"id": "count", '
    '"type": "number", "label": "Count", "default": 1}]\''
)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"count": "many"}, 'count.* must be number, not "many"'),
        ({"count": None}, "count.* must be number"),
        ({"cuont": 2}, "cuont.* not declared; declared: count"),
    ],
)
def test_mistyped_variables_are_named_when_strict(
    place: Place, session: PageSession, given: dict[str, Any], words: str
) -> None:
    """Variable, type and value; without `strict_variables` the same words are a warning."""
    place.write({"index.html": VARIABLES})
    config = DRAFT.replace(variables=given)
    error = refusal(place, session, words, config.replace(strict_variables=True))
    assert error.code == "INVALID_VARIABLES"
    assert str(error) in planned(place, session, config).warnings


# ---- rude pages --------------------------------------------------------------------------------

ROBBERY = """
  const show = () => document.documentElement.style.background = 'red';
  for (const url of ['file:///etc/passwd', '/../../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd']) {
    fetch(url).then((a) => a.ok && show(), () => {});
    const request = new XMLHttpRequest();
    try { request.open('GET', url, false); request.send(); if (request.status === 200) show(); }
    catch {}
  }
"""
RUDE = {
    "dialogs": script("alert(1); confirm(2); prompt(3)"),
    "windows": script("open('about:blank'); open('/index.html', '_blank', 'width=90,height=90')"),
    "printing": script("print()"),
    "closing": script("close(); top.close()"),
    "the window above": script("top.location = 'about:blank'"),
    "not letting go": script("onbeforeunload = (e) => { e.preventDefault(); return 'no' }"),
    "debugger": script("debugger"),
    "full screen": script("document.documentElement.requestFullscreen().catch(() => {})"),
    "forms": '<form id="f" action="/other.html"></form>' + script("f.submit()"),
    "downloads": '<a id="d" download href="data:,x"></a>' + script("d.click()"),
    "a huge page": script(
        "for (let i = 0; i < 20000; i += 1) document.body.append(document.createElement('i'))"
    ),
    "endless timers": script(
        "setInterval(() => {}, 0); (function again() { setTimeout(again) })();"
        "(function more() { requestAnimationFrame(more) })()"
    ),
    "reading the disk": script(ROBBERY),
    "what drives it": script("__fanreel = null; __fanreelConfig = null"),
    "no markup": script("document.body.remove()"),
}


@pytest.mark.parametrize("name", RUDE)
def test_a_rude_page_is_filmed(place: Place, session: PageSession, name: str) -> None:
    """What it asks for is refused without a sound, and the picture is what it should be."""
    place.write({"index.html": page(RUDE[name])})
    planned(place, session)
    assert pixel(place, session) == GREEN


THROWING = {
    "a script": (script("throw new TypeError('boom')"), "TypeError: boom"),
    "no script at all": (script("this is no JavaScript"), "SyntaxError"),
    "a callback": (script("requestAnimationFrame(() => { throw new Error('boom') })"), "boom"),
    "a timeline": (
        script("__timelines = { main: { duration: () => 1, seek() { throw Error('boom') } } }"),
        "Error: boom",
    ),
}


@pytest.mark.parametrize("name", THROWING)
def test_a_page_that_throws_is_told_of(place: Place, session: PageSession, name: str) -> None:
    """As in a browser the show goes on, with a warning; `strict` stops it."""
    body, words = THROWING[name]
    place.write({"index.html": page(body)})
    [warning] = [text for text in planned(place, session).warnings if "scripts threw" in text]
    assert words in warning
    assert pixel(place, session) == GREEN
    with pytest.raises(InvalidComposition, match=f"scripts threw: .*{words}"):
        planned(place, session, DRAFT.replace(strict=True))


def test_a_lane_that_moves_nothing_is_told_of(place: Place, session: PageSession) -> None:
    """A slip in the name of a node costs its envelope, so `strict` stops it."""
    lane = '{"version":1,"lanes":[{"target":"fx.n1.gain","points":[{"t":0,"v":-6}]}]}'
    group = f"<hf-audio-group id=g data-automation='{lane}'></hf-audio-group>"
    place.write({"index.html": page(group)})
    words = "hf-audio-group#g: the lane of 'fx.n1.gain' in data-automation moves nothing"
    refusal(place, session, words, DRAFT.replace(strict=True))
    assert [words in text for text in planned(place, session).warnings].count(True) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('<img src="bad.png">', "image bad.png could not be loaded"),
        ('<img src="file:///etc/passwd">', "image file:///etc/passwd could not be loaded"),
        (lettered("bad.woff2"), "font F normal could not be loaded"),
    ],
    ids=["image", "file of the machine", "font"],
)
def test_what_does_not_load_is_told_of(
    place: Place, session: PageSession, body: str, words: str
) -> None:
    """Files that are there but hold something else, and addresses that are no project's."""
    place.write({"index.html": page(body), "bad.png": "no picture", "bad.woff2": "no font"})
    assert words in planned(place, session).warnings


# ---- what a worker must not reach --------------------------------------------------------------

# Two seconds of 24 frames: the planner looks at every second one, and not at the 17th.
LATE = 'data-duration="2" data-fps="24"'
ONLY_THEN = """
  const ask = () => { ASK };
  const seek = (t) => { if (Math.round(t * 24) === 17) ask() };
  __timelines = { main: { duration: () => 2, seek } };
"""
ASKS = {
    "fetch": "fetch('http://127.0.0.1:9/late').catch(() => {})",
    "beacon": "navigator.sendBeacon('http://127.0.0.1:9/late')",
    "socket": "try { new WebSocket('ws://127.0.0.1:9/late') } catch {}",
    "image": "new Image().src = 'http://169.254.169.254/late'",
    "frame": "f = document.createElement('iframe'); f.src = 'http://192.0.2.1/late';"
    "document.body.append(f)",
    "file of the project": "fetch('/late.bin')",
}


@pytest.mark.parametrize("name", ASKS)
def test_a_worker_gets_nothing_that_was_not_planned(
    place: Place, session: PageSession, name: str
) -> None:
    """A request that comes up at one frame only, in whatever way it is made."""
    code = ONLY_THEN.replace("ASK", ASKS[name])
    place.write({"index.html": page(script(code), root=LATE), "late.bin": "late"})
    planned(place, session)
    plan = verify_plan(place.out / "plan", 0)
    with (
        SegmentRenderer(plan, place.temp, session) as renderer,
        pytest.raises(AssetNotInPlan, match=r"/?late(\.bin)?, which the plan did not record; make"),
    ):
        list(renderer.capture([17]))


# ---- names and links ---------------------------------------------------------------------------

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"/>'


def test_any_name_will_do(place: Place, session: PageSession, clip: bytes) -> None:
    """Spaces, percent signs, hashes, question marks, quotes and letters of all the world."""
    names = {
        "image": "bil der/ü 100% #1?&'.svg",
        "nested": "kom pon#nt/ä%20b?.html",
        "clip": "vidéo %41 #2?.mp4",
    }
    urls = {key: urllib.parse.quote(name) for key, name in names.items()}
    body = (
        f'<img src="{urls["image"]}" style="position: fixed; inset: 0; width: 100%">'
        + nested(urls["nested"])
        + video(urls["clip"], 'style="display: none" muted')
    )
    svg = SVG.replace("/>", '><path fill="blue" d="M0 0h16v9H0"/></svg>')
    place.write(
        {
            "pa ge #1 100%.html": page(body),
            names["image"]: svg,
            names["nested"]: template("<p>x</p>"),
            names["clip"]: clip,
        }
    )
    planned(place, session, DRAFT.replace(entry_file="pa ge #1 100%.html"))
    assert pixel(place, session) == (0, 0, 255)


@pytest.mark.parametrize("element", ['<img src="link.png">', video("link.png")])
def test_a_link_out_of_the_project_is_not_followed(
    place: Place, session: PageSession, element: str
) -> None:
    """The file it points to may be anything on this machine."""
    place.write({"index.html": page(element)})
    (place.project / "link.png").symlink_to("/etc/passwd")
    assert refusal(place, session, r"link\.png").code == "ASSET_NOT_FOUND"


def test_links_beside_a_used_file_are_not_copied(place: Place, session: PageSession) -> None:
    """A sequence of pictures is frozen whole; what a link of the folder points to is not."""
    place.write({"index.html": page('<img src="s/1.svg">'), "s/1.svg": SVG, "s/2.svg": SVG})
    (place.project / "s" / "3.svg").symlink_to("2.svg")
    (place.project / "s" / "4.svg").symlink_to("/etc/passwd")
    (place.project / "s" / "5.svg").symlink_to("5.svg")
    planned(place, session)
    frozen = {path.name for path in (place.out / "plan" / SITE_DIR / "s").iterdir()}
    assert {"1.svg", "2.svg"} <= frozen <= {"1.svg", "2.svg", "3.svg"}


WEBGL = "<canvas id='c'></canvas>" + script("c.getContext('webgl').clear(0)")


@pytest.mark.parametrize("renderer", ["'ANGLE (NVIDIA GeForce)'", "null"])
def test_webgl_on_hardware_is_refused(
    place: Place, session: PageSession, monkeypatch: pytest.MonkeyPatch, renderer: str
) -> None:
    """By the planner too, which learns from the page that it draws so; others pass."""
    monkeypatch.setattr("fanreel.capture.page_questions._ASK_RENDERER", f"() => {renderer}")
    place.write({"index.html": page(WEBGL)})
    assert refusal(place, session, "not by SwiftShader").code == "BROWSER_GPU_NOT_SOFTWARE"
    place.write({"index.html": page()})
    planned(place, session)


NO_GPU = "draw(await navigator.gpu.requestAdapter())"
WEBGPU = {
    "a library's error": f"const draw = (gpu) => gpu.requestDevice(); {NO_GPU}",
    "a canvas": f"const draw = (gpu) => gpu && c; c.getContext('webgpu'); {NO_GPU}",
    "announced": f"const draw = () => __hfWebGpu.setReady(new Promise(() => {{}})); {NO_GPU}",
}


@pytest.fixture
def no_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start even the browser for WebGPU as one that has none."""
    monkeypatch.setattr("fanreel.browser.launch._WITH_WEBGPU", ("--disable-gpu",))


@pytest.mark.usefixtures("no_adapter")
@pytest.mark.parametrize("code", WEBGPU.values(), ids=WEBGPU)
def test_webgpu_without_an_adapter_is_refused(
    place: Place, session: PageSession, code: str
) -> None:
    """At once, and not by waiting for the picture that never comes."""
    place.write(
        {"index.html": page(f"<canvas id='c'></canvas><script type='module'>{code}</script>")}
    )
    error = refusal(place, session, "asks for WebGPU, .* draw with WebGL")
    assert error.code == "INVALID_COMPOSITION"


@pytest.mark.usefixtures("no_adapter")
def test_a_page_may_do_without_webgpu(place: Place, session: PageSession) -> None:
    """One that then draws by other means is rendered, with a warning."""
    fallback = f"const draw = (gpu) => gpu ?? c.getContext('webgl').clear(0); {NO_GPU}"
    place.write(
        {"index.html": page(f"<canvas id='c'></canvas><script type='module'>{fallback}</script>")}
    )
    warnings = planned(place, session).warnings
    assert [text for text in warnings if "asks for WebGPU" in text], warnings


# ---- sizes and places --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit_bytes", "words"),
    [(100, "will take about"), (1500, "takes .* the cap is 1.5 KiB")],
    ids=["by estimate", "by measurement"],
)
def test_a_plan_that_is_too_large_leaves_nothing(
    place: Place, session: PageSession, limit_bytes: int, words: str
) -> None:
    """Before the expensive stages where the sources alone are too much, else at the end."""
    place.write({"index.html": page()})
    config = DRAFT.replace(plan_dir_size_limit_bytes=limit_bytes)
    error = refusal(place, session, words, config)
    assert isinstance(error, PlanTooLarge)
    assert error.limit_bytes == limit_bytes < error.size_bytes


def test_only_media_of_the_frames_asked_for_are_frozen(
    place: Place, session: PageSession, clip: bytes
) -> None:
    """The sources of the rest may be many and large."""
    body = video("early.mp4", 'data-duration="0.2"') + (
        '<video id="w" src="late.mp4" data-start="1" data-duration="0.2"></video>'
    )
    late = clip + b"\0\0\0\x08free"
    place.write({"index.html": page(body, root=LATE), "early.mp4": clip, "late.mp4": late})
    planned(place, session, DRAFT.replace(frame_range=(0, 6)))
    [frozen] = (place.out / "plan" / MEDIA_DIR).iterdir()
    assert frozen.read_bytes() == clip
    assert pixel(place, session) != GREEN


def test_paths_may_be_text(place: Place) -> None:
    """In all three steps."""
    place.write({"index.html": page()})
    plan_dir, chunk, film = (str(place.out / name) for name in ("plan", "chunk.mp4", "film.mp4"))
    plan(str(place.project), DRAFT, plan_dir)
    render_chunk(plan_dir, 0, chunk)
    assert assemble(plan_dir, [chunk], None, film).frames_encoded == 12
    assert place.outputs()[:2] == ["chunk.mp4", "film.mp4"]


def test_the_way_out_is_named_where_it_is_one(place: Place) -> None:
    """`fanreel.render()` has no cap, and does not say so to those who called it."""
    place.write({"index.html": page()})
    way_out = ", or render in one process with fanreel.render()"
    for argv in (("plan", place.project, "plan"), ("render", place.project, "-o", "film.mp4")):
        with place.command(*argv, "--plan-dir-size-limit-bytes", "100") as process:
            _, err = process.communicate(timeout=100)
        assert err.splitlines()[-1].startswith("error[PLAN_TOO_LARGE]: ")
        assert (way_out in err) == (argv[0] == "plan")
    assert place.outputs() == []


def test_a_folder_with_other_files_is_not_replaced(place: Place) -> None:
    """Before any browser starts."""
    place.write({"index.html": page()})
    thesis = place.out / "plan" / "thesis.odt"
    thesis.parent.mkdir()
    thesis.write_text("years of work")
    with pytest.raises(RenderError, match=r"thesis\.odt") as caught:
        plan(place.project, DRAFT, thesis.parent)
    assert caught.value.code == "INVALID_CONFIG"
    assert thesis.read_text() == "years of work"


def test_what_is_not_distributed_leaves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GIF that one process could not colour; what it would have been is in the message."""
    place.write({"index.html": page()})
    small = replace(FORMATS["gif"], one_process_px=100)
    monkeypatch.setattr("fanreel.configuration.distributed.FORMATS", {**FORMATS, "gif": small})
    with pytest.raises(RenderError, match=r"fanreel\.render") as caught:
        make_distributed_plan(place.project, DRAFT.replace(format="gif"), place.out / "plan")
    assert caught.value.code == "FORMAT_NOT_SUPPORTED_IN_DISTRIBUTED"
    assert place.outputs() == []
