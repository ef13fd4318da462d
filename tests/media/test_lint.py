"""`fanreel lint` names file, line, element and a fix."""

from pathlib import Path

import pytest

from fanreel.lint import lint

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


def test_what_only_the_browser_sees_is_found(tmp_path: Path) -> None:
    """A cycle of references shows when the clips are resolved."""
    (tmp_path / "index.html").write_text(
        '<div data-composition-id="main" data-duration="1" data-width="160" data-height="90" '
        'data-no-timeline><p id="a" class="clip" data-start="b" data-duration="1">A</p>'
        '<p id="b" class="clip" data-start="a" data-duration="1">B</p></div>'
    )
    findings = lint(tmp_path)
    assert any(item.rule == "invalid-composition" and "a" in item.element for item in findings)
