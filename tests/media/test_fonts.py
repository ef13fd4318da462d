"""Which face a text really shows is known, and a silent fallback is said."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from fanreel import RenderResult, UsedFont, render, render_chunk
from fanreel.cli.wording import in_options
from fanreel.config import RenderConfig
from fanreel.errors import FontFetchFailed, InvalidComposition
from fanreel.files.plan_reading import read_composition
from fanreel.inspection import asked_for
from fanreel.network.fetch import Refused, Response
from fanreel.network.outside import Recorder
from fanreel.problems import problems_of
from fanreel.results import PlanResult
from fanreel.work.planning import make_distributed_plan
from tests.media.encoding import decode

FONT = "@fontsource-variable/martian-mono/files/martian-mono-latin-standard-normal.woff2"
FACE = "Martian Mono SemiExpanded"
PAGE = """<!doctype html>
<style>
  @font-face { font-family: "Mono"; src: url(mono.woff2) }
  body { margin: 0; font: 20px "Mono", sans-serif }
</style>
<div data-composition-id="main" data-duration="DURATION" data-width="320" data-height="180"
  data-no-timeline>BODY</div>
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, npm_dir: Path) -> Write:
    """Return a function that writes a project whose font has Latin letters only."""

    def project(body: str, duration: str = "0.1") -> Path:
        directory = tmp_path / "project"
        directory.mkdir()
        shutil.copyfile(npm_dir / FONT, directory / "mono.woff2")
        page = PAGE.replace("BODY", body).replace("DURATION", duration)
        (directory / "index.html").write_text(page)
        return directory

    return project


def used(result: PlanResult | RenderResult) -> dict[str, UsedFont]:
    """Return what was found, by element."""
    return {font.element: font for font in result.fonts}


def fallen_back(result: PlanResult) -> set[str]:
    """Return the elements that warnings about fonts name."""
    about = [text for text in result.warnings if "lacks characters" in text or "not there" in text]
    return {element for text in about for element in text.partition(":")[0].split(", ")}


def test_silent_fallback_is_a_warning_that_names_both_faces(write: Write, tmp_path: Path) -> None:
    """The plan records the faces used, and warns only where a certain face was asked for."""
    project = write(
        """<p id="asked" style="font-family: 'No Such Face', sans-serif">Hello</p>
        <p id="any" style="font-family: sans-serif">Hello</p>"""
    )
    result = make_distributed_plan(project, RenderConfig(), tmp_path / "plan")
    [asked, taken] = read_composition(tmp_path / "plan").fonts
    assert asked.families[0] == "No Such Face"
    assert asked.system_fonts
    assert not asked.web_fonts
    assert (taken.families, taken.web_fonts, taken.system_fonts) == (
        ("sans-serif",),
        ("Inter",),
        (),
    )
    [warning] = result.warnings
    assert warning.startswith("p#asked: No Such Face is not there")
    assert asked.system_fonts[0] in warning


def test_system_fonts_can_be_refused(write: Write, tmp_path: Path) -> None:
    """With `reject_on_system_fonts` the error names element and family; nothing is written."""
    project = write("<p id='asked' style='font-family: No Such Face'>Hello</p>")
    with pytest.raises(InvalidComposition, match="#asked asks for No Such Face") as caught:
        make_distributed_plan(project, RenderConfig(reject_on_system_fonts=True), tmp_path / "plan")
    assert "@font-face" in caught.value.message
    assert not (tmp_path / "plan").exists()


def test_every_element_is_asked_not_the_first_of_its_kind(write: Write, tmp_path: Path) -> None:
    """What the font of the page lacks is the machine's, also where the text before is not."""
    project = write("<p id='a'>Hello</p><p id='b'>漢字</p><p id='c'>Hell</p>")
    result = make_distributed_plan(project, RenderConfig(), tmp_path / "plan")
    found = used(result)
    assert list(found) == ["p#a", "p#b"]
    assert (found["p#a"].web_fonts, found["p#a"].system_fonts) == ((FACE,), ())
    [face] = found["p#b"].system_fonts
    assert not found["p#b"].web_fonts
    [warning] = result.warnings
    assert warning.startswith("p#b: Mono did not load or lacks characters")
    assert face in warning
    assert read_composition(tmp_path / "plan").fonts == result.fonts
    with pytest.raises(InvalidComposition, match=r"p#b asks for Mono, sans-serif .*") as caught:
        make_distributed_plan(
            project, RenderConfig(reject_on_system_fonts=True), tmp_path / "again"
        )
    assert face in caught.value.message
    assert "p#a" not in caught.value.message


