"""The page counts the source's time along a speed ramp as the renderer does."""

import json
from fractions import Fraction
from typing import Any

import pytest

from fanreel.timing.ramp import passed

ASK = """(() => {
  const { ramps } = __fanreel;
  const ramp = ramps.of(document.getElementById("v"));
  const times = Array.from({ length: 120 }, (_, n) => n / 24);
  return { ramp, passed: times.map((t) => ramps.passed(ramp, t)),
    back: times.map((t) => ramps.reached(ramp, ramps.passed(ramp, t))) };
})()"""


def page(points: Any) -> str:
    """Return a composition with one video on the ramp of *points*."""
    lane = json.dumps({"version": 1, "lanes": [{"target": "rate", "points": points}]})
    return (
        '<main data-composition-id="main" data-duration="5">'
        f'<video id="v" data-start="0" data-duration="5" data-automation=\'{lane}\'></video>'
        "</main>"
    )


@pytest.mark.parametrize(
    "points",
    [
        [{"t": 0, "v": 0.5}, {"t": 1, "v": 2}],
        [{"t": 0.3, "v": 0.1}, {"t": 1.7, "v": 10}, {"t": 3, "v": 10}, {"t": 4.1, "v": 0.7}],
        [{"t": 0, "v": 1, "curve": 1}, {"t": 2, "v": 8, "curve": -1}, {"t": 4, "v": 0.25}],
        [{"t": 0, "v": 1, "viaX": 0.2, "viaY": 0.9}, {"t": 4, "v": 3}],
        [{"t": 2, "v": 99}, {"t": -1, "v": 0}, {"t": "1", "v": 5}, {"t": 2, "v": 3}],
    ],
)
def test_page_and_renderer_count_the_same(player: Any, points: Any) -> None:
    """To the nanosecond, and the way back leads to where it came from."""
    player.open(page(points))
    found = player.at(0, ASK)
    ramp = tuple((Fraction(str(t)), Fraction(str(v))) for t, v in found["ramp"])
    wanted = [float(passed(ramp, Fraction(n, 24))) for n in range(120)]
    assert found["passed"] == pytest.approx(wanted, abs=3e-9)
    assert found["back"] == pytest.approx([n / 24 for n in range(120)], abs=3e-8)


def test_speeds_are_clamped_and_of_two_points_at_one_time_the_later_counts(player: Any) -> None:
    """What is no number is no point."""
    player.open(page([{"t": 2, "v": 99}, {"t": -1, "v": 0}, {"t": "1", "v": 5}, {"t": 2, "v": 3}]))
    assert player.at(0, ASK)["ramp"] == [[0, 0.1], [2, 3]]
