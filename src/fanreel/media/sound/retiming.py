"""
Sound along a speed ramp, at its own pitch: overlapping windows, each where its time says.

libav's `atempo`, which retimes at an even rate, is told a new tempo only for sound that it has
not yet taken in, so that a ramp would drift from the picture. This is the same method (WSOLA:
W. Verhelst and M. Roelands, 1993) with each window placed by the integral of the ramp: a window is
where it should be or at most `_SEEK` samples from there, wherever it continues the last one best.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from fanreel.media.sound.samples import Reader, Samples, silence

_HOP = 1024  # half a window: 43 ms a window, as atempo has at this rate
_SEEK = 512  # reaches over one period down to 47 Hz
_SILENT = 1e-6  # product of two windows' energies
_RISE = (0.5 - 0.5 * np.cos(np.pi * (np.arange(_HOP) + 0.5) / _HOP)).astype(np.float32)[:, None]
# Of places that go on equally well the one nearest to its time is taken.
_AWAY = 1e-3 * np.abs(np.arange(-_SEEK, _SEEK + 1)) / _SEEK

Positions = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""From sample numbers of what is heard to those of what is read, never descending."""


def retimed(sound: Iterator[Samples], positions: Positions, length: int) -> Iterator[Samples]:
    """
    Yield *length* samples of *sound*, sample *n* from about `positions(n)`.

    Args:
        sound: From position 0 on; silent after its end.
        positions: See `Positions`; asked for every `_HOP` samples.
        length: Samples to give.
    """
    tape = _Tape(sound)
    centres = np.rint(positions(np.arange(0.0, length + _HOP, _HOP))).astype(int).tolist()
    place = centres[0]
    for number, wanted in enumerate(centres[1:]):
        falling = tape.take(place, place + _HOP)
        place = wanted + _best(tape, place + _HOP, wanted)
        rising = tape.take(place - _HOP, place)
        yield (falling + (rising - falling) * _RISE)[: length - number * _HOP]
        tape.forget(min(place, wanted) - _HOP)


def _best(tape: "_Tape", natural: int, wanted: int) -> int:
    """Return how far from *wanted* the sound goes on best from where it would naturally be."""
    if natural == wanted:
        return 0
    pattern = tape.take(natural - _HOP, natural + _HOP)
    reach = tape.take(wanted - _HOP - _SEEK, wanted + _HOP + _SEEK)
    size = 1 << (len(reach) - 1).bit_length()
    spectra = (np.fft.rfft(part, size, axis=0) for part in (reach, pattern))
    product = next(spectra) * np.conj(next(spectra))
    common = np.fft.irfft(product.sum(axis=1), size)[: 2 * _SEEK + 1]
    power = np.concatenate(([0.0], np.cumsum(np.square(reach, dtype=np.float64).sum(axis=1))))
    energy = (power[2 * _HOP :] - power[: -2 * _HOP]) * np.square(pattern, dtype=np.float64).sum()
    likeness = np.where(energy > _SILENT, common / np.sqrt(np.maximum(energy, _SILENT)), 0)
    return int(np.argmax(likeness - _AWAY)) - _SEEK


class _Tape:
    """A stream of which a stretch is held, by sample number; silent before and after."""

    def __init__(self, sound: Iterator[Samples]) -> None:
        self._reader = Reader(sound)
        self._held = silence(0)
        self._first = 0

    def take(self, start: int, end: int) -> Samples:
        """Return samples `[start, end)`, none of them forgotten."""
        last = self._first + len(self._held)
        if end > last:
            self._held = np.concatenate((self._held, self._reader.read(end - last)))
        if start >= self._first:
            return self._held[start - self._first : end - self._first]
        before = silence(min(end, self._first) - start)
        return np.concatenate((before, self._held[: max(end - self._first, 0)]))

    def forget(self, place: int) -> None:
        """Let go of what is only needed for windows before the one about *place*."""
        spent = min(place - _HOP - _SEEK - self._first, len(self._held))
        if spent > 0:
            self._held = self._held[spent:].copy()
            self._first += spent
