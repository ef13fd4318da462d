"""
Captured pixels to the encoder's: size, layout and colour matrix in one pass of swscale.

Full-range sRGB goes to BT.709 limited range with the transfer curve untouched, which is what
players undo. Area averaging with full chroma input is both the most accurate and the cheapest
combination of libswscale 9 for this: 2.9 ms a 1080p frame and 58.8 dB of chroma against exact
arithmetic; plain bilinear takes 3.9 ms for 54.9 dB (`bench/encode.py --conversions`).

Chroma is sited amid its four pixels, as browsers and swscale take it whatever the file says; sited
left, RGB came out 0.6 dB worse from libav's default conversion. H.264 and HEVC headers say so.
"""

from fractions import Fraction
from typing import Any, Literal

import av
import numpy as np
from av.filter import Graph
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

Pixels = Literal["bgr0", "bgra", "rgba"]
"""Order of the captured bytes: opaque blue-green-red-unused, or with straight alpha."""

BT709 = 1
"""Primaries, transfer and matrix of Rec. 709 in libav's numbering (ITU-T H.273)."""
# PyAV wraps an array as bgra only; the unused byte is dropped as alpha would be.
_WRAPPED_AS = {"bgr0": "bgra", "bgra": "bgra", "rgba": "rgba"}
_SAME_SIZE = Interpolation.AREA | Interpolation.FULL_CHR_H_INP
# Fewer pixels more than asked for come from rounding; to scale by them would blur every edge.
_ROUNDED = 2
# Text stays crisper than with area averaging.
_SCALED = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND


class PixelConverter:
    """
    Turns captured frames into libav frames of one size and pixel format.

    Args:
        width: Of the result, in pixels.
        height: Of the result, in pixels.
        pixel_format: Of the result, a libav name.
        pixels: Layout of what comes in.
    """

    def __init__(self, width: int, height: int, pixel_format: str, pixels: Pixels) -> None:
        self._width = width
        self._height = height
        self._pixel_format = pixel_format
        self._wrapped_as = _WRAPPED_AS[pixels]
        self._is_yuv = pixel_format.startswith("yuv")
        self._keeps_alpha = pixels != "bgr0" and "a" in pixel_format
        self._reformatter = VideoReformatter()
        self._scaler: Graph | None = None

    def convert(self, frame: np.ndarray[Any, np.dtype[np.uint8]]) -> av.VideoFrame:
        """
        Convert one frame: height × width × 4, 8 bit, sRGB; rows may be padded.

        The result shares no memory with *frame*.
        """
        rows, columns, _ = frame.shape
        if 0 <= rows - self._height < _ROUNDED and 0 <= columns - self._width < _ROUNDED:
            frame = frame[: self._height, : self._width]
        scaled = frame.shape[:2] != (self._height, self._width)
        if not scaled and self._pixel_format == self._wrapped_as:
            frame = frame.copy()  # nothing has to change, so it would be the very same memory
        wrapped = av.VideoFrame.from_numpy_buffer(frame, self._wrapped_as)
        if scaled and self._keeps_alpha:
            wrapped = self._scale_alpha(wrapped)
        flags = _SCALED if scaled else _SAME_SIZE
        if not self._is_yuv:
            return self._reformatter.reformat(
                wrapped,
                self._width,
                self._height,
                self._pixel_format,
                interpolation=flags,
                threads=1,
            )
        converted = self._reformatter.reformat(
            wrapped,
            self._width,
            self._height,
            self._pixel_format,
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=flags,
            threads=1,
        )
        converted.color_primaries = converted.color_trc = BT709
        return converted

    def _scale_alpha(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Scale with colours weighted by alpha, or clear pixels would darken every edge."""
        if self._scaler is None:
            graph = self._scaler = Graph()
            graph.link_nodes(
                graph.add_buffer(
                    width=frame.width,
                    height=frame.height,
                    format=frame.format,
                    time_base=Fraction(1),
                ),
                graph.add("format", "gbrap16le"),
                graph.add("premultiply", "inplace=1"),
                graph.add("scale", f"{self._width}:{self._height}:flags=area+accurate_rnd"),
                graph.add("unpremultiply", "inplace=1"),
                graph.add("format", "rgba"),
                graph.add("buffersink"),
            ).configure()
        frame.pts = None
        self._scaler.push(frame)
        return self._scaler.vpull()
