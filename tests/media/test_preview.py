"""The preview's page in a real browser: every control, and what it shows beside a render."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import av
import numpy as np
import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Locator, Page, expect

from fanreel.config import RenderConfig
from fanreel.local import render
from fanreel.planning import plan
from fanreel.preview import session
from fanreel.preview.server import PreviewServer
from fanreel.stills import still
from tests.media.encoding import psnr
from tests.media.footage import write_footage
from tests.media.sources import clicks, numbered, write_sound_file, write_video

COMPOSITIONS = Path(__file__).parents[1] / "compositions"
PATIENCE_MS = 120_000  # of a machine that does much else
expect.set_options(timeout=PATIENCE_MS)

PAGE = """<!doctype html>
<html lang="en" data-composition-variables='[
  {"id": "word", "type": "string", "label": "Word", "default": "Hello"},
  {"id": "size", "type": "number", "label": "Size", "default": 20, "min": 10, "max": 60},
  {"id": "ink", "type": "color", "label": "Ink", "default": "#112233"},
  {"id": "bold", "type": "boolean", "label": "Bold", "default": false},
  {"id": "side", "type": "enum", "label": "Side", "default": "left", "options": ["left", "right"]},
  {"id": "face", "type": "font", "label": "Face",
   "default": {"family": "Liberation Sans", "weight": 400}},
  {"id": "photo", "type": "image", "label": "Photo", "default": "data:,"}
]'>
  <head>
    <style>
      #root { position: relative; width: 320px; height: 180px; overflow: hidden; background: #fff; }
      #root > * { position: absolute; }
      #word { top: 20px; left: 20px; color: var(--ink); font: 20px/1.2 "Liberation Sans"; }
      #count { left: 20px; top: 100px; }
      #film { right: 10px; top: 10px; width: 128px; height: 64px; }
    </style>
  </head>
  <body>
    <div id="root" data-composition-id="main" data-start="0" data-duration="3" data-fps="30"
         data-width="320" data-height="180" data-no-timeline>
      <p id="word" class="clip" data-start="0" data-duration="2" data-track-index="1"
         data-var-text="word"></p>
      <p id="later" data-start="2" data-duration="1" data-track-index="1">later</p>
      <b id="count"></b>
      <video id="film" src="film.mp4" muted data-start="0.5" data-duration="2" data-track-index="2"
      ></video>
      <audio id="beat" src="beat.wav" data-start="0" data-duration="2" data-track-index="3"></audio>
      <div id="card" data-composition-id="card" data-composition-src="card.html" data-start="1"
           data-duration="2" data-track-index="4"></div>
    </div>
    <script>
      const { size, bold, side, face } = window.__hyperframes.getVariables();
      const word = document.getElementById("word");
      word.style.fontSize = `${size}px`;
      word.style.fontWeight = bold ? "700" : "400";
      word.style.textAlign = side;
      word.style.fontFamily = face.family;
      (function show() {
        document.getElementById("count").textContent = Math.round(performance.now() * 0.03);
        requestAnimationFrame(show);
      })();
    </script>
  </body>
</html>
"""
CARD = """<template><div data-composition-id="card" data-width="100" data-height="60">
  <p id="inner" class="clip" data-start="0" data-duration="1">inner</p>
</div></template>
"""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A preview that runs, and where its files are."""

    server: PreviewServer
    project: Path
    out: Path

    def planned(self) -> None:
        """Wait until all that was changed is planned."""
        end = time.monotonic() + PATIENCE_MS / 1000
        while self.server.state()["isPlanning"]:
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture(name="preview", scope="module")
def _preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    folder = tmp_path_factory.mktemp("preview")
    project, out = folder / "project", folder / "out"
    project.mkdir()
    out.mkdir()
    (project / "index.html").write_text(PAGE)
    (project / "card.html").write_text(CARD)
    write_video(project / "film.mp4", map(numbered, range(60)))
    write_sound_file(project / "beat.wav", clicks(2, [0, 0.5, 1, 1.5]))
    with session.preview(project, RenderConfig(), output_dir=out) as server:
        preview = Preview(server=server, project=project, out=out)
        preview.planned()
        yield preview


