"""Odd pictures in 4:2:0: one column and one row more, so that chroma has half of each side."""

from collections.abc import Callable
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from fanreel.encode.encoders import NO_PADDING, Padding

Picture = np.ndarray[Any, np.dtype[Any]]
Convert = Callable[[Picture], av.VideoFrame]
_SCALED = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND
_RESAMPLED_AS = {np.dtype(np.uint8): "bgra", np.dtype(np.uint16): "rgb48le"}
# A capture may be a pixel larger than asked for; see PixelConverter.
_ROUNDED = 2


def padded(convert: Convert, width: int, height: int, padding: Padding) -> Convert:
    """
    Return *convert* for pictures that are *padding* smaller than its frames of *width* × *height*.

    What is added repeats the last column and row: black there would show as a hairline, and chroma,
    which four pixels share, would darken the picture's own edge.
    """
    if padding == NO_PADDING:
        return convert
    columns, rows = width - padding[0], height - padding[1]
    reformatter = VideoReformatter()

    def convert_padded(picture: Picture) -> av.VideoFrame:
        sized = _sized(picture, columns, rows, reformatter)
        return convert(np.pad(sized, ((0, padding[1]), (0, padding[0]), (0, 0)), mode="edge"))

    return convert_padded


def _sized(picture: Picture, columns: int, rows: int, reformatter: VideoReformatter) -> Picture:
    height, width = picture.shape[:2]
    if 0 <= height - rows < _ROUNDED and 0 <= width - columns < _ROUNDED:
        return picture[:rows, :columns]
    layout = _RESAMPLED_AS[picture.dtype]
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), layout)
    scaled = reformatter.reformat(frame, columns, rows, layout, interpolation=_SCALED, threads=1)
    return scaled.to_ndarray()
