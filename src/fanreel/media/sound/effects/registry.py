"""
Every effect: its knobs, their ranges and what they are set to when nothing is said.

Source: HyperFrames docs, "Audio effects implementation", effect registry.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fanreel.media.sound.effects import dynamics, filters, pitch, shaping, space, truepeak
from fanreel.media.sound.effects.knobs import AsFilters, Effect, Knobs, Setting


@dataclass(frozen=True, slots=True)
class Dial:
    """A number between two ends; what is beyond is brought to the end."""

    low: float
    high: float
    default: float
    moves: bool = False
    """Whether a lane may move it."""
    by_ratio: bool = False
    """Whether it moves so; see `Lane`."""

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"

    def read(self, value: Any) -> Setting:
        """Return *value* as a setting; ValueError, TypeError or OverflowError if it is none."""
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(value)
        return self.within(number)

    def within(self, value: float) -> float:
        """Return *value* or the end it is beyond."""
        return float(min(max(value, self.low), self.high))


@dataclass(frozen=True, slots=True)
class Switch:
    """One of some words."""

    words: tuple[str, ...]
    default: str
    moves: bool = False

    def __str__(self) -> str:
        return "one of " + ", ".join(f'"{word}"' for word in self.words)

    def read(self, value: Any) -> Setting:
        """Return *value* as a setting; ValueError if it is none of the words."""
        if value not in self.words:
            raise ValueError(value)
        return str(value)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of effect."""

    effect: Effect | None
    """None: `as_filters` is all of it."""
    knobs: Mapping[str, Dial | Switch]
    as_filters: AsFilters = lambda _: None
    """Comes before `effect`: neighbours run together, in one pass."""
    tail_s: Callable[[Knobs], float] = lambda _: 0.0
    """How long it still sounds once what goes in has ended."""


def _pass(low: float, high: float, default: float) -> dict[str, Dial | Switch]:
    return {
        "frequency": Dial(low, high, default, moves=True, by_ratio=True),
        "q": Dial(0.1, 20, 0.707, moves=True, by_ratio=True),
        "poles": Switch(("1", "2"), "2"),
    }


def _tone(low: float, high: float, default: float) -> dict[str, Dial | Switch]:
    return {
        "frequency": Dial(low, high, default, moves=True, by_ratio=True),
        "gain": Dial(-40, 40, 0, moves=True),
    }


def _filter(shape: filters.Shape, knobs: Mapping[str, Dial | Switch]) -> Kind:
    return Kind(filters.moving(shape), knobs, filters.still(shape))


_SHARE = Dial(0, 1, 1)

KINDS: Mapping[str, Kind] = {
    "highpass": _filter(filters.highpass, _pass(20, 20_000, 300)),
    "lowpass": _filter(filters.lowpass, _pass(100, 20_000, 8000)),
    "peaking": _filter(
        filters.peaking,
        _tone(20, 20_000, 1000) | {"q": Dial(0.1, 20, 1, moves=True, by_ratio=True)},
    ),
    "lowshelf": _filter(filters.lowshelf, _tone(20, 2000, 200)),
    "highshelf": _filter(filters.highshelf, _tone(500, 20_000, 4000)),
    "gain": Kind(dynamics.gain, {"gain": Dial(-60, 12, 0, moves=True)}),
    "compressor": Kind(
        dynamics.compressor,
        {
            "threshold": Dial(-60, 0, -24),
            "ratio": Dial(1, 20, 4),
            "attack": Dial(0.01, 2000, 20),
            "release": Dial(0.01, 9000, 250),
            "knee": Dial(1, 8, 2.83),
            "makeup": Dial(0, 36, 0),
            "mix": _SHARE,
        },
        dynamics.compressor_filters,
    ),
    "limiter": Kind(
        None,
        {
            "limit": Dial(-24, 0, -1),
            "attack": Dial(0.1, 80, 5),
            "release": Dial(1, 8000, 50),
            "level_out": Dial(-24, 24, 0),
        },
        dynamics.limiter_filters,
    ),
    "truepeak": Kind(
        truepeak.truepeak,
        {
            "ceiling": Dial(-24, 0, -1),
            "lookahead": Dial(0.5, 10, 3),
            "release": Dial(10, 2000, 80),
        },
    ),
    "gate": Kind(
        dynamics.gate,
        {
            "threshold": Dial(-80, 0, -35),
            "range": Dial(-80, 0, -24),
            "ratio": Dial(1, 20, 10),
            "attack": Dial(0.01, 9000, 1),
            "release": Dial(0.01, 9000, 100),
            "knee": Dial(1, 8, 2.83),
        },
    ),
    "saturate": Kind(
        shaping.saturate,
        {
            "type": Switch(tuple(shaping.CURVES), "tanh"),
            "threshold": Dial(-40, 0, -6),
            "output": Dial(-24, 24, 0, moves=True),
            "oversample": Dial(1, 8, 4),
        },
    ),
    "bitcrush": Kind(
        shaping.bitcrush, {"bits": Dial(1, 32, 8), "samples": Dial(1, 250, 1), "mix": _SHARE}
    ),
    "delay": Kind(
        space.delay,
        {
            "time": Dial(1, 5000, 250, moves=True, by_ratio=True),
            "feedback": Dial(0.01, 0.95, 0.35, moves=True),
            "mix": Dial(0, 1, 0.4, moves=True),
        },
        tail_s=space.delay_tail_s,
    ),
    "reverb": Kind(
        space.reverb,
        {
            "size": Dial(0.05, 1, 0.7),
            "damping": Dial(0, 1, 0.5),
            "wet": Dial(0, 1, 0.35, moves=True),
            "dry": Dial(0, 1, 0.7, moves=True),
        },
        tail_s=space.reverb_tail_s,
    ),
    "chorus": Kind(
        space.chorus,
        {
            "delay": Dial(1, 100, 7, moves=True),
            "depth": Dial(0, 10, 2, moves=True),
            "speed": Dial(0.01, 10, 1, moves=True),
            "mix": Dial(0, 1, 0.5, moves=True),
        },
        tail_s=space.chorus_tail_s,
    ),
    "phaser": Kind(
        filters.phaser,
        {
            "in_gain": Dial(0, 1, 0.4, moves=True),
            "out_gain": Dial(0, 2, 0.74, moves=True),
            "delay": Dial(0.1, 5, 3),
            "decay": Dial(0, 0.99, 0.4),
            "speed": Dial(0.1, 2, 0.5, moves=True),
            "type": Switch(("0", "1"), "0"),
        },
    ),
    "pitchshift": Kind(
        pitch.pitchshift, {"semitones": Dial(-12, 12, 0), "mix": _SHARE}, tail_s=lambda _: 0.1
    ),
}
