"""`fanreel init`: what it starts has nothing to mend and renders."""

import io
import json
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fanreel.cli.app import app
from fanreel.comparison.frames import Picture, read_frames
from fanreel.errors import AssetNotFound, InvalidConfig
from fanreel.fonts.registry import REGISTRY_VARIABLE
from fanreel.lint.linting import lint
from fanreel.starters import libraries
from fanreel.starters.starting import example_names, start_project
from fanreel.stills import still

REPOSITORY = Path(__file__).parents[2]


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


def test_a_newcomer_has_a_video_within_two_minutes(tmp_path: Path) -> None:
    """By the two commands that `fanreel init` itself names."""
    began = time.monotonic()
    started = CliRunner().invoke(app, ["init", str(tmp_path / "film")])
    assert f"fanreel render {tmp_path / 'film'} -o film.mp4" in started.output
    made = CliRunner().invoke(
        app, ["render", str(tmp_path / "film"), "-o", str(tmp_path / "a.mp4")]
    )
    assert "a.mp4: 4.0 s, 120 frames" in made.output
    assert time.monotonic() - began < 120


def packed(package: str, _environ: Mapping[str, str]) -> bytes:
    """Return a package as the registry packs it, from what is installed here."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        archive.add(REPOSITORY / "node_modules" / package, "package")
    return data.getvalue()


def test_what_is_fetched_is_what_is_tested() -> None:
    """The packages that the lock file pins, by the same digests."""
    locked = json.loads((REPOSITORY / "package-lock.json").read_text())["packages"]
    for name, pinned in libraries.table()["packages"].items():
        of_lock = locked[f"node_modules/{name}"]
        assert pinned == {key: of_lock[key] for key in ("version", "integrity")}


@pytest.mark.parametrize("name", example_names())
def test_each_example_is_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Its page, its files, its libraries and fonts; it shows the same picture."""
    monkeypatch.setattr(libraries, "_archive", packed)
    ran = CliRunner().invoke(app, ["init", str(tmp_path / "film"), "--example", name])
    assert ran.exit_code == 0, ran.output
    example = REPOSITORY / "examples" / name
    for file in (tmp_path / "film").rglob("*"):
        if file.is_file():
            assert file.read_bytes() == (example / file.relative_to(tmp_path / "film")).read_bytes()
    assert {path.name for path in (tmp_path / "film").iterdir()} >= {"index.html", "vendor"}
    still(tmp_path / "film", tmp_path / "still.png", 2)
    still(example, tmp_path / "example.png", 2)
    assert (tmp_path / "still.png").read_bytes() == (tmp_path / "example.png").read_bytes()


def test_another_example_is_refused(tmp_path: Path) -> None:
    """The message lists those that there are."""
    with pytest.raises(InvalidConfig, match="--example lunch: allowed: bib, daylight, late-radio"):
        start_project(tmp_path / "film", example="lunch")


def test_gsap_moves_the_same_title(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library lies in the project."""
    monkeypatch.setattr(libraries, "_archive", packed)
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
    with pytest.raises(AssetNotFound, match=f"{REGISTRY_VARIABLE}, or start without --gsap and"):
        start_project(tmp_path / "film", gsap=True, environ=environ)
    assert not (tmp_path / "film").exists()


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    """Also with one file; an empty one will do."""
    start_project(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["index.html"]
    with pytest.raises(InvalidConfig, match="is there and not empty"):
        start_project(tmp_path)
