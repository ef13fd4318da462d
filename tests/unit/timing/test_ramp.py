"""From a clip's time to its source's along a speed ramp."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanreel.timing.ramp import Points, passed, passed_at

QUICKENING: Points = ((Fraction(0), Fraction(1, 2)), (Fraction(1), Fraction(2)))


def speeds() -> st.SearchStrategy[Points]:
    """Return ramps of up to five points."""
    tenths = st.integers(0, 80).map(lambda n: Fraction(n, 10))
    rates = st.integers(1, 100).map(lambda n: Fraction(n, 10))
    return st.dictionaries(tenths, rates, min_size=1, max_size=5).map(
        lambda points: tuple(sorted(points.items()))
    )


def speed_at(points: Points, local_s: float) -> float:
    """Return the speed as the format defines it: evenly in ratios from point to point."""
    times = [float(time_s) for time_s, _ in points]
    return math.exp(float(np.interp(local_s, times, [math.log(v) for _, v in points])))


def test_a_speed_that_doubles_twice_has_its_closed_form() -> None:
    """0.5 (4^x − 1) / ln 4 seconds have played after x."""
    for tenths in range(11):
        x = tenths / 10
        wanted = 0.5 * (4**x - 1) / math.log(4)
        assert float(passed(QUICKENING, Fraction(tenths, 10))) == pytest.approx(wanted, abs=2e-9)


def test_speed_is_held_before_the_first_and_after_the_last_point() -> None:
    """Exactly, since an even speed needs no logarithm."""
    held: Points = ((Fraction(1, 3), Fraction(3)), (Fraction(1), Fraction(3)))
    assert passed(held, Fraction(1, 7)) == Fraction(3, 7)
    assert passed(held, Fraction(22, 7)) == Fraction(66, 7)
    assert passed(held, Fraction(-1)) == 0


@given(speeds(), st.integers(0, 100))
def test_what_has_played_is_the_integral_of_the_speed(points: Points, tenths: int) -> None:
    """Summed by hand, for any ramp and moment."""
    times = np.linspace(0, tenths / 10, 4001)
    middles = (times[1:] + times[:-1]) / 2
    # The middle of each forty, or a steep ramp is summed at its lower side.
    summed = sum(speed_at(points, x) for x in middles[20::40]) * 40 * (tenths / 10) / 4000
    assert float(passed(points, Fraction(tenths, 10))) == pytest.approx(summed, rel=0.05, abs=0.02)


@given(speeds(), st.lists(st.integers(0, 1000), min_size=1, max_size=9))
def test_many_moments_are_as_one_by_one(points: Points, hundredths: list[int]) -> None:
    """What the sound asks for is what the picture asks for."""
    together = passed_at(points, np.array(hundredths) / 100)
    alone = [float(passed(points, Fraction(n, 100))) for n in hundredths]
    assert together == pytest.approx(alone, abs=1e-8)
