"""A page is ready when everything its first frame needs is there, or says what is missing."""

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = '<main data-composition-id="main" data-duration="2"></main>'
# One red and one blue pixel.
RED = "R0lGODlhAQABAPAAAP8AAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
BLUE = "R0lGODlhAQABAPAAAAAA/wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="


def reply_later(player: Any, name: str, delay_ms: int = 150, **reply: Any) -> None:
    """Answer requests for *name* after a while."""

    def handle(route: Any) -> None:
        player.page.wait_for_timeout(delay_ms)
        route.fulfill(**reply)

    player.page.route(f"**/{name}", handle)


@pytest.fixture(scope="session")
def font_bytes() -> bytes:
    """Return a font of this machine."""
    listed = subprocess.run(
        ["fc-list", ":fontformat=TrueType:variable=False", "file"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return Path(sorted(listed.split("\n"))[1].rstrip(": ")).read_bytes()


def test_a_plain_page_is_ready_at_once(player: Any) -> None:
    """Nothing to wait for, nothing to warn about."""
    said = player.open("<main data-composition-id='main' data-no-timeline>hello</main>")
    nothing: dict[str, Any] = {"waitingFor": [], "warnings": [], "failed": []}
    assert said == {"ok": True, "problem": None, "lacksGpu": False, **nothing}


def test_fonts_of_all_text_are_loaded(player: Any, font_bytes: bytes) -> None:
    """Also those of hidden clips and pseudo-elements; unused faces are not asked for."""
    asked = []
    player.page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    for name in ("plain.ttf", "bold.ttf", "pseudo.ttf", "unused.ttf"):
        reply_later(player, name, body=font_bytes)
    reply_later(player, "gone.ttf", status=404)
    said = player.open(
        """<style>
        @font-face { font-family: A; src: url(plain.ttf) }
        @font-face { font-family: A; font-weight: 700; src: url(bold.ttf) }
        @font-face { font-family: P; src: url(pseudo.ttf) }
        @font-face { font-family: U; src: url(unused.ttf) }
        @font-face { font-family: G; font-weight: 700; src: url(gone.ttf) }
        main { font-family: A } b::after { font-family: P; content: "after" }
        i { font: bold 20px G, serif }
        </style><main data-composition-id="main">text
        <b class="clip" data-start="1" data-duration="1">hidden</b><i>gone</i></main>"""
    )
    assert said["ok"]
    assert said["failed"] == ["font G 700"]
    loaded = "[...document.fonts].map((face) => [face.family, face.weight, face.status])"
    assert player.at(0, loaded) == [
        ["A", "normal", "loaded"],
        ["A", "700", "loaded"],
        ["P", "normal", "loaded"],
        ["U", "normal", "unloaded"],
        ["G", "700", "error"],
    ]
    assert "unused.ttf" not in asked


def test_images_are_decoded(player: Any) -> None:
    """Slow, lazy and background images are there; broken ones are named, not waited for."""
    for name in ("slow.gif", "lazy.gif", "back.gif"):
        reply_later(player, name, body=base64.b64decode(RED), content_type="image/gif")
    said = player.open(
        """<main data-composition-id="main"><img id="a" src="slow.gif">
        <div style="height: 9000px"></div><img id="b" loading="lazy" src="lazy.gif">
        <div style="width: 50px; height: 50px; background: url(back.gif)"></div>
        <img src="broken.gif"></main>""",
        files={"broken.gif": "not an image"},
    )
    assert said["ok"]
    assert [name.rpartition("/")[2] for name in said["failed"]] == ["broken.gif"]
    assert player.page.evaluate("[a, b].map((image) => image.naturalWidth)") == [1, 1]


def test_an_image_that_changes_is_there_in_its_frame(player: Any) -> None:
    """A seek waits for what a frame has begun to load."""
    for name, data in (("red.gif", RED), ("blue.gif", BLUE)):
        reply_later(player, name, 50, body=base64.b64decode(data), content_type="image/gif")
    player.open(
        """<main data-composition-id="main"><img id="a" src="red.gif" width="20" height="20">
        <canvas id="c"></canvas></main><script>
        requestAnimationFrame(function loop(t) {
          const name = t < 500 ? "red.gif" : "blue.gif";
          if (a.getAttribute("src") !== name) a.src = name;
          requestAnimationFrame(loop);
        });
        window.colour = () => {
          const pen = c.getContext("2d");
          pen.drawImage(a, 0, 0);
          return [...pen.getImageData(0, 0, 1, 1).data];
        }</script>"""
    )
    red, blue = [255, 0, 0, 255], [0, 0, 255, 255]
    assert player.trace([0, 15, 3, 20], "colour()") == [red, blue, red, blue]


@pytest.mark.parametrize(
    "set_up",
    [
        "setTimeout(init, 100)",
        "setTimeout(() => setTimeout(() => requestAnimationFrame(init), 300), 200)",
        "let n = 0; setInterval(() => { n += 1; if (n === 5) init() }, 50)",
        "let n = 0; (function poll() { if (n++ < 20) requestAnimationFrame(poll); else init() })()",
        "document.fonts.ready.then(init)",
        "fetch('data.json').then((answer) => answer.json()).then(init)",
        "addEventListener('load', () => setTimeout(init))",
        "document.body.append(Object.assign(document.createElement('script'), { src: 'late.js' }))",
    ],
)
def test_set_up_may_take_its_time(player: Any, set_up: str) -> None:
    """However a page comes to register its timeline, it is there at the first frame, time 0."""
    reply_later(player, "data.json", json={})
    said = player.open(
        ROOT
        + f"""<script>
        function init() {{
          window.started = performance.now();
          window.__timelines["main"] = {{ duration: () => 2, seek(t) {{ window.at = t }} }};
        }}
        setTimeout(() => {{ window.early = performance.now() }}, 9000);
        {set_up};
        </script>""",
        files={"late.js": "setTimeout(init, 50)"},
    )
    assert said["ok"], said
    assert player.at(30, "[started, at, window.early]") == [0, 1, None]


@pytest.mark.parametrize(
    "ready",
    [
        "window.__renderReady = false; get().then(() => { __renderReady = true })",
        "window.__renderReady = get()",
        "window.__renderReady = () => get()",
        "window.__renderReady = () => window.done; setTimeout(() => { window.done = true }, 80)",
        "window.__hf = { buildReady: { scene: get() } }",
        "__hfWebGpu.setReady(get())",
    ],
)
def test_the_page_may_say_when_it_is_ready(player: Any, ready: str) -> None:
    """`__renderReady` as a flag, promise or function, and the announced kinds of set-up."""
    reply_later(player, "data.json", json={})
    said = player.open(
        ROOT
        + """<script>
        const get = () => fetch("data.json").then(() => new Promise((done) => setTimeout(done, 9)))
          .then(() => { window.done = true });
        """
        + f"{ready}</script>"
    )
    assert said["ok"], said
    assert player.page.evaluate("window.done")


@pytest.mark.parametrize(
    ("page", "missing"),
    [
        (ROOT + "<script>window.__renderReady = false</script>", ["__renderReady"]),
        (
            ROOT + "<script>const build = () => { __timelines.main = 1 }</script>",
            ['timeline "main"'],
        ),
        (
            ROOT + "<script>if (window.gsap) window.__timelines[name] = gsap</script>",
            ["a timeline"],
        ),
        (
            ROOT + "<script>__hf = { buildReady: { mesh: new Promise(() => {}) } }</script>",
            ['__hf.buildReady "mesh"'],
        ),
        (  # an address that is none stops the search for timelines, not the wait
            ROOT + "<script src='http://['></script><script>__renderReady = false</script>",
            ["__renderReady"],
        ),
    ],
)
def test_what_never_comes_is_named(player: Any, page: str, missing: list[str]) -> None:
    """A page that is not ready in time says what it was waiting for."""
    said = player.open(page, timeout_ms=700)
    assert not said["ok"]
    assert said["waitingFor"] == missing


def test_a_broken_nested_script_is_not_waited_for(player: Any) -> None:
    """Its timeline will not come any more; the error itself is reported by nesting."""
    said = player.open(
        '<main data-composition-id="main" data-duration="2">'
        '<section data-composition-id="card" data-composition-src="card.html" data-start="0"'
        ' data-duration="1"></section></main>',
        files={
            "../card.html": '<template><p data-composition-id="card">x</p>'
            "<script>nope(); window.__timelines.card = {}</script></template>"
        },
    )
    assert said["ok"]
    [warning] = said["warnings"]
    assert (warning["rule"], warning["written"]) == ("never-ready", None)
    assert warning["message"] == 'the page never brought timeline "card"'


def test_requests_that_hang_are_named(player: Any) -> None:
    """Fonts, images and requests on their way are listed by name."""
    held: list[Any] = []
    player.page.route("**/held*", lambda route: held.append(route))  # noqa: PLW0108 (wants a def)
    player.load(
        """<style>@font-face { font-family: Slow; font-weight: 700; src: url(held.ttf) }</style>
        <main data-composition-id="main"><b style="font-family: Slow">text</b></main>
        <script>addEventListener("DOMContentLoaded", () => {
          document.body.append(Object.assign(new Image(), { src: "held.png" }));
          fetch("held.json").catch(() => {});
        })</script>"""
    )
    said = player.page.evaluate("__fanreel.ready({ timeoutMs: 600 })")
    assert not said["ok"]
    assert len(said["waitingFor"]) == 4
    assert said["waitingFor"][0] == "the document to load"
    assert said["waitingFor"][1] == "request held.json"
    assert said["waitingFor"][2].endswith("/text/held.png")
    assert said["waitingFor"][3] == "font Slow 700"
    for route in held:
        route.abort()


def test_a_timer_driven_page_is_left_its_timers(player: Any) -> None:
    """Timers that animate are not used up to get ready."""
    said = player.open(
        ROOT
        + """<canvas></canvas>
        <script>window.log = []; setInterval(() => log.push(Date.now()), 300)</script>"""
    )
    assert said["ok"]
    assert player.page.evaluate("log") == []
    assert player.at(30, "log") == [300, 600, 900]


def test_a_canvas_nobody_draws_on_is_a_warning(player: Any) -> None:
    """What is only likely to be missing does not stop a render."""
    said = player.open("<main data-composition-id='main' data-no-timeline><canvas id='c'></main>")
    assert said["ok"]
    [warning] = said["warnings"]
    assert warning["message"] == "the page never brought a drawing on canvas#c"
    assert warning["written"]["attributes"] == {"id": "c"}