def test_a_fallback_for_a_part_of_a_text_is_said(write: Write, tmp_path: Path) -> None:
    """Both faces are in the report, the warning and the error."""
    project = write("<p id='mixed'>Hello 漢字</p>")
    result = make_distributed_plan(project, RenderConfig(), tmp_path / "plan")
    [font] = result.fonts
    assert (font.web_fonts, font.declared) == ((FACE,), "Mono")
    [warning] = result.warnings
    assert warning.startswith("p#mixed: Mono")
    assert f"{font.system_fonts[0]} beside {FACE}" in warning
    with pytest.raises(InvalidComposition, match="p#mixed asks for Mono"):
        make_distributed_plan(
            project, RenderConfig(reject_on_system_fonts=True), tmp_path / "again"
        )


def test_emoji_and_generic_families_are_no_silent_fallback(write: Write, tmp_path: Path) -> None:
    """Reported, and errors only where all faces of the machine are."""
    project = write(
        """<p id="fun">Go \U0001f680</p>
        <p id="any" style="font-family: sans-serif">漢字</p>
        <p id="named" style="font-family: Mono, NAMED">漢字</p>"""
    )
    index = project / "index.html"
    face = used(make_distributed_plan(project, RenderConfig(), tmp_path / "first"))[
        "p#any"
    ].system_fonts[0]
    index.write_text(index.read_text().replace("NAMED", f"'{face}'"))
    result = make_distributed_plan(project, RenderConfig(), tmp_path / "plan")
    assert result.warnings == ()
    assert [font.emoji for font in result.fonts if font.element == "p#fun"] == [False, True]
    assert used(result)["p#fun"].system_fonts
    with pytest.raises(InvalidComposition, match="p#fun asks for Mono"):
        make_distributed_plan(
            project, RenderConfig(reject_on_system_fonts=True), tmp_path / "again"
        )


def test_texts_of_the_middle_of_the_timeline_are_asked_about(write: Write, tmp_path: Path) -> None:
    """Texts written, shown and given a font for a while, none of which is there at the end."""
    project = write(
        """<p id="written">Hello</p><p id="shown" style="display: none">漢</p>
        <p id="given" class="x">字</p>
        <style>.x { font-family: sans-serif }</style>
        <script>
          requestAnimationFrame(function draw(now) {
            const amid = now >= 1000 && now < 1500;
            written.textContent = amid ? "Привет" : "Hello";
            shown.style.display = amid ? "block" : "none";
            given.className = amid ? "" : "x";
            requestAnimationFrame(draw);
          });
        </script>""",
        duration="2",
    )
    assert fallen_back(make_distributed_plan(project, RenderConfig(), tmp_path / "plan")) == {
        "p#written",
        "p#shown",
        "p#given",
    }


def test_texts_out_of_the_document_s_own_tree_are_asked_about(write: Write, tmp_path: Path) -> None:
    """In shadow trees, open, closed and declared, in frames of the project, and made by styles."""
    project = write(
        """<x-open></x-open><x-closed></x-closed>
        <x-declared><template shadowrootmode="open"><b id="b">漢</b></template></x-declared>
        <p id="made"></p><iframe src="inner.html"></iframe>
        <style>#made::after { content: "字" }</style>
        <script>
          for (const [mode, sign] of [["open", "語"], ["closed", "文"]]) {
            document.querySelector(`x-${mode}`).attachShadow({ mode }).innerHTML =
              `<i id="${mode}">${sign}</i>`;
          }
        </script>"""
    )
    page = '<style>p { font-family: "No Such Face" }</style><p id="framed">Hello'
    (project / "inner.html").write_text(page)
    assert fallen_back(make_distributed_plan(project, RenderConfig(), tmp_path / "plan")) == {
        "x-open i#open",
        "x-closed i#closed",
        "x-declared b#b",
        "p#made",
        "p#framed",
    }


def test_a_render_reports_its_fonts(write: Write, tmp_path: Path) -> None:
    """The result of the in-process renderer has what the plan's has."""
    project = write("<p>Hello</p>")
    config = RenderConfig(quality="draft")
    [font] = render(project, tmp_path / "out.mp4", config, workers=1).fonts
    assert font.web_fonts == (FACE,)
    assert make_distributed_plan(project, config, tmp_path / "plan").fonts == (font,)


