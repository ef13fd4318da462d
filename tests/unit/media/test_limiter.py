"""The limiter: exact below full scale, never above it."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from fanreel.media.sound.limiter import CEILING, STEP, limit

Sound = npt.NDArray[np.float32]


def noise(seed: int, length: int, level: float) -> Sound:
    """Return stereo noise that is the same for the same seed."""
    generator = np.random.default_rng(seed)
    return generator.uniform(-level, level, (length, 2)).astype(np.float32)


def limited(sound: Sound, block: int = 48 * STEP) -> Sound:
    """Return *sound* after the limiter, fed in blocks."""
    blocks = (sound[i : i + block] for i in range(0, len(sound), block))
    return np.concatenate(list(limit(blocks)))


def test_sound_within_full_scale_is_unchanged_bit_for_bit() -> None:
    """No peak above 1.0: the same samples come out, at the same places."""
    sound = noise(1, 20_000, 1.0)
    assert np.array_equal(limited(sound), sound)


@given(seed=st.integers(0, 1000), level=st.floats(0.5, 8), length=st.integers(1, 12_000))
def test_nothing_leaves_above_full_scale(seed: int, level: float, length: int) -> None:
    """Whatever goes in, every sample that comes out is within full scale, none is lost."""
    out = limited(noise(seed, length, level))
    assert len(out) == length
    assert np.abs(out).max() <= CEILING


@given(block=st.integers(1, 40))
def test_the_size_of_blocks_does_not_matter(block: int) -> None:
    """Blocks are how sound streams, not part of the sound."""
    sound = noise(3, 6000, 0.4)
    sound[3000:3050] *= 5
    assert np.allclose(limited(sound, (16 + block) * STEP), limited(sound), atol=1e-6)


def test_a_peak_turns_down_only_its_surroundings() -> None:
    """Far from a peak, samples are unchanged; the ramp towards it takes 11 ms at most."""
    sound = noise(2, 96_000, 0.5)
    sound[24_000] = 2.0
    out = limited(sound)
    assert np.array_equal(out[: 24_000 - 16 * STEP], sound[: 24_000 - 16 * STEP])
    assert np.array_equal(out[-1000:], sound[-1000:])
    assert out[24_000, 0] <= CEILING
    # A loud passage keeps its shape instead of being cut off at full scale.
    assert out[24_000, 0] > 0.9
