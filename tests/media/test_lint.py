"""`fanreel lint` names file, line, element and a fix."""

from pathlib import Path

import pytest

from fanreel.lint.linting import lint
from fanreel.lint.rules import RULES

COMPOSITIONS = Path(__file__).parents[1] / "compositions"

BROKEN = """<!doctype html>
<script src="gone.js"></script>
<div data-composition-id="main" data-duration="1" data-width="160" data-height="90">
  <p id="a" data-start="soon!" data-duration="2s">Hello</p>
  <p id="a" class="clip" data-start="a + 0.5" data-duration="1"
    data-variable-values='{title: 1}'>Hello</p>
  <div data-composition-id="card" data-composition-src="cards/none.html" data-start="0"></div>
</div>
<script>
  const timeline = { repeat: -1 };
</script>
"""


def test_findings_name_their_place_and_a_fix(tmp_path: Path) -> None:
    """Each mistake of the page is found at its own line, sorted as the file reads."""
    (tmp_path / "index.html").write_text(BROKEN)
    findings = lint(tmp_path)
    assert [(item.line, item.rule, item.severity) for item in findings] == [
        (2, "missing-file", "error"),
        (4, "bad-number", "error"),
        (4, "bad-time", "error"),
        (4, "clip-class", "warning"),
        (5, "bad-json", "error"),
        (5, "duplicate-id", "warning"),
        (7, "missing-file", "error"),
        (10, "endless-timeline", "warning"),
    ]
    assert all(item.file == "index.html" and item.fix for item in findings)
    assert findings[1].element == "p#a"


@pytest.mark.parametrize("name", ["everything-moves", "webgl-triangle"])
def test_good_compositions_have_no_errors(name: str) -> None:
    """The browser's own look finds nothing to mend either."""
    assert [item for item in lint(COMPOSITIONS / name) if item.severity == "error"] == []


def test_effects_that_cannot_be_read_are_found(tmp_path: Path) -> None:
    """At the element that writes them, with the way they are written."""
    (tmp_path / "index.html").write_text(
        '<div data-composition-id="main" data-duration="1" data-width="160" data-height="90"\n'
        "data-no-timeline>\n<hf-audio-group id='voices'\n"
        """data-fx-chain='{"version":1,"nodes":[{"type":"flanger"}]}'></hf-audio-group></div>"""
    )
    [finding] = lint(tmp_path)
    assert (finding.file, finding.line, finding.element) == (
        "index.html",
        3,
        "hf-audio-group#voices",
    )
    assert (finding.rule, finding.severity) == ("bad-effect", "error")
    assert "there is no effect 'flanger'" in finding.message


def test_what_only_the_browser_sees_is_found(tmp_path: Path) -> None:
    """A cycle of references shows when the clips are resolved."""
    (tmp_path / "index.html").write_text(
        '<div data-composition-id="main" data-duration="1" data-width="160" data-height="90"\n'
        'data-no-timeline><p id="a" class="clip" data-start="b" data-duration="1">A</p>\n'
        '<p id="b" class="clip" data-start="a" data-duration="1">B</p></div>'
    )
    [finding] = lint(tmp_path)
    assert (finding.file, finding.line, finding.element) == ("index.html", 2, "p#a")
    assert (finding.rule, finding.severity) == ("circular-start", "error")
    assert "depends on itself" in finding.message
    assert "start in seconds" in finding.fix


DOUBTFUL = """<!doctype html>
<style>p { font-family: "Nowhere Sans"; }</style>
<div data-composition-id="main" data-duration="1" data-width="160" data-height="90"
     data-no-timeline>
  <p id="a" class="clip" data-start="0" data-duration="1" data-track-index="1">Hello</p>
  <p id="a" class="clip" data-start="0" data-duration="1s" data-track-index="1">Hello</p>
  <img src="broken.png">
  <div id="host" data-composition-id="card" data-composition-src="cards/card.html"
    data-start="0" data-duration="1"></div>
</div>
<script>
  console.log("fine");
  throw new TypeError("no such thing");
</script>
<script src="code.js"></script>
"""
CARD = """<div data-composition-id="card" data-width="160" data-height="90" data-no-timeline>
  <p class="clip one" data-start="0" data-duration="1" data-track-index="3"></p>
  <p class="clip two" data-start="0" data-duration="1" data-track-index="3"></p>
  <video id="a" src="x.mp4"><track src="x.vtt"></video>
</div>
<script>
  document.querySelector("#nowhere").textContent = "x";
</script>
"""


def test_what_the_browser_warns_of_is_found_at_its_place(tmp_path: Path) -> None:
    """Each kind under its own rule, in the file and at the line of the element or the code."""
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards/card.html").write_text(CARD.replace(' src="x.mp4"', ""))
    (tmp_path / "code.js").write_text("\nthrow new RangeError('far');\n")
    (tmp_path / "broken.png").write_text("no picture")
    (tmp_path / "index.html").write_text(DOUBTFUL.replace('"1s"', '"1"'))
    findings = [item for item in lint(tmp_path) if item.rule != "missing-file"]
    assert [(item.file, item.line, item.element, item.rule) for item in findings] == [
        ("cards/card.html", 3, "p.clip.two", "track-overlap"),
        ("cards/card.html", 4, "video#a", "captions"),
        ("cards/card.html", 7, "script", "script-threw"),
        ("code.js", 2, "script", "script-threw"),
        ("index.html", 5, "p#a", "font-fallback"),
        ("index.html", 6, "p#a", "duplicate-id"),
        ("index.html", 6, "p#a", "track-overlap"),
        ("index.html", 7, "img", "broken-file"),
        ("index.html", 13, "script", "script-threw"),
    ]
    assert {item.severity for item in findings} == {"warning"}
    from_browser = [item for item in findings if item.rule != "duplicate-id"]
    assert all(item.fix == RULES[item.rule] for item in from_browser)


def test_an_error_in_the_text_does_not_hide_what_the_browser_sees(tmp_path: Path) -> None:
    """A page that nothing mounts may be broken; the composition is looked at all the same."""
    page = DOUBTFUL.partition("  <img")[0].replace('"1s"', '"1"') + "</div>"
    (tmp_path / "index.html").write_text(page)
    (tmp_path / "unused.html").write_text('<p data-start="soon!" class="clip"></p>')
    found = {(item.file, item.line, item.rule) for item in lint(tmp_path)}
    assert found >= {("unused.html", 1, "bad-time"), ("index.html", 6, "track-overlap")}


def test_a_mistake_is_told_once(tmp_path: Path) -> None:
    """What both the text and the browser show is the same finding."""
    page = DOUBTFUL.partition("  <img")[0] + "</div>"
    (tmp_path / "index.html").write_text(page)
    errors = [item for item in lint(tmp_path) if item.severity == "error"]
    assert [(item.line, item.rule) for item in errors] == [(6, "bad-number")]


BLANK = """<style>#root {{ background: #fff }} #words {{ position: absolute; top: {top} }}</style>
<div id="root" data-composition-id="main" data-duration="2" data-width="160" data-height="90"
data-no-timeline><p id="words" class="clip" data-start="0.5" data-duration="0.1">Words</p></div>"""


@pytest.mark.parametrize(("top", "rules"), [("-60px", ["blank"]), ("0", [])])
def test_a_page_that_shows_nothing_but_its_background_is_found(
    tmp_path: Path, top: str, rules: list[str]
) -> None:
    """What leaves the frame is not seen; what is seen for a moment only is."""
    (tmp_path / "index.html").write_text(BLANK.format(top=top))
    assert [item.rule for item in lint(tmp_path) if item.rule != "font-fallback"] == rules