# ---- fonts from the network ---------------------------------------------------------------------
SHEET_URL = "https://fonts.googleapis.com/css2?family=Martian+Mono:wght@400;700&display=swap"
FILE_URL = "https://fonts.gstatic.com/s/martianmono/v5/latin.woff2"
SHEET = f"""@font-face {{
  font-family: 'Martian Mono'; font-style: normal; font-weight: 100 800; font-display: swap;
  src: url({FILE_URL}) format('woff2'); unicode-range: U+0000-00FF;
}}"""
GOOGLE = f"""<!doctype html>
<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>
<link rel="stylesheet" href="{SHEET_URL.replace("&", "&amp;")}">
<style>
  body {{ margin: 0; background: #fff }}
  span {{ font: 20px/40px "Martian Mono", serif; background: #f00; color: #f00 }}
</style>
<div data-composition-id="main" data-duration="0.2" data-width="320" data-height="180"
  data-no-timeline><span id="words">ten chars!</span></div>
"""
Answers = Mapping[str, tuple[str, bytes]]


@pytest.fixture
def google(tmp_path: Path) -> Path:
    """A page that takes its font from Google Fonts."""
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "index.html").write_text(GOOGLE)
    return directory


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], list[str]]:
    """Return a function that makes these the planner's network; it gives the URLs asked for."""

    def answer(answers: Answers) -> list[str]:
        asked: list[str] = []

        def fetch(url: str, _headers: Mapping[str, str]) -> Response:
            asked.append(url)
            if url not in answers:
                raise Refused("no route")
            kind, body = answers[url]
            headers = {"content-type": kind, "access-control-allow-origin": "*"}
            return Response(url=url, status=200, headers=headers, body=body)

        monkeypatch.setattr(asked_for, "Recorder", lambda folder: Recorder(folder, fetcher=fetch))
        return asked

    return answer


def red_columns(path: Path) -> int:
    """Count the columns that the red text spans, in the first frame."""
    picture = decode(path)[0].astype(int)
    red = (picture[..., 0] > 200) & (picture[..., 1] < 60)
    return int(red.any(axis=0).sum())


def test_google_fonts_are_recorded_and_replayed_by_workers(
    google: Path, tmp_path: Path, npm_dir: Path, answering: Callable[[Answers], list[str]]
) -> None:
    """The worker has no network, and shows ten letters of 14 pixels each, as the font has them."""
    asked = answering(
        {
            SHEET_URL: ("text/css; charset=utf-8", SHEET.encode()),
            FILE_URL: ("font/woff2", (npm_dir / FONT).read_bytes()),
        }
    )
    config = RenderConfig(reject_on_system_fonts=True)
    result = make_distributed_plan(google, config, tmp_path / "plan")
    assert sorted(asked) == [SHEET_URL, FILE_URL]
    [font] = result.fonts
    assert (font.web_fonts, font.system_fonts, result.warnings) == ((FACE,), (), ())
    answering({})
    render_chunk(tmp_path / "plan", 0, tmp_path / "chunk.mp4")
    assert red_columns(tmp_path / "chunk.mp4") == pytest.approx(140, abs=2)


@pytest.mark.parametrize("missing", [SHEET_URL, FILE_URL])
def test_a_refused_font_is_an_error_of_its_own(
    google: Path, tmp_path: Path, missing: str, answering: Callable[[Answers], list[str]]
) -> None:
    """The style sheet or the file, by its URL, and the option that lets it pass."""
    answers = {SHEET_URL: ("text/css", SHEET.encode())}
    answering({url: answer for url, answer in answers.items() if url != missing})
    with pytest.raises(FontFetchFailed, match="could not be fetched: no route") as caught:
        make_distributed_plan(google, RenderConfig(), tmp_path / "plan")
    assert caught.value.facts["url"] == missing
    assert "or give --no-fail-closed-font-fetch to render" in in_options(caught.value)
    [problem] = problems_of(caught.value)
    assert (problem.rule, problem.names) == ("outside-file", (missing,))
    assert not (tmp_path / "plan").exists()


@pytest.mark.parametrize("missing", [SHEET_URL, FILE_URL])
def test_a_refused_font_can_be_let_pass(
    google: Path, tmp_path: Path, missing: str, answering: Callable[[Answers], list[str]]
) -> None:
    """With a warning about the URL and one about the text; the worker draws what was planned."""
    answers = {SHEET_URL: ("text/css", SHEET.encode())}
    answering({url: answer for url, answer in answers.items() if url != missing})
    config = RenderConfig(fail_closed_font_fetch=False)
    result = make_distributed_plan(google, config, tmp_path / "plan")
    assert any(warning.startswith(f"{missing} could not") for warning in result.warnings)
    assert any(warning.startswith("span#words: Martian Mono") for warning in result.warnings)
    [font] = result.fonts
    assert font.system_fonts
    render_chunk(tmp_path / "plan", 0, tmp_path / "chunk.mp4")
    assert 20 < red_columns(tmp_path / "chunk.mp4") < 130
