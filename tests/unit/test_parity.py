"""What the parity run keeps and says of its figures."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench.parity import encoded, measured, staging
from bench.parity.agreement import Agreement
from bench.parity.measured import Figures, Measured
from bench.parity.report import Row, Verdict, read_verdicts, share_of_same, unexplained
from tests.media import compositions, films

BLACK = np.zeros((2, 2, 4), np.uint8)


def row(
    name: str, min_db: float | None, frames_apart: int = 0, *, in_other_words: bool = False
) -> Row:
    """Return a row of the run; None: the reference failed."""
    agreement = None
    if min_db is not None:
        agreement = Agreement(
            min_db=min_db,
            worst_frame=0,
            worst=(BLACK, BLACK),
            frames_apart=frames_apart,
            correlation=None,
            lag_samples=None,
        )
    return Row(name=name, agreement=agreement, in_other_words=in_other_words)


def test_a_run_replaces_its_own_figures_only(tmp_path: Path) -> None:
    """Runs of some compositions add up to the figures of all."""
    path = tmp_path / "measured.tsv"
    measured.keep(row("b", 30.0), path)
    measured.keep(row("a", 99.0), path)
    measured.keep(row("b", 40.126), path)
    measured.keep(row("c", None), path)
    assert path.read_text() == "a\t99.00\t+0\t\nb\t40.13\t+0\t\nc\t-1.00\t+0\t\n"


def test_an_equivalent_has_figures_of_its_own(tmp_path: Path) -> None:
    """What was compared in other words stands beside the composition, and replaces nothing."""
    path = tmp_path / "measured.tsv"
    measured.keep(row("a", 20.0), path)
    measured.keep(row("a", 60.0, in_other_words=True), path)
    measured.keep(row("b", 61.0, in_other_words=True), path)
    measured.keep(row("a", 21.0), path)
    assert path.read_text() == "a\t21.00\t+0\t\t60.00\t+0\t\nb\t\t\t\t61.00\t+0\t\n"
    assert measured.read(path)["b"] == Measured(equivalent=Figures(min_db=61.0, frames_apart=0))


def test_a_film_that_lacks_the_sound_is_not_the_same(tmp_path: Path) -> None:
    """The pictures of a film that should be heard may be right, and the film is not."""
    path = tmp_path / "measured.tsv"
    for name, correlation in (("heard", 0.77), ("silent", 0.0)):
        one = row(name, 99.0)
        assert one.agreement is not None
        found = dataclasses.replace(one.agreement, correlation=correlation)
        measured.keep(dataclasses.replace(one, agreement=found), path)
        assert found.is_same is (name == "heard")
    assert path.read_text() == "heard\t99.00\t+0\t0.7700\nsilent\t99.00\t+0\t0.0000\n"
    known = {name: entry.itself for name, entry in measured.read(path).items()}
    assert [name for name, one in known.items() if one and one.is_same] == ["heard"]


def test_shares_tell_what_was_compared_how(tmp_path: Path) -> None:
    """A longer film is not the same one; what was compared in other words is counted by itself."""
    path = tmp_path / "measured.tsv"
    for one in (row("same", 99.0), row("near", 35.0), row("far", 20.0), row("long", 99.0, 1)):
        measured.keep(one, path)
    measured.keep(row("clock", None), path)
    measured.keep(row("clock", 99.0, in_other_words=True), path)
    measured.keep(row("far", 34.9, in_other_words=True), path)
    measured.keep(row("long", 99.0, in_other_words=True), path)
    names = ["same", "near", "far", "long", "clock", "new"]
    verdicts = {
        "clock": Verdict(right="ours", why="", comparable=False, equivalent="without a clock"),
        "far": Verdict(right="ours", why="", equivalent="nearer"),
    }
    assert measured.shares(names, measured.read(path), verdicts) == [
        "at 35 dB or more in every frame: 3 of 5 (60.0%)",
        "as they stand: 2 of 5 (40.0%)",
        "as they stand, of those that can be: 2 of 4 (50.0%)",
        "identical as they stand: 1 of 5 (20.0%)",
        "only through an equivalent for the reference: 1: clock",
        "differ as they stand: far, long",
        "the reference has no picture of its own as they stand: clock",
        "the same in neither way: far, long",
        "equivalents that differ: far",
        "without a verdict: long",
        "never compared: new",
    ]


def test_a_run_fails_for_what_no_verdict_explains() -> None:
    """A verdict explains a composition that differs; of its equivalent it says what remains."""
    verdict = Verdict(right="ours", why="", equivalent="nearer")
    explained = dataclasses.replace(row("far", 20.0), verdict=verdict)
    off = dataclasses.replace(row("far", 34.0, in_other_words=True), verdict=verdict)
    rows = [row("same", 99.0), row("odd", 20.0), explained, off]
    assert unexplained(rows) == ["odd", "far-equivalent"]
    told = dataclasses.replace(off, verdict=dataclasses.replace(verdict, remaining="the edges"))
    assert unexplained([*rows[:3], told]) == ["odd"]
    assert share_of_same(rows) == pytest.approx(1 / 3)
    saved = dataclasses.replace(off, agreement=row("far", 60.0).agreement)
    assert share_of_same([*rows[:3], saved]) == pytest.approx(2 / 3)


def test_each_equivalent_has_its_reason() -> None:
    """A patch without a verdict that says what it changes would hide a difference."""
    verdicts = read_verdicts()
    told = sorted(name for name, verdict in verdicts.items() if verdict.equivalent)
    assert told == staging.with_equivalent()
    assert set(told) <= set(staging.defined())


@pytest.mark.parametrize("name", staging.with_equivalent())
def test_an_equivalent_fits_its_composition(name: str, tmp_path: Path) -> None:
    """The patch is of the composition as it is today, and changes it."""
    source = compositions.COMPOSITIONS / name
    if name in films.names():
        source = films.REPOSITORY / (films.film(name).project or f"tests/films/{name}")
    project_dir = tmp_path / name
    shutil.copytree(source, project_dir, ignore=shutil.ignore_patterns("vendor", "assets"))
    before = pages(project_dir)
    staging.apply_patch(name, project_dir)
    assert pages(project_dir) != before


def test_only_the_reference_is_given_other_words(tmp_path: Path) -> None:
    """What fanreel films is the composition as it stands."""
    name = "nesting-keyframes"
    original = pages(compositions.COMPOSITIONS / name)
    _, ours_dir, theirs_dir = staging.lay_out(name, tmp_path / "itself", in_other_words=False)
    assert ours_dir == theirs_dir
    assert pages(ours_dir) == original
    _, ours_dir, theirs_dir = staging.lay_out(name, tmp_path / "worded", in_other_words=True)
    assert pages(ours_dir) == original
    assert pages(theirs_dir) != original


def pages(project_dir: Path) -> dict[str, str]:
    """Return the text of all pages, styles and scripts of a project."""
    return {
        str(path.relative_to(project_dir)): path.read_text(encoding="utf-8")
        for path in sorted(project_dir.rglob("*"))
        if path.suffix in {".html", ".css", ".js"}
    }


def test_halved_colours_keep_flat_areas() -> None:
    """The pictures are compared as shown, not by another matrix or range."""
    for colour in ((255, 0, 0), (0, 0, 255), (114, 9, 183), (255, 255, 255)):
        picture = np.full((16, 16, 4), (*colour, 255), np.uint8)
        (found,) = encoded.halve_colours([picture])
        assert np.abs(found.astype(int) - picture).max() <= 1
