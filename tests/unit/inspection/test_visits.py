"""The frames that planning looks at."""

from fractions import Fraction

import pytest

from fanreel.files.plan_dir import Clip
from fanreel.inspection.visits import thinned, visits


def clip(start_s: str, duration_s: str | None) -> Clip:
    """Return a clip; only its times matter here."""
    return Clip(
        key="a",
        element="#a",
        composition="main",
        start_s=Fraction(start_s),
        duration_s=Fraction(duration_s) if duration_s else None,
        track=None,
    )


def test_a_timeline_is_visited_at_a_grid() -> None:
    """Every 24th part of it, and every frame of a short one."""
    assert visits([], 240, Fraction(30)) == list(range(0, 240, 10))
    assert visits([], 5, Fraction(30)) == [0, 1, 2, 3, 4]


def test_a_clip_is_visited_at_its_first_and_its_last_frame() -> None:
    """Its end is not its own any more."""
    assert set(visits([clip("1.1", "2.1")], 240, Fraction(30))) - set(range(0, 240, 10)) == {33, 95}


def test_nothing_outside_of_the_timeline_is_visited() -> None:
    """Whatever a clip says of its end."""
    assert set(visits([clip("7.9", "5"), clip("9", None)], 240, Fraction(30))) == {
        *range(0, 240, 10),
        237,
    }


def test_many_clips_are_visited_now_and_then() -> None:
    """At most 240 frames, evenly."""
    clips = [clip(f"{n}/30", "1/30") for n in range(1000)]
    assert visits(clips, 1000, Fraction(30)) == list(range(0, 1000, 5))


@pytest.mark.parametrize(("count", "kept"), [(4, 4), (5, 3), (8, 4), (9, 3)])
def test_frames_are_thinned_evenly(count: int, kept: int) -> None:
    """Always from the first, and never more than asked for."""
    frames = thinned(range(count), 4)
    assert len(frames) == kept
    assert frames[0] == 0
