"""Values that move with time: volumes and the knobs of effects."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from fanreel.media.sound.samples import SOUND_RATE

Values = npt.NDArray[np.float64]

_EDGE = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value at a moment, and how the way to the next point bends."""

    time_s: Fraction
    value: float
    curve: float = 0.0
    """From −1 to 1: above 0 the way stays low and rises late, below it rises early."""
    via: tuple[float, float] | None = None
    """Progress and share of the value, 0 to 1 each, that the way passes through instead."""

    def share(self, progress: Values) -> Values:
        """Return the share of the way's value that is travelled at *progress*, 0 to 1."""
        if self.via is not None and self.via[0] != self.via[1]:
            return _bowed(progress, *self.via)
        return progress ** (4**self.curve)


@dataclass(frozen=True)  # without slots, for what is cached
class Lane:
    """Points over seconds of the root timeline, ascending; joined, and held at both ends."""

    points: tuple[Point, ...]
    by_ratio: bool = False
    """The way between values above 0 is even in ratios, as an octave takes as long as the next."""

    @classmethod
    def through(cls, points: Iterable[tuple[Fraction, float]]) -> Self:
        """Join *points*, times in seconds and values, by straight lines."""
        return cls(tuple(Point(time_s=time_s, value=value) for time_s, value in points))

    def values(self, first: int, count: int) -> Values:
        """Return the values at samples `[first, first + count)` of the timeline."""
        times = np.arange(first, first + count) / SOUND_RATE
        knots, heights = self._joints
        values: Values = np.interp(times, knots, heights)
        within = np.searchsorted(knots, (first / SOUND_RATE, (first + count) / SOUND_RATE))
        for i in range(max(within[0] - 1, 0), min(within[1], len(knots) - 1)):
            point = self.points[i]
            if point.curve == 0 and point.via is None:
                continue
            way = slice(*np.searchsorted(times, knots[i : i + 2]))
            share = point.share((times[way] - knots[i]) / (knots[i + 1] - knots[i]))
            values[way] = heights[i] + (heights[i + 1] - heights[i]) * share
        if self.by_ratio:
            np.exp(values, out=values)
        return values

    @cached_property
    def _joints(self) -> tuple[Values, Values]:
        """The seconds and the values, or their logarithms, of every point: asked for often."""
        knots = np.array([float(point.time_s) for point in self.points])
        heights = np.array([point.value for point in self.points], float)
        return knots, np.log(heights) if self.by_ratio else heights


def _bowed(progress: Values, x: float, y: float) -> Values:
    """
    Return a bow from (0, 0) to (1, 1) through (*x*, *y*), a conic with its apex there.

    Its handle lies on the ray from the middle through that point, twice as far out or at the
    edge of the square. Measured on HyperFrames 0.8.170, whose documentation names the point only.
    """
    x, y = (min(max(value, _EDGE), 1 - _EDGE) for value in (x, y))
    reach = (0.5 - _EDGE) / max(abs(x - 0.5), abs(y - 0.5))
    if reach <= 1:  # on the edge itself: two straight lines
        return np.interp(progress, (0, x, 1), (0, y, 1))
    out = min(reach, 2.0)
    weight = 1 / (out - 1)
    handle_x, handle_y = (0.5 + (value - 0.5) * out for value in (x, y))
    # progress = x(t) is a quadratic equation in t.
    a = 2 * (1 - weight) * progress + 2 * weight * handle_x - 1
    b = 2 * (weight - 1) * progress - 2 * weight * handle_x
    root = np.sqrt(np.maximum(b * b - 4 * a * progress, 0))
    t = 2 * progress / np.maximum(-b + root, 1e-12)
    spread = (1 - t) ** 2 + 2 * weight * t * (1 - t) + t * t
    return (2 * weight * t * (1 - t) * handle_y + t * t) / spread
