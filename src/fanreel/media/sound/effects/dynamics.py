"""
Effects on level: how loud a sound is, and how that behaves over time.

How compressor, limiter and gate follow a level is as measured on HyperFrames 0.8.170, whose
documentation names the knobs: each channel by itself, its peaks, without looking ahead.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from fanreel.media.sound.effects.blending import beside
from fanreel.media.sound.effects.knobs import Knobs, amplitude
from fanreel.media.sound.graph import Filter, run_filters
from fanreel.media.sound.lanes import Values
from fanreel.media.sound.samples import SOUND_RATE, Samples

_QUIETEST, _LOUDEST = -300.0, 20 * math.log10(16)
# A curve of straight lines, 0.005 dB off at most at the default knee, and 0.013 dB at the widest:
# compand goes through them all at each sample, and 65 would take three times as long.
_KNEE_LINES = 16
_FOLLOWING = (("attacks", "attack"), ("decays", "release"))


def gain(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Set the level."""
    return scaled(pieces, knobs, "gain")


def scaled(pieces: Iterator[Samples], knobs: Knobs, knob: str) -> Iterator[Samples]:
    """Multiply by what *knob* says in decibels."""
    position = 0
    for piece in pieces:
        decibels = knobs.curve(knob, position, len(piece))
        yield piece * (10 ** (decibels / 20)).astype(np.float32)[:, np.newaxis]
        position += len(piece)


def compressor_filters(knobs: Knobs) -> list[Filter] | None:
    """Bring what is above `threshold` closer to it, by `ratio`; `makeup` raises the whole."""
    return _compressed(knobs) if knobs.number("mix") == 1 else None


def compressor(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Compress only as far as `mix` says."""
    mix = np.float32(knobs.number("mix"))
    for piece, held in beside(pieces, lambda dry: run_filters(_compressed(knobs), dry)):
        yield piece * (1 - mix) + held * mix


def _compressed(knobs: Knobs) -> list[Filter]:
    threshold, slope = knobs.number("threshold"), 1 / knobs.number("ratio") - 1
    knee = 20 * math.log10(knobs.number("knee"))
    bend = np.linspace(-knee, knee, _KNEE_LINES + 1 if knee else 1)
    bent = slope * np.square(bend + knee) / (4 * knee or 1)
    # Lines between points of the bow lie below it, so they are moved up by half of that.
    bent[1:-1] -= slope * knee / (8 * _KNEE_LINES**2)
    levels = [*(threshold + bend), _LOUDEST]
    reduced = [*bent, slope * (_LOUDEST - threshold)]
    curve = [(level, level + less) for level, less in zip(levels, reduced, strict=True)]
    return _companded(knobs, curve, knobs.number("makeup"))


def limiter_filters(knobs: Knobs) -> list[Filter]:
    """Hold the level under `limit`; a peak quicker than `attack` gets through."""
    limit = knobs.number("limit")
    return _companded(knobs, [(limit, limit), (_LOUDEST, limit)], knobs.number("level_out"))


def _companded(
    knobs: Knobs, curve: Sequence[tuple[float, float]], louder_db: float
) -> list[Filter]:
    """Bring levels in decibels to others: as *curve* joins them, below it as they are."""
    # compand cuts off at full scale, so it works further below.
    points = [(_QUIETEST, _QUIETEST), *curve]
    shifted = "|".join(f"{x - _LOUDEST:.9f}/{y - _LOUDEST:.9f}" for x, y in points)
    times = [f"{name}={knobs.number(knob) / 1000}" for name, knob in _FOLLOWING]
    settings = [*times, f"points={shifted}", f"volume={_QUIETEST}", "soft-knee=0.01"]
    return [
        _by(amplitude(-_LOUDEST)),
        ("compand", ":".join(settings)),
        _by(amplitude(_LOUDEST + louder_db)),
    ]


def _by(factor: float) -> Filter:
    return "volume", f"volume={factor!r}:precision=float"


def gate(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Pull what is below `threshold` down, by at most `range`; also that takes its time."""
    level, opening = _Follower(knobs), _Follower(knobs, at=1.0)
    for piece in pieces:
        followed = np.maximum(level.follow(np.abs(piece)), amplitude(_QUIETEST))
        above = 20 * np.log10(followed) - knobs.number("threshold")
        pulled = np.maximum(above * (knobs.number("ratio") - 1), knobs.number("range"))
        yield piece * opening.follow(10 ** (np.minimum(pulled, 0) / 20)).astype(np.float32)


class _Follower:
    """
    A value per channel that goes after another: up as `attack` says, down as `release`.

    As libav's compand follows a level, which does not give it.
    """

    def __init__(self, knobs: Knobs, at: float = 0.0) -> None:
        self._rise, self._fall = (
            1 - math.exp(-1000 / (knobs.number(name) * SOUND_RATE))
            for name in ("attack", "release")
        )
        self._values = [at, at]

    def follow(self, targets: Values | Samples) -> Values:
        """Return the value after each of *targets*, samples × 2."""
        columns = []
        for channel, column in enumerate(targets.T.tolist()):
            value, rise, fall = self._values[channel], self._rise, self._fall
            # Every value depends on the one before it and on which is larger: no array can do it.
            followed = []
            for target in column:
                value += (target - value) * (rise if target > value else fall)
                followed.append(value)
            self._values[channel] = value
            columns.append(followed)
        return np.array(columns).T
