"""One captured frame as a picture file."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace

from fanreel.encode.pixels import PixelConverter, Pixels

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext


@dataclass(frozen=True, slots=True, kw_only=True)
class _PictureFormat:
    codec: str
    pixel_format: str
    options: dict[str, str]


PICTURE_FORMATS: Mapping[str, _PictureFormat] = {
    ".png": _PictureFormat(codec="png", pixel_format="rgba", options={"compression_level": "6"}),
    ".jpg": _PictureFormat(
        codec="mjpeg",
        pixel_format="yuvj444p",
        options={"qmin": "1", "qmax": "2", "flags": "qscale"},
    ),
    ".webp": _PictureFormat(
        codec="libwebp", pixel_format="bgra", options={"quality": "90", "compression_level": "4"}
    ),
}
"""By suffix of the file."""


def save_picture(
    picture: npt.NDArray[np.uint8], path: Path, suffix: str, pixels: Pixels, size: tuple[int, int]
) -> None:
    """
    Write *picture* to *path*.

    Args:
        picture: `height × width × 4`, 8 bit, sRGB, as captured.
        path: File to write.
        suffix: Of the picture's format: a key of `PICTURE_FORMATS`.
        pixels: Layout of *picture*.
        size: Width and height of the file's picture in pixels.
    """
    chosen = PICTURE_FORMATS[suffix]
    if pixels == "bgr0":
        picture[:, :, 3] = 255  # the unused byte would be read as transparency
    frame = PixelConverter(*size, "rgba", pixels).convert(picture)
    if chosen.pixel_format.startswith("yuvj"):
        # JPEG files are BT.601 full range by definition (JFIF 1.02).
        frame = frame.reformat(
            format=chosen.pixel_format,
            dst_colorspace=Colorspace.ITU601,
            dst_color_range=ColorRange.JPEG,
        )
    else:
        frame = frame.reformat(format=chosen.pixel_format)
    encoder = cast("VideoCodecContext", av.CodecContext.create(chosen.codec, "w"))
    encoder.width, encoder.height = size
    encoder.pix_fmt = chosen.pixel_format
    encoder.time_base = Fraction(1)
    encoder.options = dict(chosen.options)
    frame.pts = 0
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    path.write_bytes(b"".join(map(bytes, packets)))
