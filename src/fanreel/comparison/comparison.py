"""What came of comparing two videos."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

SAME_DB = 100.0
"""What stands for the distance of equal frames, which has no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePair:
    """A frame of each, as small pictures: `data:` URLs."""

    frame: int
    psnr_db: float
    left: str
    right: str
    difference: str
    """Of each pixel's channels, four times as bright."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundComparison:
    """How far apart two sounds are, second by second."""

    left: bool
    """Whether this side has a sound at all."""
    right: bool
    snr_db: tuple[float, ...]
    """How far the louder of both lies above their difference; 100 where they are equal."""
    correlation: tuple[float, ...]
    """From 1, the same shape however loud, by 0, nothing in common, to -1, turned around."""

    @property
    def lowest_db(self) -> float:
        """Of the worst second."""
        return min(self.snr_db, default=SAME_DB)

    @property
    def differing(self) -> int:
        """How many seconds are not equal."""
        return sum(value < SAME_DB for value in self.snr_db)

    def passes(self, bar_db: float) -> bool:
        """Tell if no second lies below *bar_db*."""
        return self.lowest_db >= bar_db


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of it."""

    left: Path
    right: Path
    left_frames: int
    right_frames: int
    fps: Fraction
    psnr_db: tuple[float, ...]
    """Of each frame that both have; 100 where they are equal."""
    worst: tuple[FramePair, ...] = field(repr=False)
    """Those that differ most, the worst first; none that are equal."""
    sound: SoundComparison | None = None
    """None: neither has one."""

    @property
    def lowest_db(self) -> float:
        """Of the worst frame."""
        return min(self.psnr_db, default=SAME_DB)

    @property
    def mean_db(self) -> float:
        """Of all frames, each counting alike."""
        return sum(self.psnr_db) / len(self.psnr_db) if self.psnr_db else SAME_DB

    @property
    def differing(self) -> int:
        """How many frames are not equal."""
        return sum(value < SAME_DB for value in self.psnr_db)

    def passes(self, bar_db: float) -> bool:
        """Tell if both have as many frames, none of them below *bar_db*."""
        return self.left_frames == self.right_frames and self.lowest_db >= bar_db


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """What is asked of frames and of sound; None: nothing."""

    frames_db: float | None = None
    sound_db: float | None = None

    def passes(self, found: Comparison) -> bool | None:
        """Tell if all that is asked for is met; None if nothing is."""
        verdicts = [] if self.frames_db is None else [found.passes(self.frames_db)]
        if self.sound_db is not None:
            verdicts.append(found.sound is None or found.sound.passes(self.sound_db))
        return all(verdicts) if verdicts else None
