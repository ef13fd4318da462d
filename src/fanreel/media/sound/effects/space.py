"""Effects of time: echoes, rooms, and copies that waver."""

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fanreel.media.sound.effects.knobs import Knobs, amplitude
from fanreel.media.sound.effects.past import Past
from fanreel.media.sound.lanes import Values
from fanreel.media.sound.samples import SOUND_RATE, Samples, in_blocks

Spectrum = npt.NDArray[np.complex128]

_SILENT = amplitude(-60)
_DAMPEST = 0.999
# In Web Audio what is fed back comes a quantum later.
_QUANTUM = 128


def delay(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Repeat the sound every `time`, each time by `feedback` quieter."""
    shortest, longest = (time * SOUND_RATE / 1000 for time in knobs.ends("time"))
    line, echoes = Past(math.ceil(longest) + 1), Past(_QUANTUM)
    position = 0
    # No longer at once than the delay: what is echoed has to be there already.
    for piece in in_blocks(pieces, min(int(shortest), SOUND_RATE)):
        count = len(piece)
        echo = line.delayed(knobs.curve("time", position, count) * SOUND_RATE / 1000, 0)
        echoes.add(echo)
        fed_back = echoes.delayed(np.full(count, float(_QUANTUM)), -count)
        feedback = knobs.curve("feedback", position, count)
        line.add(piece + fed_back * feedback.astype(np.float32)[:, np.newaxis])
        mix = knobs.curve("mix", position, count).astype(np.float32)[:, np.newaxis]
        yield piece * (1 - mix) + echo * mix
        position += count


def delay_tail_s(knobs: Knobs) -> float:
    """Return the seconds until the echoes are 60 dB down."""
    _, feedback = knobs.ends("feedback")
    _, time = knobs.ends("time")
    return math.ceil(math.log(_SILENT) / math.log(feedback)) * time / 1000


def reverb(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Put the sound into a room: convolve it with noise that dies away."""
    spectrum, ringing = _room_spectrum(knobs.number("size"), knobs.number("damping"))
    rest = np.zeros((ringing, 2), np.float32)
    position = 0
    for piece in in_blocks(pieces, len(spectrum) - ringing):
        count = len(piece)
        wet = _convolved(piece, spectrum)
        wet[:ringing] += rest
        rest = wet[count : count + ringing]
        levels = [knobs.curve(name, position, count) for name in ("dry", "wet")]
        dry, loud = (level.astype(np.float32)[:, np.newaxis] for level in levels)
        yield piece * dry + wet[:count] * loud
        position += count


def reverb_tail_s(knobs: Knobs) -> float:
    """Return how long the room rings, in seconds."""
    return _room_samples(knobs.number("size")) / SOUND_RATE


def _room_samples(size: float) -> int:
    return round((0.6 + 2.6 * size) * SOUND_RATE)


def _room(size: float, damping: float) -> Values:
    """
    Return a room's answer to one sample.

    Noise that fades within 0.6 to 3.2 s, its top the more taken off the damper the room, at an
    energy of one; the numbers are those of HyperFrames 0.8.170, as measured.
    """
    count = _room_samples(size)
    state = (round(size * 1000) * 2_654_435_761 + round(damping * 1000) * 40_503) % 2**32
    kept, damped, tail = min(damping, _DAMPEST), 0.0, []
    for _ in range(count):
        state = (state * 1_664_525 + 1_013_904_223) % 2**32  # Numerical Recipes' generator
        damped = (1 - kept) * (state / 2**31 - 1) + kept * damped
        tail.append(damped)
    fading = np.array(tail) * (1 - np.arange(count) / count) ** 2.5
    room: Values = fading / np.sqrt(np.square(fading).sum())
    return room


@lru_cache(maxsize=4)
def _room_spectrum(size: float, damping: float) -> tuple[Spectrum, int]:
    """Return a room's answer as a spectrum, and by how many samples it makes a sound longer."""
    room = _room(size, damping)
    # Of two to four times its length, so that most of a transform is sound and not its ringing.
    points = 2 << len(room).bit_length()
    return np.fft.fft(room, points), len(room) - 1


def _convolved(piece: Samples, spectrum: Spectrum) -> Samples:
    """Return *piece* in the room, followed by what rings on and silence."""
    # One real answer for both channels, so they go through as the parts of one complex sound.
    sound = np.ascontiguousarray(piece).view(np.complex64)[:, 0].astype(np.complex128)
    heard = np.fft.fft(sound, len(spectrum))
    heard *= spectrum
    both = np.fft.ifft(heard, out=heard).astype(np.complex64)
    convolved: Samples = both.view(np.float32).reshape(-1, 2)
    return convolved


def chorus_tail_s(knobs: Knobs) -> float:
    """Return the seconds until the copy of the last sound has come."""
    return knobs.ends("delay")[1] / 1000


def chorus(pieces: Iterator[Samples], knobs: Knobs) -> Iterator[Samples]:
    """Add a copy whose delay wavers by `depth` around `delay`, `speed` times a second."""
    line = Past(SOUND_RATE)
    position, turned = 0, 0.0
    for piece in in_blocks(pieces):
        count = len(piece)
        turns = turned + np.cumsum(knobs.curve("speed", position, count)) / SOUND_RATE
        wavering = np.sin(2 * np.pi * np.concatenate(([turned], turns[:-1])))
        turned = float(turns[-1] % 1)
        wavering *= knobs.curve("depth", position, count)
        times = np.maximum(knobs.curve("delay", position, count) + wavering, 0)
        line.add(piece)
        wet = line.delayed(times * SOUND_RATE / 1000, -count)
        mix = knobs.curve("mix", position, count).astype(np.float32)[:, np.newaxis]
        yield piece * (1 - mix) + wet * mix
        position += count