class Watched:
    """The preview's page, opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, server: PreviewServer) -> None:
        """Open the page and wait for the composition."""
        self.page.goto(server.url)
        expect(self.page.locator("#timeline .lane").first).to_be_visible()

    @property
    def composition(self) -> Frame:
        """The composition's own frame, the newest."""
        return [f for f in self.page.frames if urlsplit(f.url).path == "/index.html"][-1]

    def at(self, selector: str) -> Locator:
        """Find an element of the preview's page."""
        return self.page.locator(selector)

    def shows(self, frame: int) -> None:
        """Wait until the composition stands at *frame*, and the page says so."""
        expect(self.at("#frame")).to_have_value(str(frame))
        shell = self.page.frame_locator("#screen iframe")
        count = shell.frame_locator("iframe:not(.behind)").locator("#count")
        expect(count).to_have_text(str(frame))

    def word(self) -> Locator:
        """Find the composition's text."""
        shell = self.page.frame_locator("#screen iframe")
        return shell.frame_locator("iframe:not(.behind)").locator("#word")


@pytest.fixture(name="browser", scope="module")
def _browser(chromium: BrowserContext) -> Browser:
    assert chromium.browser
    return chromium.browser


@pytest.fixture(name="look")
def _look(browser: Browser) -> Iterator[Callable[..., Watched]]:
    with contextlib.ExitStack() as stack:
        opened: list[Watched] = []

        def look(server: PreviewServer, width: int = 1200, height: int = 800) -> Watched:
            page = browser.new_page(viewport={"width": width, "height": height})
            stack.enter_context(contextlib.closing(page))
            opened.append(Watched(page))
            opened[-1].open(server)
            return opened[-1]

        yield look
        assert [error for watched in opened for error in watched.errors] == []


@pytest.fixture(name="watched")
def _watched(preview: Preview, look: Callable[..., Watched]) -> Watched:
    return look(preview.server)


def test_keys_and_buttons_go_from_frame_to_frame(watched: Watched) -> None:
    """A frame, a second, the start and the end; the composition stands at exactly that frame."""
    press = watched.page.keyboard.press
    watched.shows(0)
    for key, frame in [
        *[("ArrowRight", 1), ("Shift+ArrowRight", 31), ("ArrowLeft", 30), ("Shift+ArrowLeft", 0)],
        *[("ArrowLeft", 0), ("End", 89), ("ArrowRight", 89), ("Home", 0)],
    ]:
        press(key)
        watched.shows(frame)
    for button, frame in [("last", 89), ("back", 88), ("forward", 89), ("first", 0)]:
        watched.at(f"#{button}").click()
        watched.shows(frame)
    watched.at("#frame").fill("45")
    watched.at("#frame").press("Enter")
    watched.shows(45)
    expect(watched.at("#now")).to_have_text("0:01.500")
    watched.at("#frame").fill("nonsense")
    watched.at("#frame").press("Tab")
    watched.shows(45)


def test_it_plays_in_real_time_and_stops_at_an_exact_frame(watched: Watched) -> None:
    """As much of the film passes as time does; at the end it begins again, unless told not to."""
    watched.page.keyboard.press("l")
    expect(watched.at("#loop")).to_have_attribute("aria-pressed", "false")
    began = time.monotonic()
    watched.page.keyboard.press("Space")
    expect(watched.at("#play")).to_have_attribute("aria-label", "Pause")
    time.sleep(1)
    watched.page.keyboard.press("Space")
    passed_s = time.monotonic() - began
    expect(watched.at("#play")).to_have_attribute("aria-label", "Play")
    frame = int(watched.at("#frame").input_value())
    assert 15 <= frame <= passed_s * 30 + 1
    watched.shows(frame)
    watched.at("#play").click()
    expect(watched.at("#play")).to_have_attribute("aria-label", "Play")
    watched.shows(89)
    watched.at("#loop").click()
    watched.page.keyboard.press("Home")
    watched.page.keyboard.press("End")
    watched.page.keyboard.press("ArrowLeft")
    watched.page.keyboard.press("Space")
    expect(watched.at("#frame")).to_have_value(re.compile("^[0-9]$|^[1-7][0-9]$"))
    watched.page.keyboard.press("Space")


