"""
Frames of PQ and HLG sources as two layers of 8 bits: the halves of their HLG signal.

The page shows one layer at a time, as numbers rather than colours; encode/hdr.py puts the captures
of them together again.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from fanreel.media.colour import ColourTags, SourceFrame, colour_tags, has_alpha
from fanreel.media.hlg import (
    BT2020_WEIGHTS,
    CHROMA_SPAN,
    LUMA_SPAN,
    LUMA_ZERO,
    ROWS,
    SIGNAL_MAX,
    Signal,
    split_signal,
    video_to_hlg,
)
from fanreel.media.orientation import UPRIGHT, Orientation, displayed_size, turned

_HDR_TRANSFERS = ("pq", "hlg")
# Red's and blue's share of luma.
_WEIGHTS = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt470bg": (0.299, 0.114)}


def is_hdr(frame: VideoFrame) -> bool:
    """Tell whether a frame is PQ or HLG video; with alpha it counts as graphics."""
    tags = colour_tags(frame, frame.height)
    return tags.transfer in _HDR_TRANSFERS and not has_alpha(frame)


def to_layered_frame(
    frame: VideoFrame, index: int, orientation: Orientation, sample_aspect: Fraction | None
) -> SourceFrame:
    """Convert a decoded HDR frame to two planes of RGBX, upright: high, then low."""
    width, height = displayed_size(frame.width, frame.height, sample_aspect, orientation)
    tags = colour_tags(frame, height)
    signal = video_to_hlg(_to_signal(frame, tags), tags.transfer, tags.primaries)
    planes = [_padded(layer) for layer in split_signal(signal)]
    if orientation != UPRIGHT:
        planes = [turned(plane, orientation) for plane in planes]
    return SourceFrame(
        index=index,
        format="RGBX",
        width=planes[0].shape[1],
        height=planes[0].shape[0],
        display_width=width,
        display_height=height,
        # What a script gets that draws the video itself: the high layer alone is HDR for Chromium.
        colour=ColourTags(matrix="rgb", primaries="bt2020", transfer="hlg", full_range=True),
        planes=b"".join(plane.tobytes() for plane in planes),
        layers=len(planes),
    )


def _padded(layer: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = layer.shape[:2]
    plane = np.full((height, width, 4), 255, np.uint8)
    plane[..., :3] = layer
    return plane


def _to_signal(frame: VideoFrame, tags: ColourTags) -> Signal:
    """Return R'G'B', height × width × 3, 16 bit, still in the source's transfer and primaries."""
    own_range = ColorRange.JPEG if tags.full_range else ColorRange.MPEG
    # Only resampled here: libswscale 9 is up to 3.4 of 1023 levels off with BT.2020.
    full = frame.reformat(
        format="yuv444p16le",
        src_colorspace=Colorspace.BT2020,
        dst_colorspace=Colorspace.BT2020,
        src_color_range=own_range,
        dst_color_range=own_range,
        interpolation=Interpolation.BILINEAR | Interpolation.ACCURATE_RND,
    )
    planes = [
        np.frombuffer(memoryview(plane), np.uint16).reshape(frame.height, -1)[:, : frame.width]
        for plane in full.planes
    ]
    signal = np.empty((frame.height, frame.width, 3), np.uint16)
    for top in range(0, frame.height, ROWS):
        rows = slice(top, top + ROWS)
        for channel, band in enumerate(_to_rgb([plane[rows] for plane in planes], tags)):
            signal[rows, :, channel] = band
    return signal


def _to_rgb(planes: Sequence[npt.NDArray[Any]], tags: ColourTags) -> list[npt.NDArray[np.float32]]:
    red_share, blue_share = _WEIGHTS.get(tags.matrix, BT2020_WEIGHTS)
    zero, span, chroma_span = LUMA_ZERO, LUMA_SPAN, CHROMA_SPAN
    if tags.full_range:
        zero, span, chroma_span = 0, SIGNAL_MAX, SIGNAL_MAX
    luma, blue, red = (plane.astype(np.float32) for plane in planes)
    luma = (luma - np.float32(zero)) * np.float32(SIGNAL_MAX / span)
    chroma = 2 * SIGNAL_MAX / chroma_span
    blue = (blue - np.float32(1 << 15)) * np.float32((1 - blue_share) * chroma)
    red = (red - np.float32(1 << 15)) * np.float32((1 - red_share) * chroma)
    red, blue = red + luma, blue + luma
    green = luma - red * np.float32(red_share) - blue * np.float32(blue_share)
    green *= np.float32(1 / (1 - red_share - blue_share))
    return [np.clip(channel + np.float32(0.5), 0, SIGNAL_MAX) for channel in (red, green, blue)]
