"""What lint says of a page's text, before any browser."""

from pathlib import Path

import pytest

from fanreel.errors import InvalidComposition
from fanreel.lint import _lint
from fanreel.markup import read_page
from fanreel.project import parse_root

ROOT = '<div data-composition-id="m" data-width="160" data-height="90" data-duration="{}"></div>'
CLIP = '<div id="a" class="clip" data-start="0" data-duration="{}"></div>'


def rules(folder: Path, html: str) -> list[str]:
    """Give the rules that *html* breaks."""
    page = folder / "index.html"
    page.write_text(html)
    return [finding.rule for finding in _lint(folder, "index.html", read_page(page))]


@pytest.mark.parametrize("value", ["5", "5s", " 7.5 s ", "5.", ".5", "five", "-1", "5m", "1e3"])
def test_lint_and_plan_agree_on_a_root(tmp_path: Path, value: str) -> None:
    """What is planned is not found fault with, and the other way round."""
    html = ROOT.format(value)
    try:
        parse_root(html, "index.html")
    except InvalidComposition:
        expected = ["bad-number"]
    else:
        expected = []
    assert rules(tmp_path, html) == expected


def test_a_clip_has_no_unit(tmp_path: Path) -> None:
    """As in the page, where `5s` is no length of a clip."""
    assert rules(tmp_path, CLIP.format("5s")) == ["bad-number"]
    assert rules(tmp_path, CLIP.format("5")) == []


def test_of_an_attribute_written_twice_the_first_counts(tmp_path: Path) -> None:
    """As in browsers."""
    twice = ROOT.format('1" data-duration="five')
    assert rules(tmp_path, twice) == []
    assert parse_root(twice, "index.html").duration_s == 1
