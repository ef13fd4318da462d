"""
Speed ramps: the one function from a clip's time to its source's, for picture and sound.

The page reads the lane and cuts ways that bend into straight ones (page/ramps.js); from there on
the speed goes evenly in ratios from point to point, and its integral has a closed form.
"""

import math
from bisect import bisect_right
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Points = tuple[tuple[Fraction, Fraction], ...]
"""Seconds of the clip, ascending, and the speed there; at least one."""

_NANO = 10**9
_FLAT = 1e-9  # logarithm of a ratio below which the speed is the same


class _Stretch(NamedTuple):
    """From *start_s* of the clip on the speed is v × exp(bend × seconds since)."""

    start_s: Fraction
    done_s: Fraction
    v: Fraction
    bend: float
    exact: bool
    """Whether the speed has been even up to here, so that *done_s* is what it is."""

    def travelled(self, seconds: Fraction) -> Fraction:
        """Return what plays in *seconds*."""
        if self.bend == 0:
            return self.v * seconds
        return Fraction(float(self.v) * math.expm1(self.bend * seconds) / self.bend)


def passed(points: Points, local_s: Fraction) -> Fraction:
    """
    Return how much of the source has played after *local_s* of the clip.

    Args:
        points: Before the first and after the last the speed is held.
        local_s: Below 0 nothing has played.
    """
    if local_s <= 0:
        return Fraction(0)
    stretches, starts = _stretches(points)
    stretch = stretches[bisect_right(starts, local_s) - 1]
    total_s = stretch.done_s + stretch.travelled(local_s - stretch.start_s)
    if stretch.exact and stretch.bend == 0:
        return total_s
    return Fraction(round(total_s * _NANO), _NANO)  # as the page rounds


def passed_at(points: Points, local_s: "npt.NDArray[np.float64]") -> "npt.NDArray[np.float64]":
    """Return the same for many moments, from 0 on, as doubles."""
    import numpy as np  # noqa: PLC0415 (plans are read where nothing is rendered)

    stretches, _ = _stretches(points)
    start_s, done_s, v, bend = (
        np.array([float(stretch[field]) for stretch in stretches]) for field in range(4)
    )
    number = np.searchsorted(start_s, local_s, side="right") - 1
    seconds, bent = local_s - start_s[number], bend[number]
    even = bent == 0
    slope = np.where(even, 1, bent)
    ways = np.where(even, seconds, np.expm1(slope * seconds) / slope)
    total_s: npt.NDArray[np.float64] = done_s[number] + v[number] * ways
    return total_s


@lru_cache(maxsize=256)
def _stretches(points: Points) -> tuple[tuple[_Stretch, ...], tuple[Fraction, ...]]:
    """Return the stretches between points, with the held ones at both ends, and their starts."""
    found: list[_Stretch] = []
    if points[0][0] > 0:
        found.append(_Stretch(Fraction(0), Fraction(0), points[0][1], 0, exact=True))
    for at, (start_s, v) in enumerate(points):
        done_s, exact = Fraction(0), True
        if found:
            last = found[-1]
            done_s = last.done_s + last.travelled(start_s - last.start_s)
            exact = last.exact and last.bend == 0
        bend = 0.0
        if at + 1 < len(points):
            until_s, speed = points[at + 1]
            ratio = math.log(speed / v)
            bend = 0.0 if abs(ratio) < _FLAT else ratio / float(until_s - start_s)
        found.append(_Stretch(start_s, done_s, v, bend, exact))
    return tuple(found), tuple(stretch.start_s for stretch in found)
