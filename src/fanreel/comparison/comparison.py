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
