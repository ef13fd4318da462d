"""Frames of two videos beside each other; see `comparison.comparing`."""

import heapq
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from fanreel.comparison.comparison import SAME_DB, Comparison, FramePair
from fanreel.comparison.picture_bytes import data_url
from fanreel.errors import AssetNotFound, InvalidConfig
from fanreel.media.opening import open_media
from fanreel.media.probe import probe
from fanreel.media.reader import picture_stream
from fanreel.media.time_limit import paced

Picture = npt.NDArray[np.uint8]
"""`height × width × 4`, RGBA, 8 bit."""

_PEAK = 255.0
_PICTURE_PX = 640


def compare_frames(left: Path, right: Path, worst: int) -> Comparison:
    """Do as `compare()` does."""
    values: list[float] = []
    kept: list[tuple[float, int, Picture, Picture]] = []
    counts = [0, 0]
    pairs = _pairs(left, right, counts) if _has_picture(left) or _has_picture(right) else ()
    for number, (one, other) in enumerate(pairs):
        if one.shape != other.shape:
            raise InvalidConfig(
                f"{left} is {_size(one)}, {right} is {_size(other)}: frames of one size can be "
                "compared; render one of them with --width or --height"
            )
        psnr_db = _psnr(one, other)
        values.append(psnr_db)
        if psnr_db < SAME_DB and worst > 0:
            # Numbers differ, so pictures are never compared.
            heapq.heappush(kept, (-psnr_db, -number, one, other))
            if len(kept) > worst:
                heapq.heappop(kept)
    return Comparison(
        left=left,
        right=right,
        left_frames=counts[0],
        right_frames=counts[1],
        fps=_rate(left),
        psnr_db=tuple(values),
        worst=tuple(
            _pair(-number, -db, one, other)
            for db, number, one, other in sorted(kept, key=lambda pair: pair[:2], reverse=True)
        ),
    )


def difference(one: Picture, other: Picture) -> Picture:
    """Return the distance of each pixel's channels, four times as bright, opaque."""
    apart = np.abs(one.astype(np.int16) - other.astype(np.int16))
    # A pixel that differs in its alpha alone would be black.
    shown = np.maximum(apart[:, :, :3], apart[:, :, 3:])
    opaque = np.full((*shown.shape[:2], 1), 255)
    return np.concatenate([np.minimum(shown * 4, 255), opaque], axis=2).astype(np.uint8)


def _pair(number: int, psnr_db: float, one: Picture, other: Picture) -> FramePair:
    left, right, apart = (
        data_url(picture, _PICTURE_PX) for picture in (one, other, difference(one, other))
    )
    return FramePair(frame=number, psnr_db=psnr_db, left=left, right=right, difference=apart)


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


def _has_picture(side: Path) -> bool:
    if side.is_dir():
        return True
    with open_media(side) as container:
        return picture_stream(container) is not None


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
            for frame in paced(file, container.decode(stream)):
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
