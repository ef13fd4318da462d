"""`fanreel init`: what it starts has nothing to mend and renders."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fanreel.cli.app import app
from fanreel.comparison.frames import Picture, read_frames
from fanreel.errors import AssetNotFound, InvalidConfig
from fanreel.fonts.registry import REGISTRY_VARIABLE
from fanreel.lint.linting import lint
from fanreel.starters import starting
from fanreel.starters.starting import GSAP_VERSION, start_project
from fanreel.stills import still
from tests.media.libraries import install_libraries


def test_a_project_is_started_and_shows_its_title(tmp_path: Path) -> None:
    """Ink on paper once it has risen, nothing for lint to say, no file from elsewhere."""
    ran = CliRunner().invoke(app, ["init", str(tmp_path / "film")])
    assert ran.exit_code == 0, ran.output
    assert lint(tmp_path / "film") == []
    still(tmp_path / "film", tmp_path / "still.png", 2)
    [picture] = read_frames(tmp_path / "still.png")
    assert picture[20, 20].tolist() == [0x23, 0x31, 0xC8, 255]
    ink = np.all(picture == [0xFB, 0xF6, 0xEA, 255], axis=2)
    assert ink[380:520, 160:1400].mean() > 0.15


def test_gsap_moves_the_same_title(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library lies in the project."""
    gsap = next(install_libraries().glob("**/gsap/dist/gsap.min.js"))
    assert f"GSAP {GSAP_VERSION}" in gsap.read_text()[:200]
    monkeypatch.setattr(starting, "_gsap", lambda _environ: gsap.read_bytes())
    start_project(tmp_path / "film", gsap=True)
    assert lint(tmp_path / "film") == []
    pictures: list[Picture] = []
    for at_s in (0, 2):
        still(tmp_path / "film", tmp_path / f"{at_s}.png", at_s)
        pictures += read_frames(tmp_path / f"{at_s}.png")
    ink = [np.all(picture == [0xFB, 0xF6, 0xEA, 255], axis=2).mean() for picture in pictures]
    assert ink[0] == 0
    assert ink[1] > 0.02


def test_without_a_registry_nothing_is_written(tmp_path: Path) -> None:
    """The message says what to set, and that there is another way."""
    environ = {REGISTRY_VARIABLE: "http://127.0.0.1:9"}
    with pytest.raises(AssetNotFound, match=f"{REGISTRY_VARIABLE}, or start without --gsap"):
        start_project(tmp_path / "film", gsap=True, environ=environ)
    assert not (tmp_path / "film").exists()


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    """Also with one file; an empty one will do."""
    start_project(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["index.html"]
    with pytest.raises(InvalidConfig, match="is there and not empty"):
        start_project(tmp_path)