def test_sound_is_the_mix_of_the_render(preview: Preview, watched: Watched, tmp_path: Path) -> None:
    """Byte for byte what planning mixes; it can be silenced."""
    planned = plan(preview.project, RenderConfig(), tmp_path / "plan")
    assert planned.has_audio
    sound = watched.page.request.get(f"{preview.server.url}sound")
    assert sound.body() == (tmp_path / "plan" / "audio.m4a").read_bytes()
    watched.at("#mute").click()
    expect(watched.at("#mute")).to_have_attribute("aria-pressed", "true")
    watched.page.keyboard.press("m")
    expect(watched.at("#mute")).to_have_attribute("aria-pressed", "false")


def test_the_timeline_is_a_scrubber_and_shows_media(watched: Watched) -> None:
    """A press on it goes there; videos have pictures, sounds their loudness."""
    box = watched.at("#timeline").bounding_box()
    row = watched.at(".lane .row").first.bounding_box()
    assert box
    assert row
    watched.page.mouse.click(row["x"] + row["width"] / 2, box["y"] + 10)
    watched.shows(45)
    watched.page.mouse.move(row["x"] + row["width"] / 2, box["y"] + 10)
    watched.page.mouse.down()
    watched.page.mouse.move(row["x"] + row["width"] * 0.9, box["y"] + 10, steps=4)
    watched.page.mouse.up()
    watched.shows(81)
    film = watched.at('.clip[data-kind="video"] .film img').first
    expect(film).to_have_js_property("naturalHeight", 54)
    wave = watched.at('.clip[data-kind="audio"] canvas')
    expect(wave).to_have_js_property("height", 60)
    loud = """canvas => [0, 0.1].map(share => {
      const x = Math.round(share * canvas.width);
      const { data } = canvas.getContext("2d").getImageData(x, 0, 1, canvas.height);
      return data.filter((value, index) => index % 4 === 3 && value > 0).length;
    })"""
    click, silence = wave.evaluate(loud)
    assert click > 40
    assert silence <= 2


def test_nested_compositions_unfold(watched: Watched) -> None:
    """Their clips are lanes below their host's."""
    lanes = watched.at("#lanes .lane")
    expect(lanes).to_have_count(4)  # two clips follow each other on one track
    unfold = watched.at(".unfold")
    unfold.focus()
    watched.page.keyboard.press("Enter")
    expect(lanes).to_have_count(5)
    expect(watched.at(".lane .name").last).to_have_text("#inner")
    watched.at(".unfold").click()
    expect(lanes).to_have_count(4)


def test_variables_show_while_they_are_typed(preview: Preview, watched: Watched) -> None:
    """Each type has its input; the frame stays where it is; defaults come back."""
    watched.page.keyboard.press("ArrowRight")
    expect(watched.word()).to_have_text("Hello")
    watched.at("#var-word").fill("Film")
    expect(watched.word()).to_have_text("Film")
    watched.at("#var-size").fill("40")
    expect(watched.word()).to_have_css("font-size", "40px")
    watched.at("#var-ink").fill("#ff0000")
    expect(watched.word()).to_have_css("color", "rgb(255, 0, 0)")
    watched.at("#var-bold").check()
    expect(watched.word()).to_have_css("font-weight", "700")
    watched.at("#var-side").select_option("right")
    expect(watched.word()).to_have_css("text-align", "right")
    expect(watched.at("#var-face")).to_have_value("Liberation Sans")
    watched.at("#var-face").fill("Liberation Serif")
    expect(watched.word()).to_have_css("font-family", '"Liberation Serif"')
    watched.at("#var-photo").fill("data:image/png,")
    watched.shows(1)
    values = {"word": "Film", "size": 40, "ink": "#ff0000", "bold": True, "side": "right"}
    values["face"] = {"family": "Liberation Serif", "weight": 400}
    values["photo"] = "data:image/png,"
    end = time.monotonic() + 10
    while preview.server.state()["variables"] != values and time.monotonic() < end:
        time.sleep(0.05)
    assert preview.server.state()["variables"] == values
    watched.at("#reset-variables").click()
    expect(watched.word()).to_have_text("Hello")
    expect(watched.at("#var-size")).to_have_value("20")
    preview.planned()


def test_another_rate_counts_other_frames(preview: Preview, watched: Watched) -> None:
    """Sixty frames a second make twice as many."""
    watched.at("#fps").select_option("60")
    expect(watched.at("#total")).to_have_text("of 180")
    watched.page.keyboard.press("End")
    expect(watched.at("#frame")).to_have_value("179")
    watched.at("#fps").select_option("30")
    expect(watched.at("#total")).to_have_text("of 90")
    preview.planned()


