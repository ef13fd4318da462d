"""Families that a composition names and brings no font for: the five ways to a face."""

import http.server
import shutil
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fanreel import UsedFont
from fanreel.config import RenderConfig
from fanreel.errors import InvalidComposition
from fanreel.planning import plan
from fanreel.rendering import render_chunk
from fanreel.results import PlanResult
from fanreel.work.planning import make_distributed_plan
from tests.media.encoding import decode

FONT = "@fontsource-variable/martian-mono/files/martian-mono-latin-standard-normal.woff2"
PAGE = """<!doctype html>
<style>body { margin: 0; font-size: 20px }</style>
HEAD
<div data-composition-id="main" data-duration="DURATION" data-width="320" data-height="180"
  data-no-timeline>BODY</div>
"""
INTER = "compiled/fonts/inter-latin-wght-normal.woff2"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, npm_dir: Path) -> Write:
    """Return a function that writes a project."""

    def project(body: str, head: str = "", duration: str = "0.1") -> Path:
        directory = tmp_path / "project"
        directory.mkdir(exist_ok=True)
        shutil.copyfile(npm_dir / FONT, directory / "mono.woff2")
        page = PAGE.replace("BODY", body).replace("HEAD", head).replace("DURATION", duration)
        (directory / "index.html").write_text(page)
        return directory

    return project


