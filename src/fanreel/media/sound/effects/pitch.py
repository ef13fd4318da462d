"""Higher or lower at the same pace."""

import math
from collections.abc import Iterator

import numpy as np

from fanreel.media.sound.effects.knobs import Knobs
from fanreel.media.sound.effects.past import Past
from fanreel.media.sound.lanes import Values
from fanreel.media.sound.samples import SOUND_RATE, Samples, in_blocks

_GRAIN = SOUND_RATE // 10
_SMOOTHING = 0.015 * SOUND_RATE


def pitchshift(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """
    Move the pitch by `semitones`: play what was just heard faster or slower, a grain at a time.

    Two grains of 100 ms, half a grain apart, are faded into each other, as measured on HyperFrames
    0.8.170, whose documentation names a granular shifter.
    """
    rate = 2 ** (knobs.number("semitones") / 12)
    if rate == 1:
        yield from pieces
        return
    line = Past(_GRAIN + 2)
    position = 0
    for piece in in_blocks(pieces):
        line.add(piece)
        at = np.arange(position, position + len(piece))
        turns = (at + 1) * abs(1 - rate) / _GRAIN
        wet = _grain(line, turns, rate) + _grain(line, turns + 0.5, rate)
        rising = np.minimum(1, at / _GRAIN) * -np.expm1(-(at + 1) / _SMOOTHING)
        share = (knobs.number("mix") * rising).astype(np.float32)[:, np.newaxis]
        yield piece * (1 - share) + wet * share
        position += len(piece)


def _grain(line: Past, turns: Values, rate: float) -> Samples:
    through = turns % 1
    delays = 1 + _GRAIN * (1 - through if rate > 1 else through)
    loud = np.sin(math.pi * through).astype(np.float32)[:, np.newaxis]
    return loud * line.delayed(delays, -len(turns))
