"""A limiter that looks ahead and between the samples, as measured on HyperFrames 0.8.170."""

import itertools
import math
from collections.abc import Iterator
from functools import cache

import numpy as np

from fanreel.media.sound.effects.knobs import Knobs, amplitude
from fanreel.media.sound.lanes import Values
from fanreel.media.sound.samples import SOUND_RATE, Samples, in_blocks, silence

# Between two samples are three more, each made of 32 around it.
_PHASES, _BEFORE, _AFTER = 4, 15, 16
_KAISER_BETA = 6
_QUIETEST = 1e-9


def truepeak(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Hold the waveform's peaks under `ceiling`; both channels share one gain, none is late."""
    ceiling = amplitude(knobs.number("ceiling"))
    ahead = round(knobs.number("lookahead") / 1000 * SOUND_RATE)
    kept = math.exp(-1000 / knobs.number("release") / SOUND_RATE)
    past = silence(ahead + _BEFORE)
    gain = 1.0
    blocks = itertools.chain(in_blocks(pieces), [silence(0)])
    for block, following in itertools.pairwise(blocks):
        coming = np.concatenate([following, silence(ahead + _AFTER)])[: ahead + _AFTER]
        around = np.concatenate([past, block, coming])
        past = around[len(block) : len(block) + len(past)]
        targets = _targets(np.minimum(1, ceiling / np.maximum(_peaks(around), _QUIETEST)), ahead)
        if gain == 1 and bool((targets == 1).all()):
            yield block
            continue
        gains = []
        for target in targets.tolist():
            gain = min(target, 1 - (1 - gain) * kept)
            gains.append(gain)
        yield block * np.array(gains, np.float32)[:, np.newaxis]


def _peaks(around: Samples) -> Values:
    """Return the highest level at and after each sample that has its neighbours in *around*."""
    levels = [np.abs(around[_BEFORE : len(around) - _AFTER])]
    for kernel in _kernels():
        channels = [np.convolve(channel, kernel, mode="valid") for channel in around.T]
        levels.append(np.abs(np.stack(channels, axis=1)))
    highest: Values = np.max(levels, axis=(0, 2))
    return highest


@cache
def _kernels() -> list[Values]:
    """Return what samples are multiplied by for the three points between them, last one first."""
    kernels = []
    for phase in range(1, _PHASES):
        distances = np.arange(-_BEFORE, _AFTER + 1) - phase / _PHASES
        window = np.i0(_KAISER_BETA * np.sqrt(1 - np.square(distances / _AFTER)))
        kernel = np.sinc(distances) * window
        kernels.append((kernel / kernel.sum())[::-1])
    return kernels


def _targets(gains: Values, ahead: int) -> Values:
    """Return the gains to be at: the lowest of the next *ahead* samples, gone to evenly."""
    lowest: Values = np.lib.stride_tricks.sliding_window_view(gains, ahead + 1).min(axis=1)
    if bool((lowest == 1).all()):
        return lowest[ahead:]
    sums = np.cumsum(np.concatenate([[0], lowest]))
    smooth: Values = (sums[ahead + 1 :] - sums[: -ahead - 1]) / (ahead + 1)
    return smooth
