"""
Effects that change the waveform's shape, and with it add what was not there.

The curves are as measured on HyperFrames 0.8.170, whose documentation names them only.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fanreel.media.sound.effects.blending import beside
from fanreel.media.sound.effects.dynamics import scaled
from fanreel.media.sound.effects.knobs import Knobs, amplitude
from fanreel.media.sound.graph import run_filters
from fanreel.media.sound.samples import BLOCK_SAMPLES, SOUND_RATE, Samples, in_blocks

Levels = npt.NDArray[Any]
Curve = Callable[[Levels], Levels]


def _until_one(curve: Curve) -> Curve:
    return lambda level: np.where(np.abs(level) < 1, curve(level), np.sign(level))


CURVES: Mapping[str, Curve] = {
    "tanh": np.tanh,
    "atan": lambda level: np.arctan(level * (math.pi / 2)) * (2 / math.pi),
    "cubic": _until_one(lambda level: level - level**3 / 3),
    "exp": lambda level: -np.sign(level) * np.expm1(-np.abs(level)),
    "alg": lambda level: level / np.sqrt(1 + level**2),
    "quintic": _until_one(lambda level: level - level**5 / 5),
    "sin": _until_one(lambda level: np.sin(level * (math.pi / 2))),
    "erf": lambda level: np.tanh(level * 1.202),
    "hard": lambda level: np.clip(level, -1, 1),
}
"""By type: what becomes of a level, 1 being the threshold."""


def saturate(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Bend the waveform towards `threshold`, computed at the rate, twice or four times it."""
    curve, threshold = CURVES[knobs.word("type")], amplitude(knobs.number("threshold"))
    finer = SOUND_RATE * max(times for times in (1, 2, 4) if times <= knobs.number("oversample"))

    def bent(sound: Iterator[Samples]) -> Iterator[Samples]:
        for piece in sound:
            yield (threshold * curve(np.clip(piece, -1, 1) / threshold)).astype(np.float32)

    def bent_finely(sound: Iterator[Samples]) -> Iterator[Samples]:
        fine = bent(run_filters([("aresample", str(finer))], sound))
        return run_filters([("aresample", str(SOUND_RATE))], fine, rate=finer)

    process = bent if finer == SOUND_RATE else bent_finely
    return scaled((wet for _, wet in beside(pieces, process)), knobs, "output")


def bitcrush(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Round to `bits` and hold every sample for `samples`."""
    steps = np.float32(2 ** (knobs.number("bits") - 1))
    held, mix = math.floor(knobs.number("samples") + 0.5), np.float32(knobs.number("mix"))
    for piece in in_blocks(pieces, BLOCK_SAMPLES - BLOCK_SAMPLES % held):
        rough = np.repeat(np.rint(piece[::held] * steps) / steps, held, axis=0)[: len(piece)]
        yield (piece * (1 - mix) + rough * mix).astype(np.float32)
