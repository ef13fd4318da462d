"""How close one video's pictures are to another's, or to lossless frames: PSNR per frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
_PEAK = 255.0**2
_IDENTICAL_DB = 99.0
_BT709_LUMA = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """PSNR over the frames of two videos, in dB."""

    frames: int
    mean_rgb_db: float
    min_rgb_db: float
    min_rgb_frame: int
    mean_luma_db: float


def compare(one: Path, other: Path) -> Fidelity:
    """Compare two videos (or directories of PNG frames) frame by frame."""
    rgb, luma = [], []
    for a, b in zip(pictures(one), pictures(other), strict=True):
        error = a.astype(np.float32) - b
        rgb.append(_psnr(float(np.square(error).mean())))
        luma.append(_psnr(float(np.square(error @ _BT709_LUMA).mean())))
    worst = int(np.argmin(rgb))
    return Fidelity(
        frames=len(rgb),
        mean_rgb_db=float(np.mean(rgb)),
        min_rgb_db=rgb[worst],
        min_rgb_frame=worst,
        mean_luma_db=float(np.mean(luma)),
    )


def pictures(path: Path) -> Iterator[Picture]:
    """Yield the frames as `height × width × 3`, 8 bit sRGB."""
    files = sorted(path.glob("frame_*.png")) if path.is_dir() else [path]
    for file in files:
        with av.open(str(file)) as container:
            for frame in container.decode(video=0):
                yield _over_black(frame)


def _over_black(frame: av.VideoFrame) -> Picture:
    # Colours of clear pixels are nobody's business.
    if not any(part.is_alpha for part in frame.format.components):
        return frame.to_ndarray(format="rgb24")
    picture = frame.to_ndarray(format="rgba").astype(np.uint16)
    return ((picture[..., :3] * picture[..., 3:] + 127) // 255).astype(np.uint8)


def _psnr(mean_square: float) -> float:
    return 10 * float(np.log10(_PEAK / mean_square)) if mean_square else _IDENTICAL_DB
