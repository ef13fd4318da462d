"""What lint says of a page's text, before any browser."""

from pathlib import Path

import pytest

from fanreel.errors import InvalidComposition
from fanreel.files.project import parse_root
from fanreel.lint.text_checks import check_page
from fanreel.markup.elements import Pages, Spot, read_page

ROOT = '<div data-composition-id="m" data-width="160" data-height="90" data-duration="{}"></div>'
CLIP = '<div id="a" class="clip" data-start="0" data-duration="{}"></div>'


def rules(folder: Path, html: str) -> list[str]:
    """Return the rules that *html* breaks."""
    page = folder / "index.html"
    page.write_text(html)
    return [finding.rule for finding in check_page(folder, "index.html", read_page(page))]


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


@pytest.mark.parametrize("value", ["15", "15/1", "30000/1001", "29.97", "0", "241", "1/0", "x"])
def test_lint_and_plan_agree_on_a_rate(tmp_path: Path, value: str) -> None:
    """Whole, rational or a decimal, from 1 to 240."""
    html = ROOT.format(f'1" data-fps="{value}')
    try:
        parse_root(html, "index.html")
    except InvalidComposition:
        expected = ["bad-number"]
    else:
        expected = []
    assert rules(tmp_path, html) == expected


@pytest.mark.parametrize("start", ["2.5", "clip-1", "clip-1+0.25", "clip-1 + 1", "a.b -0.5"])
def test_a_start_is_seconds_or_an_expression(tmp_path: Path, start: str) -> None:
    """With or without spaces around the plus."""
    assert rules(tmp_path, f'<div class="clip" data-start="{start}"></div>') == []


@pytest.mark.parametrize("start", ["2.5s", "clip-1 + x", "clip-1+", "+clip"])
def test_a_start_that_is_neither_is_found(tmp_path: Path, start: str) -> None:
    """Before any browser."""
    assert rules(tmp_path, f'<div class="clip" data-start="{start}"></div>') == ["bad-time"]


def test_a_host_needs_no_class(tmp_path: Path) -> None:
    """A nested composition is shown and hidden without it, whether it has an id or not."""
    (tmp_path / "card.html").write_text("<p>x</p>")
    host = '<div data-composition-src="card.html" data-start="0"{}></div>'
    assert rules(tmp_path, host.format("")) == []
    assert rules(tmp_path, host.format(' data-composition-id="card"')) == []


@pytest.mark.parametrize("text", ["", " \n ", "<!-- later -->"])
def test_an_empty_nested_file_is_found(tmp_path: Path, text: str) -> None:
    """It is mounted without a complaint, and nothing of it is seen."""
    (tmp_path / "card.html").write_text(text)
    host = '<div data-composition-src="card.html" data-start="0"></div>'
    assert rules(tmp_path, host) == ["empty-composition"]


def test_what_a_style_mentions_has_its_line(tmp_path: Path) -> None:
    """Where a problem names an address only."""
    style = "<style>\n  p {}\n  div { background: url(https://x.invalid/a.png) }\n</style>"
    (tmp_path / "index.html").write_text(ROOT.format("1") + "\n" + style)
    pages = Pages(tmp_path, "index.html")
    spot = pages.search(None, ["https://x.invalid/a.png"])
    assert spot == Spot("index.html", 4, "style")
    assert pages.search(None, ["something-else.png"]) is None
    assert pages.root_spot() == Spot("index.html", 1, "div")


def test_a_clip_has_no_unit(tmp_path: Path) -> None:
    """As in the page, where `5s` is no length of a clip."""
    assert rules(tmp_path, CLIP.format("5s")) == ["bad-number"]
    assert rules(tmp_path, CLIP.format("5")) == []


def test_of_an_attribute_written_twice_the_first_counts(tmp_path: Path) -> None:
    """As in browsers."""
    twice = ROOT.format('1" data-duration="five')
    assert rules(tmp_path, twice) == []
    assert parse_root(twice, "index.html").duration_s == 1
