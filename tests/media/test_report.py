"""`fanreel render --report`: one page of what was made and where the time went."""

import re
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fanreel.cli.app import app
from fanreel.reporting.film_frames import frames_at
from tests.media.sources import numbered, read_number, write_numbered

PAGE = """<!doctype html>
<div data-composition-id="main" data-duration="2" data-width="96" data-height="54" data-no-timeline>
  <p id="a" class="clip" data-start="0" data-duration="2" data-track-index="1">One</p>
  <p id="b" class="clip" data-start="0" data-duration="2" data-track-index="1">Two</p>
</div>
"""


def test_the_page_shows_the_film_and_its_making(tmp_path: Path) -> None:
    """Every segment on its worker, the slowest frames, the warnings; nothing from elsewhere."""
    project, page = tmp_path / "project", tmp_path / "report.html"
    project.mkdir()
    (project / "index.html").write_text(PAGE)
    words = ["render", str(project), "-o", str(tmp_path / "film.mp4"), "--report", str(page)]
    ran = CliRunner().invoke(app, [*words, "--segment-frames", "15", "--workers", "2", "-q"])
    assert ran.exit_code == 0, ran.output
    text = page.read_text()
    spans = re.findall(r"<title>frames (\d+) to (\d+): [\d.]+ s, opening pages", text)
    assert sorted((int(a), int(b)) for a, b in spans) == [(0, 14), (15, 29), (30, 44), (45, 59)]
    assert "worker 1</text>" in text
    reasons = r"<figcaption>frame \d+: (?:script and layout|drawing|encoding) \d+ of \d+ ms"
    assert len(re.findall(reasons, text)) == 6
    assert len(re.findall(r"<figcaption>[\d.]+ s", text)) == 12
    assert re.search(r"</i>scripts and layout <b>[\d.]+ s", text)
    assert re.search(r"all processes: at most [1-9]\d+ MiB", text)
    assert "p#a and p#b overlap on track 1" in text
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []


def test_only_a_page_can_be_asked_for(tmp_path: Path) -> None:
    """Before anything is rendered."""
    ran = CliRunner().invoke(app, ["render", str(tmp_path), "-o", "a.mp4", "--report", "a.pdf"])
    assert "--report a.pdf: allowed: a page" in str(ran.exception)


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_frames_are_found_by_their_numbers(tmp_path: Path, name: str) -> None:
    """Wherever the key frames are."""
    codec = {"codec": "libvpx-vp9"} if name.endswith("webm") else {}
    film = write_numbered(tmp_path / name, 40, options={"g": "12"}, **codec)
    found = frames_at(film, [0, 11, 12, 39, 40], Fraction(30))
    assert {number: read_number(picture[:, :, 1]) for number, picture in found.items()} == {
        0: 0,
        11: 11,
        12: 12,
        39: 39,
    }
    assert found[0].shape[:2] == numbered(0).shape[:2]
