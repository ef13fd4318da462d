"""What the parity run keeps and says of its figures."""

from pathlib import Path

import numpy as np

from bench.parity import encoded, measured
from bench.parity.agreement import Agreement
from bench.parity.report import Row, Verdict

BLACK = np.zeros((2, 2, 4), np.uint8)


def row(name: str, min_db: float | None, frames_apart: int = 0) -> Row:
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
    return Row(name=name, rule="", agreement=agreement, verdict=None)


def test_a_run_replaces_its_own_figures_only(tmp_path: Path) -> None:
    """Runs of some compositions add up to the figures of all."""
    path = tmp_path / "measured.tsv"
    measured.keep(row("b", 30.0), path)
    measured.keep(row("a", 99.0), path)
    measured.keep(row("b", 40.126), path)
    measured.keep(row("c", None), path)
    assert path.read_text() == "a\t99.00\t+0\nb\t40.13\t+0\nc\t-1.00\t+0\n"


def test_shares_leave_out_what_the_reference_has_no_picture_of(tmp_path: Path) -> None:
    """A longer film is not the same one; what was never compared is in no share, but named."""
    path = tmp_path / "measured.tsv"
    for one in (row("same", 99.0), row("near", 35.0), row("far", 20.0), row("long", 99.0, 1)):
        measured.keep(one, path)
    measured.keep(row("clock", None), path)
    names = ["same", "near", "far", "long", "clock", "new"]
    verdicts = {
        "clock": Verdict(right="ours", why="", comparable=False),
        "far": Verdict(right="ours", why=""),
    }
    assert measured.shares(names, measured.read(path), verdicts) == [
        (
            "at 35 dB or more in every frame, of those that can be compared: 2 of 4 (50.0%);"
            " of all: 2 of 5 (40.0%); identical: 1 of 5 (20.0%)"
        ),
        "differ: far, long",
        "without a verdict: long",
        "the reference has no picture of its own: clock",
        "never compared: new",
    ]


def test_halved_colours_keep_flat_areas() -> None:
    """The pictures are compared as shown, not by another matrix or range."""
    for colour in ((255, 0, 0), (0, 0, 255), (114, 9, 183), (255, 255, 255)):
        picture = np.full((16, 16, 4), (*colour, 255), np.uint8)
        (found,) = encoded.halve_colours([picture])
        assert np.abs(found.astype(int) - picture).max() <= 1
