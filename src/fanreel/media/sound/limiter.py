"""
A limiter that leaves sound below full scale exactly as it is.

libav's `alimiter` delays the sound, and its level control touches everything; this one multiplies
by a gain that is 1.0 wherever no peak is near.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fanreel.media.sound.samples import SOUND_RATE, Samples

CEILING = 1.0
STEP = 64
"""Samples between two points of the gain curve; blocks hold a multiple of it."""

_ATTACK_STEPS = 8  # 10.7 ms from unity to silence: peaks of 6 dB are met over 5 ms
_RELEASE_S = 0.1
_RELEASE_PER_STEP = STEP / SOUND_RATE / _RELEASE_S


def limit(blocks: Iterator[Samples]) -> Iterator[Samples]:
    """
    Turn peaks above full scale down, ramping the gain over 10 ms before and 100 ms after.

    Args:
        blocks: Samples × channels; every block but the last a multiple of `STEP` long.
    Returns:
        Blocks of the same lengths. A sample without a louder neighbour is unchanged, bit for bit.
    """
    ahead = next(blocks, None)
    gain: float | None = None
    while ahead is not None:
        block, ahead = ahead, next(blocks, None)
        needed = _needed(block)
        coming = _needed(ahead) if ahead is not None else []
        curve = _curve(gain, needed, coming)
        gain = curve[-1]
        if min(curve) < 1.0:
            block = np.clip(block * _interpolated(curve, len(block)), -CEILING, CEILING)
        yield block


def _needed(block: Samples) -> list[float]:
    """Return, per step, the gain that brings its loudest sample to the ceiling."""
    if not len(block):
        return []
    starts = np.arange(0, len(block), STEP)
    if max(block.max(), -block.min()) <= CEILING:
        return [1.0] * len(starts)
    peaks = np.maximum.reduceat(np.abs(block).max(axis=1), starts)
    return [min(1.0, CEILING / peak) if peak > 0 else 1.0 for peak in peaks.astype(float).tolist()]


def _curve(gain: float | None, needed: list[float], coming: list[float]) -> list[float]:
    """
    Return the gain at each step's bounds, the first being *gain* (None: free to choose).

    A bound is at most what the steps on both its sides need, so a straight line between bounds
    never lets a peak through.
    """
    both = needed + coming[: 2 * _ATTACK_STEPS]
    if (gain is None or gain == 1.0) and min(both, default=1.0) == 1.0:
        return [1.0] * (len(needed) + 1)
    wanted = [min(left, right) for left, right in zip(both, [*both[1:], 1.0], strict=True)]
    # Backwards: go down early enough.
    for i in range(len(wanted) - 2, -1, -1):
        wanted[i] = min(wanted[i], wanted[i + 1] + 1 / _ATTACK_STEPS)
    curve = [min(wanted[0], needed[0]) if gain is None else gain]
    for target in wanted[: len(needed)]:
        last = curve[-1]
        risen = last + (1.0 - last) * _RELEASE_PER_STEP
        curve.append(min(target, 1.0 if risen > 1.0 - 1e-4 else risen))  # −80 dB
    return curve


def _interpolated(curve: list[float], length: int) -> npt.NDArray[np.float32]:
    bounds = np.arange(len(curve)) * STEP
    gains = np.interp(np.arange(length), bounds, curve)
    return gains.astype(np.float32)[:, np.newaxis]
