"""Values over time: joined points, held at both ends, with ways that bend."""

from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanreel.media.sound.lanes import Lane, Point, Values

inside = st.floats(0.01, 0.99)


def lane(first: Point, value: float = 1.0) -> Lane:
    """Return a way from *first* at second 1 to *value* at second 2."""
    return Lane((first, Point(time_s=Fraction(2), value=value)))


def at(found: Lane, time_s: float) -> float:
    """Return the lane's value at a moment."""
    return float(found.values(round(time_s * 48_000), 1)[0])


def test_a_lane_is_joined_and_held() -> None:
    """Straight between its points; before the first and after the last, theirs."""
    found = Lane.through([(Fraction(1), 0.0), (Fraction(2), 1.0), (Fraction(4), 0.5)])
    assert [at(found, time_s) for time_s in (0, 1, 1.25, 2, 3, 9)] == [0, 0, 0.25, 1, 0.75, 0.5]


@pytest.mark.parametrize(("curve", "half"), [(0.5, 0.25), (1, 0.0625), (-0.5, 0.5**0.5), (0, 0.5)])
def test_a_curve_bends_the_way_that_leaves_its_point(curve: float, half: float) -> None:
    """Positive stays low and rises late, as the format's documentation has it."""
    found = lane(Point(time_s=Fraction(1), value=0.0, curve=curve))
    assert at(found, 1.5) == pytest.approx(half)
    assert (at(found, 1), at(found, 2), at(found, 3)) == (0, 1, 1)


@given(inside, inside)
def test_a_way_passes_through_its_point(x: float, y: float) -> None:
    """And never turns back on the way there."""
    found = lane(Point(time_s=Fraction(0), value=0.0, curve=0.5, via=(x, y)))
    share = found.points[0].share(np.array([x]))[0]
    if x != y:
        assert share == pytest.approx(y, abs=1e-6)
    assert (np.diff(found.points[0].share(np.linspace(0, 1, 200))) >= -1e-9).all()


def test_a_frequency_moves_by_octaves() -> None:
    """From 100 to 400 by way of 200, which is the same step twice."""
    points = lane(Point(time_s=Fraction(1), value=100.0), 400.0).points
    assert at(Lane(points, by_ratio=True), 1.5) == pytest.approx(200)


def test_a_lane_is_the_same_in_pieces() -> None:
    """Values do not depend on how a stream is cut into blocks."""
    found = lane(Point(time_s=Fraction(1, 3), value=2.0, curve=-0.7), 0.25)
    whole = found.values(0, 100_000)
    parts = [found.values(start, 12_345) for start in range(0, 100_000, 12_345)]
    assert np.array_equal(np.concatenate(parts)[:100_000], whole)


def test_a_long_lane_is_asked_at_its_own_speed() -> None:
    """Points far from the moment are not looked at: a filter asks 375 times a second."""

    class Counted(Point):
        seen: ClassVar[list[Fraction]] = []

        def share(self, progress: Values) -> Values:
            self.seen.append(self.time_s)
            return super().share(progress)

    found = Lane(tuple(Counted(time_s=Fraction(i), value=1.0 + i, curve=0.5) for i in range(500)))
    assert at(found, 250.5) == pytest.approx(251.25)
    assert Counted.seen == [250]