def test_a_save_shows_at_once_at_the_same_frame(preview: Preview, watched: Watched) -> None:
    """Without waiting for the plan; a page that is broken meanwhile says so."""
    watched.page.keyboard.press("Shift+ArrowRight")
    watched.shows(30)
    page = preview.project / "index.html"
    page.write_text(PAGE.replace('<p id="later"', '<i id="new">new</i><p id="later"'))
    shell = watched.page.frame_locator("#screen iframe")
    new = shell.frame_locator("iframe:not(.behind)").locator("#new")
    expect(new).to_have_text("new")
    assert preview.server.state()["isPlanning"]
    watched.shows(30)
    page.write_text("no composition")
    expect(watched.at("#veil")).to_contain_text("data-composition-id")
    page.write_text(PAGE)
    expect(watched.at("#veil")).to_be_hidden()
    watched.shows(30)
    preview.planned()
    end = time.monotonic() + 10
    while len(list(preview.server.project._work_dir.glob("plan-*"))) > 1:  # copies of all media
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_finding_points_at_its_element(watched: Watched) -> None:
    """The lint's words beside it, and a box around it on the picture."""
    watched.page.keyboard.press("End")
    watched.at("#tab-findings").click()
    finding = watched.at('.finding[data-element="p#later"]')
    expect(finding).to_contain_text('without class="clip" is always visible')
    expect(finding).to_contain_text('add class="clip"')
    finding.click()
    mark = watched.page.frame_locator("#screen iframe").locator("#mark")
    expect(mark).to_be_visible()
    shell = watched.page.frame_locator("#screen iframe")
    element = shell.frame_locator("iframe:not(.behind)").locator("#later")
    assert mark.bounding_box() == pytest.approx(element.bounding_box(), abs=1)
    finding.click()
    expect(mark).to_have_count(0)


def test_the_frame_is_saved_as_a_still(preview: Preview, watched: Watched, tmp_path: Path) -> None:
    """The bytes of `fanreel still`."""
    watched.page.keyboard.press("Shift+ArrowRight")
    watched.page.keyboard.press("s")
    expect(watched.at("#status")).to_contain_text("saved")
    [saved] = preview.out.glob("project-00030*.png")
    still(preview.project, tmp_path / "still.png", 1)
    assert saved.read_bytes() == (tmp_path / "still.png").read_bytes()


def test_it_renders_the_video_with_its_progress(
    preview: Preview, watched: Watched, tmp_path: Path
) -> None:
    """The bytes of `fanreel render`; a second one gets a name of its own, and can be ended."""
    watched.page.keyboard.press("r")
    expect(watched.at("#render-news progress")).to_be_visible()
    expect(watched.at("#start-render")).to_be_disabled()
    expect(watched.at("#render-news")).to_have_attribute("data-stage", "done")
    expect(watched.at("#render-news")).to_contain_text("project.mp4")
    made = (preview.out / "project.mp4").read_bytes()
    render(preview.project, tmp_path / "film.mp4")
    assert made == (tmp_path / "film.mp4").read_bytes()
    video = watched.page.request.get(f"{preview.server.url}video")
    assert video.body() == made
    watched.at("#out-format").select_option("webm")
    watched.at("#start-render").click()
    watched.at("#cancel-render").click()
    expect(watched.at("#render-news")).to_have_attribute("data-stage", "cancelled")
    assert [file.name for file in preview.out.iterdir() if file.suffix == ".webm"] == []


def test_all_of_it_works_at_a_phones_width(preview: Preview, look: Callable[..., Watched]) -> None:
    """Nothing is wider than the screen, and the controls are big enough for a finger."""
    phone = look(preview.server, 390, 844)
    wide = phone.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    for button in phone.at("#transport .buttons button").all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 40
    phone.at("#forward").click()
    phone.shows(1)


