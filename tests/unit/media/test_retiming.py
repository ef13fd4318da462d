"""Sound that follows a speed ramp."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from fanreel.media.sound.retiming import Positions, retimed
from fanreel.media.sound.samples import Samples

RATE = 48_000


def heard(source: Samples, positions: Positions, length: int) -> Samples:
    """Return the whole of what is heard of *source*, which comes in pieces."""

    def pieces() -> Iterator[Samples]:
        for at in range(0, len(source), 1000):
            yield source[at : at + 1000]

    return np.concatenate(list(retimed(pieces(), positions, length)))


def tone(seconds: float, hertz: float) -> Samples:
    """Return a tone of amplitude 0.5."""
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def pulses(seconds: float, places: list[int]) -> Samples:
    """Return full samples at *places*."""
    wave = np.zeros((int(seconds * RATE), 2), np.float32)
    wave[places] = 1
    return wave


def test_at_its_own_speed_a_sound_is_untouched() -> None:
    """Every window stands where it continues the last one."""
    noise = np.random.default_rng(1).normal(0, 0.2, (30_000, 2)).astype(np.float32)
    out = heard(noise, lambda numbers: numbers, 30_000)
    assert np.abs(out - noise).max() < 1e-6


@pytest.mark.parametrize("speed", [0.1, 0.5, 1.7, 4, 10])
def test_pitch_and_level_stay(speed: float) -> None:
    """At any speed of the format, to 1 % and half a decibel."""
    out = heard(tone(12, 300), lambda numbers: numbers * speed, RATE)[2048:-2048, 0]
    rises = np.flatnonzero((out[:-1] < 0) & (out[1:] >= 0))
    hertz = RATE * (len(rises) - 1) / (rises[-1] - rises[0])
    assert hertz == pytest.approx(300, rel=0.01)
    assert np.sqrt(np.square(out).mean()) == pytest.approx(0.3535, rel=0.06)


def test_events_come_when_the_ramp_says() -> None:
    """Within the reach of a window, however long the ramp has run: nothing drifts."""
    places = list(range(20_000, 400_000, 40_000))
    seconds = 6

    def positions(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return numbers * (0.5 + numbers / (seconds * RATE))

    out = heard(pulses(9, places), positions, seconds * RATE)[:, 0]
    wanted = np.interp(
        places, positions(np.arange(0.0, seconds * RATE)), np.arange(0.0, seconds * RATE)
    )
    for place in wanted:
        near = out[int(place) - 1100 : int(place) + 1100]
        assert near.max(initial=0) > 0.15, place


def test_after_its_end_a_sound_is_silent() -> None:
    """As long as was asked for, and nothing is left over."""
    out = heard(tone(0.5, 300), lambda numbers: numbers * 2.0, RATE)
    assert len(out) == RATE
    assert np.abs(out[RATE // 4 + 2048 :]).max() == 0
