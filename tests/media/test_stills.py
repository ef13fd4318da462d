"""`fanreel still`: one frame, what is wrong with the page, and times that there are not."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fanreel.cli.app import app
from fanreel.errors import InvalidConfig
from fanreel.stills import still

PAGE = """<!doctype html>
<div data-composition-id="main" data-duration="2" data-width="64" data-height="36" data-no-timeline>
  <p id="a" class="clip" data-start="0" data-duration="1" data-track-index="1">One</p>
  <p id="b" class="clip" data-start="0" data-duration="1" data-track-index="1">Two</p>
</div>
"""
OVERLAP = 'p#a and p#b overlap on track 1 of composition "main"'


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(PAGE)
    return tmp_path


def test_warnings_are_told(project: Path) -> None:
    """As `fanreel render` tells them, on standard error."""
    picture = project / "poster.png"
    ran = CliRunner().invoke(app, ["still", str(project), "--at", "0.5", "-o", str(picture)])
    assert ran.exit_code == 0, ran.output
    assert ran.stderr == f"warning: {OVERLAP}\n"
    assert ran.stdout == f"{picture}: 0.5 s\n"
    assert picture.is_file()


def test_programs_get_json(project: Path) -> None:
    """One object with the picture and the warnings."""
    picture = project / "poster.png"
    options = ["--at", "0.5", "-o", str(picture), "--json", "--fps", "24"]
    ran = CliRunner().invoke(app, ["still", str(project), *options])
    assert json.loads(ran.stdout) == {
        "outputPath": str(picture),
        "atS": 0.5,
        "frame": 12,
        "width": 64,
        "height": 36,
        "sizeBytes": picture.stat().st_size,
        "warnings": [OVERLAP],
    }


@pytest.mark.parametrize("at_s", [2, 9])
def test_a_time_beyond_the_end_is_named(project: Path, at_s: int) -> None:
    """By the option that was given, its value, and the composition's length."""
    message = f"at = {at_s}: allowed: seconds from 0 to below 2, the composition's length"
    with pytest.raises(InvalidConfig, match=message):
        still(project, project / "poster.png", at_s)
    assert not (project / "poster.png").exists()
