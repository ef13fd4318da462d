"""How far two films of one composition agree: pictures, length, sound."""

from dataclasses import dataclass

import numpy as np

from bench.parity.films import Film, Picture, Sound

SAME_DB = 35.0
IDENTICAL_DB = 99.0
_OPAQUE = 255
_MOST_LAG = 4800
# Transparency is judged over both: a wrong alpha shows over at least one of them.
_BACKGROUNDS = (0, 255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two films compared."""

    min_db: float
    """PSNR over RGB of the worst frame."""
    worst_frame: int
    worst: tuple[Picture, Picture]
    """That frame, ours and theirs."""
    frames_apart: int
    """Frames that theirs is longer than ours."""
    correlation: float | None
    """Of the sound, at its best lag; None where neither has any, 0 where one has none."""
    lag_samples: int | None
    """Samples that theirs comes later."""

    @property
    def is_same(self) -> bool:
        """Whether it is the same picture and the same length, and both have sound or neither."""
        return is_same(self.min_db, self.frames_apart, self.correlation)


def is_same(min_db: float, frames_apart: int, correlation: float | None) -> bool:
    """Tell whether figures as those of an `Agreement` are of the same picture, length and sound."""
    return min_db >= SAME_DB and frames_apart == 0 and correlation != 0


def compare(ours: Film, theirs: Film) -> Agreement:
    """Compare frame by frame, as far as both go."""
    min_db, worst_frame, worst = np.inf, 0, None
    for frame, pair in enumerate(zip(ours.pictures, theirs.pictures, strict=False)):
        found_db = psnr(*pair)
        if found_db < min_db:
            min_db, worst_frame, worst = found_db, frame, pair
    assert worst is not None, "one of the films has no pictures"
    correlation, lag = _compare_sound(ours.sound, theirs.sound)
    return Agreement(
        min_db=min_db,
        worst_frame=worst_frame,
        worst=worst,
        frames_apart=theirs.count - ours.count,
        correlation=correlation,
        lag_samples=lag,
    )


def psnr(one: Picture, other: Picture) -> float:
    """Return the PSNR over RGB in dB of two RGBA pictures, over the worse of two backgrounds."""
    if one.shape != other.shape:
        return 0.0
    if np.array_equal(one, other):
        return IDENTICAL_DB
    is_opaque = bool((one[..., 3] == _OPAQUE).all() and (other[..., 3] == _OPAQUE).all())
    errors = [
        np.square(over(one, background) - over(other, background)).mean()
        for background in _BACKGROUNDS[: 1 if is_opaque else None]
    ]
    worst = float(max(errors))
    return min(10 * float(np.log10(255**2 / worst)), IDENTICAL_DB) if worst else IDENTICAL_DB


def over(picture: Picture, background: int) -> np.ndarray:
    """Put an RGBA picture on a grey *background*; height × width × 3, 0 to 255."""
    alpha = picture[..., 3:].astype(np.float32) / 255
    return picture[..., :3] * alpha + background * (1 - alpha)


def _compare_sound(ours: Sound | None, theirs: Sound | None) -> tuple[float | None, int | None]:
    if ours is None and theirs is None:
        return None, None
    if ours is None or theirs is None:
        return 0.0, None
    one, other = ours.mean(axis=1), theirs.mean(axis=1)
    size = 1 << (len(one) + len(other)).bit_length()
    spectrum = np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size))
    shifted = np.fft.irfft(spectrum, size)
    lags = np.concatenate([np.arange(_MOST_LAG), np.arange(-_MOST_LAG, 0)])
    best = int(lags[np.argmax(shifted[lags])])
    scale = float(np.linalg.norm(one) * np.linalg.norm(other))
    return (float(shifted[best]) / scale if scale else 0.0), best
