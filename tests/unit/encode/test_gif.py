"""When a GIF's frames are shown: whole centiseconds, none too short, as long as the timeline."""

from fractions import Fraction
from itertools import pairwise

import pytest

from fanreel.encode.gif import _shown


@pytest.mark.parametrize("fps", [1, 7, 15, 24, Fraction(30000, 1001), 50, 60, 100, 240])
@pytest.mark.parametrize("length_s", [1, Fraction(7, 3)])
def test_every_frame_stays_long_enough(fps: Fraction, length_s: Fraction) -> None:
    """Two centiseconds at least, or browsers show it for ten; the last one within the length."""
    total_frames = int(length_s * fps)
    times = list(_shown(total_frames, Fraction(fps)).values())
    end = round(100 * total_frames / fps)
    assert times[0] == 0
    assert all(after - before >= 2 for before, after in pairwise([*times, end]))
    assert len(times) == total_frames or fps > 50


def test_frames_are_shown_on_time() -> None:
    """Each within half a centisecond of its place on the timeline."""
    assert _shown(4, Fraction(15)) == {0: 0, 1: 7, 2: 13, 3: 20}