def test_the_command_serves_until_it_is_ended(tmp_path: Path) -> None:
    """It prints the address alone; its children have nothing of the caller's environment."""
    (tmp_path / "index.html").write_text(PAGE)
    write_video(tmp_path / "film.mp4", [numbered(0)])
    command = [sys.executable, "-m", "fanreel", "preview", str(tmp_path), "--no-open"]
    environ = {**os.environ, "AWS_SECRET_ACCESS_KEY": "secret"}
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
        )
        stack.callback(process.kill)  # whatever fails: leaving the block waits for its end
        assert process.stdout
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}state", timeout=60) as answer:  # noqa: S310
            assert json.loads(answer.read())["name"] == tmp_path.name
        while not (children := psutil.Process(process.pid).children()):  # it begins to plan
            time.sleep(0.05)
        assert "AWS_SECRET_ACCESS_KEY" not in children[0].environ()
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 130


def ask(
    server: PreviewServer, path: str, host: str, method: str = "GET", **headers: str
) -> tuple[int, str]:
    """Return status and body of a request as whoever names the server *host* sends it."""
    port = urlsplit(server.url).port
    connection = http.client.HTTPConnection("127.0.0.1", port)
    with contextlib.closing(connection):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, b"{}", {"Host": f"{host}:{port}"} | named)
        response = connection.getresponse()
        return response.status, response.read().decode()


def test_strangers_are_refused(preview: Preview) -> None:
    """Other names, no secret, other pages' requests; the composition's origin can do nothing."""
    server = preview.server
    own = urlsplit(server.url).path
    assert ask(server, f"{own}state", "127.0.0.1")[0] == 200
    assert ask(server, f"{own}state", "evil.example")[0] == 421
    assert ask(server, "/state", "127.0.0.1")[0] == 404
    assert ask(server, "/guessed/state", "127.0.0.1")[0] == 404
    assert ask(server, f"{own}state", server.composition_host)[0] == 404
    assert ask(server, "/index.html", "127.0.0.1")[0] == 404
    kind = {"Content_Type": "application/json"}
    post = (f"{own}cancel", "127.0.0.1", "POST")
    assert ask(server, *post, **kind)[0] == 200
    assert ask(server, *post, **kind, Origin=server.composition_origin)[0] == 403
    assert ask(server, *post, Content_Type="text/plain")[0] == 403
    assert ask(server, f"{own}cancel", server.composition_host, "POST", **kind)[0] == 403
    status, body = ask(server, f"{own}nonsense", "127.0.0.1", "POST", **kind)
    assert (status, json.loads(body)["code"]) == (400, "INVALID_CONFIG")


@pytest.mark.parametrize(
    ("name", "at"), [("web-animations", 10), ("video-frames", 7), ("css-animations", 12)]
)
def test_it_shows_what_the_render_shows(
    name: str, at: int, browser: Browser, tmp_path: Path
) -> None:
    """The page code is the render's: frames that are stood at are those of stills."""
    project = tmp_path / "project"
    shutil.copytree(COMPOSITIONS / name, project)
    for source in re.findall(r'src="([\w./-]+\.mp4)"', (project / "index.html").read_text()):
        (project / source).parent.mkdir(exist_ok=True)
        write_footage(Path(source).name, project / source)
    with session.preview(project, RenderConfig(), output_dir=tmp_path) as server:
        preview = Preview(server=server, project=project, out=tmp_path)
        preview.planned()
        state = server.state()
        width, height = state["width"] + 700, state["height"] + 700
        page = browser.new_page(viewport={"width": width, "height": height})
        with contextlib.closing(page):
            page.set_default_timeout(PATIENCE_MS)
            page.goto(server.url)
            expect(page.locator("#ruler i").first).to_be_visible()
            style = f"#viewer {{ width: {state['width']}px; height: {state['height']}px; }}"
            page.evaluate(
                """style => { const sheet = new CSSStyleSheet(); sheet.replaceSync(style);
                document.adoptedStyleSheets.push(sheet); }""",
                style + " #screen { box-shadow: none !important; }",
            )
            expect(page.locator("#total")).not_to_have_text(re.compile("^(of 1)?$"))
            page.locator("#frame").fill(str(at))
            page.locator("#frame").press("Enter")
            expect(page.locator("#screen")).to_have_attribute("data-shown", str(at))
            page.locator("#screen").screenshot(path=tmp_path / "shown.png")
        fps = int(state["fps"])
    still(project, tmp_path / "still.png", (at + 0.5) / fps)
    shown, exact = pixels(tmp_path / "shown.png"), pixels(tmp_path / "still.png")
    assert shown.shape == exact.shape
    assert psnr(shown, exact) > 35


def pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Read a picture as RGB."""
    with av.open(path) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24").astype(np.uint8)
