"""What an effect is set to: a number or a word per knob, some of which move with time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fanreel.media.sound.graph import Filter
from fanreel.media.sound.lanes import Lane, Values
from fanreel.media.sound.samples import Samples

Setting = float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """The settings of one effect in one stream of samples."""

    settings: Mapping[str, Setting]
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    """By knob; takes the place of its setting."""
    start: int = 0
    """Sample of the root timeline at which the stream begins."""

    def number(self, name: str) -> float:
        """Return what does not move."""
        value = self.settings[name]
        assert isinstance(value, float | int)  # noqa: S101 (the registry says which are numbers)
        return float(value)

    def ends(self, name: str) -> tuple[float, float]:
        """Return the least and the most that it is ever set to."""
        lane = self.lanes.get(name)
        values = [self.number(name)] if lane is None else [point.value for point in lane.points]
        return min(values), max(values)

    def word(self, name: str) -> str:
        """Return a choice."""
        return str(self.settings[name])

    def moves(self, *names: str) -> bool:
        """Tell whether one of *names* moves with time."""
        return any(name in self.lanes for name in names)

    def curve(self, name: str, position: int, count: int) -> Values:
        """Return the values at samples `[position, position + count)` of the stream."""
        lane = self.lanes.get(name)
        if lane is None:
            return np.full(count, self.number(name))
        return lane.values(self.start + position, count)


Effect = Callable[[Iterator[Samples], Knobs], Iterator[Samples]]
"""Gives as many samples as it takes, none of them late; pieces may come out cut otherwise."""

AsFilters = Callable[[Knobs], Sequence[Filter] | None]
"""Gives the libav filters that do all of an effect as it is set, or None."""


def amplitude(decibels: float) -> float:
    """Return the factor that *decibels* mean."""
    return float(10 ** (decibels / 20))
