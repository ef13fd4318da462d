"""
Captured layers to one HDR picture, and HDR pictures to what H.265 encodes.

Chromium composes 8 bits of sRGB, in which there is neither room for light above white nor for ten
bits. But whatever it does to a video's picture on the way (scaling, cropping, rounding corners,
opacity, masks, blending with what lies around) is linear in that picture's levels. So a frame
with HDR video is captured four times, with other levels in the video's place:

    black   what the graphics add                      B = g × (1 - c)
    white   how much of the video shows, the coverage  W = B + c
    high    upper 8 bits of its HLG signal             H = B + c × high
    low     what those leave over                      L = B + c × low

and the picture is the graphics in HLG, weighed as Chromium weighed them, and c × the signal.
Where the video is opaque and not scaled that is exact to 16 bits; elsewhere each capture is
rounded to 8 bits, which costs up to about 2 of 1023 levels in each of them.
"""

from collections.abc import Callable
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from fanreel.encode.pixels import Pixels
from fanreel.media.hlg import (
    BT2020_WEIGHTS,
    CHROMA_SPAN,
    CHROMA_ZERO,
    GRAPHICS_MAX,
    HIGH_STEP,
    LUMA_SPAN,
    LUMA_ZERO,
    ROWS,
    SHADES,
    SIGNAL_MAX,
    Signal,
    graphics_to_hlg,
)

BT2020 = 9
"""Primaries and matrix (not constant luminance) in libav's numbering (ITU-T H.273)."""
HLG = 18

Capture = npt.NDArray[np.uint8]
_ORDER = {"bgr0": (2, 1, 0), "bgra": (2, 1, 0), "rgba": (0, 1, 2)}
_WHITE = 255
_KR, _KB = BT2020_WEIGHTS
_SAME_SIZE = Interpolation.AREA | Interpolation.ACCURATE_RND
_SCALED = Interpolation.BICUBIC | Interpolation.ACCURATE_RND


def develop_graphics(capture: Capture, pixels: Pixels, into: Signal) -> None:
    """Bring a capture without HDR video, height × width × 4, to HLG R'G'B'."""
    order = _ORDER[pixels]

    def band(rows: slice) -> Signal:
        return graphics_to_hlg(capture[rows][..., order].astype(np.uint16) * SHADES)

    _by_bands(band, into)


def develop_layers(
    black: Capture, white: Capture, high: Capture, low: Capture, pixels: Pixels, into: Signal
) -> None:
    """Bring the four captures of a frame with HDR video to HLG R'G'B'; see the module's text."""
    order = _ORDER[pixels]

    def band(rows: slice) -> Signal:
        if np.array_equal(black[rows], white[rows]):
            return graphics_to_hlg(black[rows][..., order].astype(np.uint16) * SHADES)
        base, full, upper, lower = (
            layer[rows][..., order].astype(np.int32) for layer in (black, white, high, low)
        )
        covered = np.clip(full - base, 0, _WHITE)
        # Blend modes may add light where the video covers all; it counts as graphics none the less.
        weight = np.maximum(_WHITE - covered, base)
        levels = base * GRAPHICS_MAX // np.maximum(weight, 1)
        mixed: npt.NDArray[np.int32] = graphics_to_hlg(levels) * weight // _WHITE
        mixed += (upper - base) * HIGH_STEP
        mixed += lower - base
        return mixed.clip(0, SIGNAL_MAX).astype(np.uint16)

    _by_bands(band, into)


def _by_bands(develop: Callable[[slice], Signal], into: Signal) -> None:
    for top in range(0, len(into), ROWS):
        rows = slice(top, top + ROWS)
        into[rows] = develop(rows)


class HlgConverter:
    """
    Turns HLG pictures into frames of BT.2020 4:2:0, 10 bit, limited range, of one size.

    The matrix is applied here: libswscale 9 is up to 3.6 of 1023 levels off with BT.2020, white
    at 943 in place of 940. It only resamples, which it does exactly.

    Args:
        width: Of the result, in pixels; even.
        height: Of the result, in pixels; even.
    """

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._reformatter = VideoReformatter()

    def convert(self, picture: npt.NDArray[Any]) -> av.VideoFrame:
        """Convert one picture: height × width × 3, HLG R'G'B' in BT.2020, 16 bit."""
        height, width = picture.shape[:2]
        full = av.VideoFrame(width, height, "yuv444p16le")
        planes = [
            np.frombuffer(memoryview(plane), np.uint16).reshape(height, -1)[:, :width]
            for plane in full.planes
        ]
        for top in range(0, height, ROWS):
            rows = slice(top, top + ROWS)
            for plane, samples in zip(planes, _to_yuv(picture[rows]), strict=True):
                plane[rows] = samples
        converted = self._reformatter.reformat(
            full,
            *self._size,
            "yuv420p10le",
            src_colorspace=Colorspace.BT2020,
            dst_colorspace=Colorspace.BT2020,
            src_color_range=ColorRange.MPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=_SAME_SIZE if (width, height) == self._size else _SCALED,
            threads=1,
        )
        converted.color_primaries, converted.color_trc = BT2020, HLG
        return converted


def _to_yuv(picture: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float32], ...]:
    red, green, blue = (picture[..., channel].astype(np.float32) for channel in range(3))
    luma = red * np.float32(_KR) + green * np.float32(1 - _KR - _KB) + blue * np.float32(_KB)
    blue -= luma
    red -= luma
    luma *= np.float32(LUMA_SPAN / SIGNAL_MAX)
    blue *= np.float32(CHROMA_SPAN / SIGNAL_MAX / (2 - 2 * _KB))
    red *= np.float32(CHROMA_SPAN / SIGNAL_MAX / (2 - 2 * _KR))
    half = np.float32(0.5)  # assigning to whole numbers cuts off
    luma += LUMA_ZERO + half
    blue += CHROMA_ZERO + half
    red += CHROMA_ZERO + half
    return luma, blue, red
