"""Which face a text really shows is known, and a silent fallback is said."""

from pathlib import Path

import pytest

from fanreel.config import RenderConfig
from fanreel.errors import InvalidComposition
from fanreel.plan_dir import read_composition
from fanreel.planning import plan

PAGE = """<!doctype html>
<div data-composition-id="main" data-duration="0.1" data-width="160" data-height="90"
  data-no-timeline>
  <p id="asked" style="font-family: 'No Such Face', sans-serif">Hello</p>
  <p id="any" style="font-family: sans-serif">Hello</p>
</div>
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A page that asks for a family nobody has, and one that takes what there is."""
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "index.html").write_text(PAGE)
    return directory


def test_silent_fallback_is_a_warning_that_names_both_faces(project: Path, tmp_path: Path) -> None:
    """The plan records the faces used, and warns only where a certain face was asked for."""
    result = plan(project, RenderConfig(), tmp_path / "plan")
    [asked, taken] = read_composition(tmp_path / "plan").fonts
    assert asked.families[0] == "No Such Face"
    assert asked.system_fonts
    assert asked.system_fonts == taken.system_fonts
    [warning] = result.warnings
    assert warning.startswith("p#asked: No Such Face is not there")
    assert asked.system_fonts[0] in warning


def test_system_fonts_can_be_refused(project: Path, tmp_path: Path) -> None:
    """With `reject_on_system_fonts` the error names element and family; nothing is written."""
    with pytest.raises(InvalidComposition, match="#asked asks for No Such Face") as caught:
        plan(project, RenderConfig(reject_on_system_fonts=True), tmp_path / "plan")
    assert "@font-face" in caught.value.message
    assert not (tmp_path / "plan").exists()
