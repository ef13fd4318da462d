"""How stored pictures become upright ones, with square pixels."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class Orientation:
    """How stored rows and columns become the upright picture: transpose first, then flip."""

    transposed: bool = False
    flip_columns: bool = False
    flip_rows: bool = False

    @property
    def clockwise_degrees(self) -> int:
        """The turn, leaving a mirror image aside: 0, 90, 180 or 270."""
        if self.transposed:
            return 90 if self.flip_columns else 270
        return 180 if self.flip_rows and self.flip_columns else 0


UPRIGHT = Orientation()
_TURNS = {
    0: UPRIGHT,
    90: Orientation(transposed=True, flip_rows=True),
    180: Orientation(flip_columns=True, flip_rows=True),
    270: Orientation(transposed=True, flip_columns=True),
}
"""By the angle that libav tells, counter-clockwise."""
_WITH_COLOUR_PROFILES = frozenset({"apng", "jpegxl", "libjxl", "mjpeg", "png", "tiff", "webp"})


def _unlisted(cls: type[Type], value: Any) -> Type:
    """
    Return a member for side data that PyAV has no name for: EXIF, views of spatial videos.

    libav attaches more kinds than PyAV 18 lists, and asking a frame for any of them would fail.
    """
    member = object.__new__(cls)
    member._name_, member._value_ = f"UNLISTED_{value}", value
    return member


Type._missing_ = classmethod(_unlisted)  # type: ignore[method-assign,assignment]


def read_orientation(frame: VideoFrame, codec: str) -> Orientation:
    """
    Read the display matrix a container or codec attached to *frame*.

    Args:
        frame: Decoded.
        codec: Its decoder's name.
    """
    if codec in _WITH_COLOUR_PROFILES:
        # PyAV frees the name of a colour profile twice once a frame's side data was asked for. The
        # angle comes another way, and only a mirror image, which cameras do not write, is lost.
        return _TURNS[frame.rotation % 360]
    side_data = cast("SideDataContainer", frame.side_data)  # PyAV's stub calls it a TypedDict
    if Type.DISPLAYMATRIX not in side_data:
        return UPRIGHT
    matrix = bytes(side_data[Type.DISPLAYMATRIX])
    # ISO 14496-12, 8.2.2: a stored pixel (x, y) is shown at (a·x + c·y, b·x + d·y).
    a, b, _, c, d = (int(v) for v in np.frombuffer(matrix, "<i4")[:5])
    if abs(b) > abs(a):
        return Orientation(transposed=True, flip_columns=c < 0, flip_rows=b < 0)
    return Orientation(flip_columns=a < 0, flip_rows=d < 0)


def displayed_size(
    width: int, height: int, sample_aspect: Fraction | None, orientation: Orientation
) -> tuple[int, int]:
    """Return the size in square pixels; like Chromium, one side is stretched, none shrunk."""
    aspect = sample_aspect or Fraction(1)
    if aspect > 1:
        width = math.floor(width * aspect + Fraction(1, 2))
    elif aspect > 0:
        height = math.floor(height / aspect + Fraction(1, 2))
    return (height, width) if orientation.transposed else (width, height)


def turned(pixels: npt.NDArray[np.uint8], orientation: Orientation) -> npt.NDArray[np.uint8]:
    """Turn stored pixels, height × width × bytes, upright."""
    if orientation.transposed:
        pixels = pixels.transpose(1, 0, 2)
    if orientation.flip_rows:
        pixels = pixels[::-1]
    if orientation.flip_columns:
        pixels = pixels[:, ::-1]
    return pixels
