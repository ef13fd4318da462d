"""Sound as it flows through the mix: pieces of any length, one after the other."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

SOUND_RATE = 48_000

BLOCK_SAMPLES = SOUND_RATE

Samples = npt.NDArray[np.float32]
"""samples × 2, 48 kHz, full scale at 1.0."""


def silence(length: int) -> Samples:
    """Return *length* samples of nothing."""
    return np.zeros((length, 2), np.float32)


def exactly(length: int, pieces: Iterator[Samples]) -> Iterator[Samples]:
    """Yield *length* samples: cut what is too long, fill what is too short with silence."""
    left = length
    for piece in pieces:
        if left <= 0:
            return
        yield piece[:left]
        left -= len(piece)
    while left > 0:
        yield silence(min(left, BLOCK_SAMPLES))
        left -= BLOCK_SAMPLES


def without(length: int, pieces: Iterator[Samples]) -> Iterator[Samples]:
    """Leave the first *length* samples out."""
    for piece in pieces:
        if length < len(piece):
            yield piece[length:]
        length = max(length - len(piece), 0)


def in_blocks(pieces: Iterator[Samples], size: int = BLOCK_SAMPLES) -> Iterator[Samples]:
    """Yield the same samples in blocks of *size*, the last one as long as it comes out."""
    kept: list[Samples] = []
    have = 0
    for piece in pieces:
        kept.append(piece)
        have += len(piece)
        if have < size:
            continue
        joined = np.concatenate(kept)
        whole = have - have % size
        yield from (joined[at : at + size] for at in range(0, whole, size))
        # A copy, so that the rest does not keep the whole alive.
        kept, have = [joined[whole:].copy()], have - whole
    if have:
        yield np.concatenate(kept)


class Reader:
    """A stream, read in lengths that the reader chooses; silent after its end."""

    def __init__(self, pieces: Iterator[Samples]) -> None:
        self._pieces = pieces
        self._rest = silence(0)

    def read(self, length: int) -> Samples:
        """Return the next *length* samples."""
        taken, have = [self._rest], len(self._rest)
        while have < length:
            piece = next(self._pieces, None)
            if piece is None:
                piece = silence(length - have)
            taken.append(piece)
            have += len(piece)
        joined = np.concatenate(taken)
        # A copy, so that the rest does not keep the whole alive.
        self._rest = joined[length:].copy()
        return joined[:length]
