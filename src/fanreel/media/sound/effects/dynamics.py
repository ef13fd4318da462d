"""
Effects on level: how loud a sound is, and how that behaves over time.

How compressor, limiter and gate follow a level is as measured on HyperFrames 0.8.170, whose
documentation names the knobs: each channel by itself, its peaks, without looking ahead.
"""

import math
from collections.abc import Iterator

import numpy as np

from fanreel.media.sound.effects.knobs import Knobs, amplitude
from fanreel.media.sound.lanes import Values
from fanreel.media.sound.samples import SOUND_RATE, Samples

_QUIETEST = 1e-9


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


def compressor(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Bring what is above `threshold` closer to it, by `ratio`; `makeup` raises the whole."""
    level = _Follower(knobs)
    slope, knee = 1 / knobs.number("ratio") - 1, 20 * math.log10(knobs.number("knee"))
    mix = knobs.number("mix")
    for piece in pieces:
        above = _decibels(level.follow(np.abs(piece))) - knobs.number("threshold")
        within = np.square(np.clip(above, -knee, knee) + knee) / (4 * knee) if knee else 0.0
        reduction = slope * np.where(above >= knee, above, within)
        gains = 10 ** ((reduction + knobs.number("makeup")) / 20)
        yield piece * (mix * gains + 1 - mix).astype(np.float32)


def limiter(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Hold the level under `limit`; a peak quicker than `attack` gets through."""
    level = _Follower(knobs)
    highest, after = amplitude(knobs.number("limit")), amplitude(knobs.number("level_out"))
    for piece in pieces:
        followed = np.maximum(level.follow(np.abs(piece)), highest)
        yield piece * (after * highest / followed).astype(np.float32)


def gate(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Pull what is below `threshold` down, by at most `range`."""
    level, opening = _Follower(knobs), _Follower(knobs, at=1.0)
    for piece in pieces:
        above = _decibels(level.follow(np.abs(piece))) - knobs.number("threshold")
        pulled = np.maximum(above * (knobs.number("ratio") - 1), knobs.number("range"))
        yield piece * opening.follow(10 ** (np.minimum(pulled, 0) / 20)).astype(np.float32)


class _Follower:
    """A value per channel that goes after another: up as `attack` says, down as `release`."""

    def __init__(self, knobs: Knobs, at: float = 0.0) -> None:
        self._rise, self._fall = (
            1 - math.exp(-1000 / (knobs.number(name) * SOUND_RATE))
            for name in ("attack", "release")
        )
        self._values = [at, at]

    def follow(self, targets: Values | Samples) -> Values:
        """Give the value after each of *targets*, samples × 2."""
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


def _decibels(levels: Values) -> Values:
    decibels: Values = 20 * np.log10(np.maximum(levels, _QUIETEST))
    return decibels
