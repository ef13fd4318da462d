"""compare(): the distance of two videos' frames, one by one."""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from fanreel.errors import AssetNotFound, InvalidConfig
from fanreel.media.opening import open_media
from fanreel.media.probe import probe
from fanreel.media.reader import picture_stream

Picture = npt.NDArray[np.uint8]
"""`height × width × 4`, RGBA, 8 bit."""

SAME_DB = 100.0
"""What stands for the distance of equal frames, which has no number."""
_PEAK = 255.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePair:
    """A frame of each."""

    frame: int
    psnr_db: float
    left: Picture
    right: Picture

    @property
    def difference(self) -> Picture:
        """The distance of each pixel's channels, four times as bright, opaque."""
        apart = np.abs(self.left.astype(np.int16) - self.right.astype(np.int16))
        # A pixel that differs in its alpha alone would be black.
        shown = np.maximum(apart[:, :, :3], apart[:, :, 3:])
        opaque = np.full((*shown.shape[:2], 1), 255)
        return np.concatenate([np.minimum(shown * 4, 255), opaque], axis=2).astype(np.uint8)


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
        return float(np.mean(self.psnr_db)) if self.psnr_db else SAME_DB

    @property
    def differing(self) -> int:
        """How many frames are not equal."""
        return sum(value < SAME_DB for value in self.psnr_db)

    def passes(self, bar_db: float) -> bool:
        """Tell if both have as many frames, none of them below *bar_db*."""
        return self.left_frames == self.right_frames and self.lowest_db >= bar_db


def compare(left: Path, right: Path, *, worst: int = 3) -> Comparison:
    """
    Compare two videos, pictures, or folders of PNG frames, frame by frame.

    Args:
        left: One.
        right: The other, of the same size.
        worst: How many pairs to keep as pictures.
    Raises:
        InvalidConfig: They differ in size. Terminal.
        AssetNotFound, NotMedia, MediaUnreadable: See `probe()`. Terminal.
    """
    values: list[float] = []
    kept: list[tuple[float, int, FramePair]] = []
    counts = [0, 0]
    for number, (one, other) in enumerate(_pairs(left, right, counts)):
        if one.shape != other.shape:
            raise InvalidConfig(
                f"{left} is {_size(one)}, {right} is {_size(other)}: frames of one size can be "
                "compared; render one of them with --width or --height"
            )
        psnr_db = _psnr(one, other)
        values.append(psnr_db)
        if psnr_db < SAME_DB and worst > 0:
            pair = FramePair(frame=number, psnr_db=psnr_db, left=one, right=other)
            heapq.heappush(kept, (-psnr_db, -number, pair))
            if len(kept) > worst:
                heapq.heappop(kept)
    return Comparison(
        left=left,
        right=right,
        left_frames=counts[0],
        right_frames=counts[1],
        fps=_rate(left),
        psnr_db=tuple(values),
        worst=tuple(pair for *_, pair in sorted(kept, reverse=True)),
    )


def _pairs(left: Path, right: Path, counts: list[int]) -> Iterator[tuple[Picture, Picture]]:
    """Yield the frames that both have; *counts* are those of each in the end."""
    ones, others = read_frames(left), read_frames(right)
    while True:
        one, other = next(ones, None), next(others, None)
        counts[0] += one is not None
        counts[1] += other is not None
        if one is None or other is None:
            break
        yield one, other
    counts[0] += sum(1 for _ in ones)
    counts[1] += sum(1 for _ in others)


def read_frames(path: Path) -> Iterator[Picture]:
    """Yield the frames of a video, a picture, or a folder of PNG frames in order of name."""
    files = sorted(path.glob("*.png")) if path.is_dir() else [path]
    if not files:
        raise AssetNotFound(f"{path} holds no PNG frames; give a video or a folder of them")
    for file in files:
        with open_media(file) as container:
            stream = picture_stream(container)
            if stream is None:
                raise AssetNotFound(f"{file} has no picture")
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                yield _rgba(frame)


def _rgba(frame: av.VideoFrame) -> Picture:
    return frame.to_ndarray(format="rgba").astype(np.uint8, copy=False)


def _psnr(one: Picture, other: Picture) -> float:
    if np.array_equal(one, other):
        return SAME_DB
    apart = one.astype(np.float32) - other
    mean = float(np.mean(np.square(apart)))
    return min(10 * math.log10(_PEAK**2 / mean), SAME_DB - 0.01)


def _size(picture: Picture) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"


def _rate(path: Path) -> Fraction:
    if path.is_dir():
        return Fraction(30)
    return probe(path).fps or Fraction(30)