@pytest.fixture
def service(npm_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Stand in for the web's families: it knows Martian Mono only; give the paths asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            family = query.get("family", [""])[0].partition(":")[0]
            body = b""
            if self.path == "/latin.woff2":
                body = (npm_dir / FONT).read_bytes()
            elif family.casefold() == "martian mono":
                address = f"http://{self.headers['Host']}"
                body = (
                    "@font-face { font-family: 'Martian Mono'; font-weight: 100 800; "
                    f"src: url({address}/latin.woff2) format('woff2'); "
                    "unicode-range: U+0000-00FF }\n"
                    "@font-face { font-family: 'Martian Mono'; font-weight: 100 800; "
                    f"src: url({address}/cyrillic.woff2) format('woff2'); "
                    "unicode-range: U+0400-04FF }"
                ).encode()
            self.send_response(200 if body else 400)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("FANREEL_WEB_FONTS_URL", address)
        yield asked
        server.shutdown()


def by_element(result: PlanResult) -> dict[str, UsedFont]:
    """Return what was found, by the element's id."""
    return {font.element.rpartition("#")[2]: font for font in result.fonts}


def test_a_confined_child_has_another_process_ask_the_service(
    write: Write, service: list[str], tmp_path: Path
) -> None:
    """Which the environment names: by itself the child connects to its own pages only."""
    project = write("<p id='web'>web</p>", "<style>#web { font-family: 'Martian Mono' }</style>")
    result = plan(project, RenderConfig(), tmp_path / "plan")
    assert {name: font.way for name, font in by_element(result).items()} == {"web": "web"}
    assert service


def test_each_text_says_which_way_gave_its_face(
    write: Write, service: list[str], tmp_path: Path
) -> None:
    """Of the project, the format's own, a substitute, from the web, generic, the machine's."""
    project = write(
        """<p id="own">own</p><p id="inter">inter</p><p id="helvetica">helvetica</p>
        <p id="web">web</p><p id="generic">generic</p><p id="unknown">unknown</p>
        <p id="second">second</p><p id="nothing">nothing</p>""",
        """<style>
          @font-face { font-family: Own; src: url(mono.woff2) }
          :root { --named: "Inter", serif }
          #own { font-family: Own } #inter { font-family: var(--named) }
          #helvetica { font: 20px/1.2 "Helvetica Neue", Arial, sans-serif }
          #web { font-family: "Martian Mono", monospace } #generic { font-family: system-ui }
          #unknown { font-family: "No Such Face", sans-serif }
          #second { font-family: "No Such Face", Georgia, serif }
        </style>""",
    )
    result = make_distributed_plan(project, RenderConfig(), tmp_path / "plan")
    found = by_element(result)
    assert {name: font.way for name, font in found.items()} == {
        "own": "project",
        "inter": "built-in",
        "helvetica": "substitute",
        "web": "web",
        "generic": "generic",
        "unknown": "system",
        "second": "substitute",
        "nothing": "system",
    }
    assert found["inter"].web_fonts == ("Inter",)
    assert found["helvetica"].families == ("Helvetica Neue", "Arial", "sans-serif")
    assert (found["generic"].families, found["generic"].web_fonts) == (("system-ui",), ("Inter",))
    assert found["second"].web_fonts == ("EB Garamond",)
    assert [text.partition(";")[0] for text in result.warnings] == [
        "p#unknown: No Such Face is not there, the text is drawn with Liberation Sans",
        "p#second: No Such Face is not there, the text is drawn with EB Garamond",
    ]
    families = [path for path in service if path.startswith("/css?")]
    assert len(families) == 2  # each once
    assert "/cyrillic.woff2" not in service  # no text needs it


def test_faces_by_name_are_artifacts_of_the_plan(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker needs neither network nor families of its own, and the hash covers them."""
    project = write("<p style='font-family: Inter; font-weight: 700'>Hello</p>")
    result = make_distributed_plan(project, RenderConfig(quality="draft"), tmp_path / "plan")
    first = render_chunk(tmp_path / "plan", 0, tmp_path / "first.mp4")
    assert (tmp_path / "plan" / INTER).is_file()
    monkeypatch.setenv("FANREEL_FONTS_DIR", str(tmp_path / "none"))
    second = render_chunk(tmp_path / "plan", 0, tmp_path / "second.mp4")
    assert first.sha256 == second.sha256
    monkeypatch.setattr("fanreel.fonts.store.SYSTEM_DIR", tmp_path / "none")
    monkeypatch.setenv("FANREEL_NPM_REGISTRY", "http://127.0.0.1:9")
    other = make_distributed_plan(project, RenderConfig(quality="draft"), tmp_path / "other")
    assert other.plan_hash != result.plan_hash


def test_only_faces_of_the_machine_are_refused(
    write: Write, service: list[str], tmp_path: Path
) -> None:
    """`reject_on_system_fonts` lets the four other ways pass."""
    config = RenderConfig(reject_on_system_fonts=True)
    named = ["Inter", "Courier New", "Martian Mono", "sans-serif", "monospace"]
    body = "".join(f"<p style='font-family: {name}'>Hello</p>" for name in named)
    make_distributed_plan(write(body), config, tmp_path / "plan")
    with pytest.raises(InvalidComposition, match="Liberation Serif"):
        make_distributed_plan(write(body + "<p id='nothing'>Hello</p>"), config, tmp_path / "other")


def test_the_composition_s_own_face_of_a_known_name_wins_entirely(
    write: Write, tmp_path: Path
) -> None:
    """Also for weights it has no face of, in any file, and when a script brings it."""
    body = "<p style='font-family: Inter; font-weight: 700'>Hello</p><p style='font-family: Lato'>H"
    head = """
      <style>@font-face { font-family: Inter; font-weight: 400; src: url(mono.woff2) }</style>
      <script>
        new FontFace("Lato", "url(mono.woff2)").load().then((face) => document.fonts.add(face));
      </script>"""
    result = make_distributed_plan(write(body, head), RenderConfig(), tmp_path / "plan")
    assert {font.way for font in result.fonts} == {"project"}
    assert {name for font in result.fonts for name in font.web_fonts} == {
        "Martian Mono SemiExpanded"
    }
    assert not (tmp_path / "plan/compiled/fonts").exists()


def test_a_machine_that_is_offline_is_told_once(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One warning about the format's fonts, one about the web's; no generic name is spoken of."""
    monkeypatch.setenv("FANREEL_FONTS_DIR", str(tmp_path / "none"))
    monkeypatch.setattr("fanreel.fonts.store.SYSTEM_DIR", tmp_path / "none")
    monkeypatch.setenv("FANREEL_NPM_REGISTRY", "http://127.0.0.1:9")
    monkeypatch.setenv("FANREEL_WEB_FONTS_URL", "http://127.0.0.1:9")
    project = write(
        """<p style="font-family: Inter">a</p><p style="font-family: Arial, Inter">b</p>
        <p style="font-family: sans-serif">c</p><p style="font-family: Martian Mono">d</p>"""
    )
    result = make_distributed_plan(project, RenderConfig(), tmp_path / "plan")
    [ours, webs, *fallbacks] = result.warnings
    assert ours.startswith("Inter: not on this machine yet, and the npm registry does not give")
    assert "fanreel fonts fetch" in ours
    assert webs.startswith("Martian Mono: not looked up among the web's families")
    asked = [text.partition(": ")[2].partition(" is not there")[0] for text in fallbacks]
    assert asked == ["Inter", "Arial", "Martian Mono"]
    only = write("<p style='font-family: sans-serif'>c</p>")
    [warning] = make_distributed_plan(only, RenderConfig(), tmp_path / "other").warnings
    assert warning.startswith("the format's fonts for generic families: not on this machine yet")


MEASURES = """<p id="text" style="font: 700 40px Inter">Hamburgefonts</p>
<span id="linked">Hamburgefonts</span>
<x-shadow id="shadow"></x-shadow><iframe src="inner.html"></iframe>
<svg width="320" height="60"><text id="svg" font-size="40" font-family="Oswald">Hamburg</text></svg>
<script>
  const inside = shadow.attachShadow({ mode: "open" });
  inside.innerHTML = "<b style='font: 40px Lato'>Hamburg</b>";
  function measure() {
    const range = document.createRange();
    range.selectNodeContents(text);
    const { width, height } = range.getBoundingClientRect();
    const widths = [width, height];
    for (const canvas of [document.createElement("canvas"), new OffscreenCanvas(1, 1)]) {
      const context = canvas.getContext("2d");
      for (const font of ["700 40px Inter", "40px Menlo", "40px system-ui"]) {
        context.font = font;
        widths.push(context.measureText("Hamburgefonts").width);
      }
    }
    widths.push(linked.getBoundingClientRect().width);
    widths.push(inside.firstChild.getBoundingClientRect().width, svg.getComputedTextLength());
    return widths.map((width) => width.toFixed(1)).join("_");
  }
  fetch(`early/${measure()}`);
  document.fonts.ready.then(() => fetch(`late/${measure()}`));
</script>"""


def test_scripts_that_measure_as_they_load_measure_the_right_faces(
    write: Write, tmp_path: Path
) -> None:
    """Texts, canvases on and off the screen, shadow trees and SVG, before the page is ready."""
    project = write(MEASURES, '<link rel="stylesheet" href="linked.css">')
    (project / "linked.css").write_text("#linked { font: 40px sans-serif }")
    (project / "inner.html").write_text("<p style='font-family: Poppins'>framed")
    result = make_distributed_plan(project, RenderConfig(), tmp_path / "plan")
    told = {
        when: [text for text in result.warnings if f"{when}/" in text][-1]
        for when in ("early", "late")
    }
    early, late = (told[when].partition(f"{when}/")[2].partition(":")[0] for when in told)
    assert early == late
    width, height, *others = map(float, early.split("_"))
    assert (width, height) == pytest.approx((305.4, 48.0), abs=1)
    assert others[0] == others[3] == pytest.approx(width, abs=0.2)
    assert others[1] == others[4] == pytest.approx(13 * 24, abs=0.1)  # JetBrains Mono's em / 0.6
    assert others[2] == others[5] == pytest.approx(others[6], abs=0.2)
    assert others[2] != pytest.approx(width, abs=5)
    assert {font.web_fonts for font in result.fonts} == {
        ("Inter",),
        ("Lato",),
        ("Oswald",),
        ("Poppins",),
    }
    frozen = {path.name for path in (tmp_path / "plan/compiled/fonts").iterdir()}
    assert "jetbrains-mono-latin-wght-normal.woff2" in frozen  # a canvas only asked for it
    assert "poppins-latin-700-normal.woff2" not in frozen  # nobody asks for it


def test_a_name_that_a_script_puts_together_is_found(write: Write, tmp_path: Path) -> None:
    """At its time on the timeline, and the picture is the same from every chunk."""
    project = write(
        """<p id="late">Hello</p><script>
          requestAnimationFrame(function draw(now) {
            late.style.fontFamily = now >= 500 ? "Space" + " Mono" : "Ou" + "tfit";
            requestAnimationFrame(draw);
          });
        </script>""",
        duration="1",
    )
    result = make_distributed_plan(
        project, RenderConfig(quality="draft", segment_frames=15), tmp_path / "plan"
    )
    assert {font.web_fonts for font in result.fonts} == {("Outfit",), ("Space Mono",)}
    assert {font.way for font in result.fonts} == {"built-in"}
    assert result.warnings == ()
    render_chunk(tmp_path / "plan", 0, tmp_path / "one.mp4")
    assert len(decode(tmp_path / "one.mp4")) > 0
