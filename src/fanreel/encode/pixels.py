"""
Captured pixels to the encoder's: size, layout and colour matrix in one pass of swscale.

Full-range sRGB goes to BT.709 limited range with the transfer curve untouched, which is what
players undo. Area averaging with full chroma input is both the most accurate and the cheapest
combination of libswscale 9 for this: 2.9 ms a 1080p frame and 58.8 dB of chroma against exact
arithmetic; plain bilinear takes 3.9 ms for 54.9 dB (`bench/encode.py --conversions`).

Chroma is sited amid its four pixels, as browsers and swscale take it whatever the file says; sited
left, RGB came out 0.6 dB worse from libav's default conversion. H.264 and HEVC headers say so.

A filter graph does it, for its results come from a pool. Each of PyAV's reformatter is new memory,
which the system has to clear first: the same bytes took 4.8 ms.
"""

from fractions import Fraction
from typing import Any, Literal

import av
import numpy as np
from av.filter import Graph

Pixels = Literal["bgr0", "bgra", "rgba"]
"""Order of the captured bytes: opaque blue-green-red-unused, or with straight alpha."""

BT709 = 1
"""Primaries, transfer and matrix of Rec. 709 in libav's numbering (ITU-T H.273)."""
_UNTOLD_MATRIX, _UNTOLD_RANGE = 2, 0
# PyAV wraps an array as bgra only; the unused byte is dropped as alpha would be.
_WRAPPED_AS = {"bgr0": "bgra", "bgra": "bgra", "rgba": "rgba"}
_SAME_SIZE = "area+full_chroma_inp"
# Fewer pixels more than asked for come from rounding; to scale by them would blur every edge.
_ROUNDED = 2
# Text stays crisper than with area averaging.
_SCALED = "bicubic+full_chroma_inp+accurate_rnd"
_TO_BT709 = ":in_range=full:out_range=limited:in_color_matrix=bt709:out_color_matrix=bt709"


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
        self._graph: Graph | None = None
        self._graph_takes: tuple[int, int] | None = None

    def convert(self, frame: np.ndarray[Any, np.dtype[np.uint8]]) -> av.VideoFrame:
        """
        Convert one frame: height × width × 4, 8 bit, sRGB; rows may be padded.

        The result shares no memory with *frame*.
        """
        rows, columns, _ = frame.shape
        if 0 <= rows - self._height < _ROUNDED and 0 <= columns - self._width < _ROUNDED:
            frame = frame[: self._height, : self._width]
        rows, columns, _ = frame.shape
        if (columns, rows) == (self._width, self._height) and (
            self._pixel_format == self._wrapped_as
        ):
            frame = frame.copy()  # nothing has to change, so it would be the very same memory
        if self._graph is None or self._graph_takes != (columns, rows):
            self._graph = self._graph_for(columns, rows)
            self._graph_takes = columns, rows
        wrapped = av.VideoFrame.from_numpy_buffer(frame, self._wrapped_as)
        wrapped.pts = None
        self._graph.push(wrapped)
        converted = self._graph.vpull()
        if self._is_yuv:
            converted.color_primaries = converted.color_trc = BT709
        else:
            # The graph tells what any RGB is; encoders would write it down.
            converted.colorspace, converted.color_range = _UNTOLD_MATRIX, _UNTOLD_RANGE
        return converted

    def _graph_for(self, width: int, height: int) -> Graph:
        graph = Graph()
        graph.threads = 1
        graph.link_nodes(
            graph.add_buffer(
                width=width,
                height=height,
                format=av.VideoFormat(self._wrapped_as),
                time_base=Fraction(1),
            ),
            *(graph.add(name, options) for name, options in self._steps(width, height)),
            graph.add("buffersink"),
        ).configure()
        return graph

    def _steps(self, width: int, height: int) -> list[tuple[str, str]]:
        """Return the filters, by name and options, for frames of *width* × *height* pixels."""
        steps = []
        size = f"{self._width}:{self._height}:threads=1:flags="
        scaled = (width, height) != (self._width, self._height)
        if scaled and self._keeps_alpha:
            # With colours weighted by alpha, or clear pixels would darken every edge.
            steps = [
                ("format", "gbrap16le"),
                ("premultiply", "inplace=1"),
                ("scale", size + "area+accurate_rnd"),
                ("unpremultiply", "inplace=1"),
                ("format", "rgba"),
            ]
        matrix = _TO_BT709 if self._is_yuv else ""
        flags = _SCALED if scaled else _SAME_SIZE
        return [*steps, ("scale", size + flags + matrix), ("format", self._pixel_format)]
