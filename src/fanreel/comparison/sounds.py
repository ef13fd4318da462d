"""Two sounds beside each other, second by second; see `comparison.comparing`."""

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from fanreel.comparison.comparison import SAME_DB, SoundComparison
from fanreel.media.sound.reader import has_sound, read_sound
from fanreel.media.sound.samples import SOUND_RATE, Samples

_UNHEARD = 1e-6
"""Mean square of -60 dBFS: what lies so far down is compared with this, not with itself."""


def compare_sounds(left: Path | None, right: Path | None) -> SoundComparison | None:
    """
    Compare what two files sound like; None if neither has a sound.

    One that has none, or ends before the other, is silent there.
    """
    sides = [path if path is not None and has_sound(path) else None for path in (left, right)]
    if sides == [None, None]:
        return None
    distances, likenesses = [], []
    for one, other in itertools.zip_longest(*map(_seconds, sides)):
        first, second = _as_long(one, other)
        distances.append(_distance_db(first, second))
        likenesses.append(_correlation(first, second))
    return SoundComparison(
        left=sides[0] is not None,
        right=sides[1] is not None,
        snr_db=tuple(distances),
        correlation=tuple(likenesses),
    )


def _seconds(path: Path | None) -> Iterator[Samples]:
    """Yield a sound in pieces of one second; the last one may be shorter."""
    if path is None:
        return
    kept: list[Samples] = []
    have = 0
    for samples in read_sound(path, Fraction(0), Fraction(1)):
        kept.append(samples)
        have += len(samples)
        while have >= SOUND_RATE:
            whole = np.concatenate(kept)
            yield whole[:SOUND_RATE]
            kept, have = [whole[SOUND_RATE:]], have - SOUND_RATE
    if have:
        yield np.concatenate(kept)


def _as_long(one: Samples | None, other: Samples | None) -> tuple[Samples, Samples]:
    nothing = np.zeros((0, 2), np.float32)
    pair = [nothing if side is None else side for side in (one, other)]
    length = max(map(len, pair))
    first, second = (np.pad(side, ((0, length - len(side)), (0, 0))) for side in pair)
    return first, second


def _distance_db(one: Samples, other: Samples) -> float:
    """Return how far the louder lies above the difference."""
    if np.array_equal(one, other):
        return SAME_DB
    loudest = max(_power(one), _power(other), _UNHEARD)
    return min(10 * math.log10(loudest / max(_power(one - other), 1e-30)), SAME_DB - 0.01)


def _correlation(one: Samples, other: Samples) -> float:
    """Return 1 for the same shape, however loud, 0 for two that have nothing in common."""
    powers = _power(one), _power(other)
    if max(powers) <= _UNHEARD:
        return 1.0
    if min(powers) == 0:
        return 0.0
    together = float(np.mean(one.astype(np.float64) * other))
    return together / math.sqrt(powers[0] * powers[1])


def _power(samples: Samples) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
