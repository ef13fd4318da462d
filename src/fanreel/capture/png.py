"""Pixels as a PNG file."""

from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt


def encode_png(rgb: npt.NDArray[np.uint8]) -> bytes:
    """Return *rgb*, `height × width × 3`, as a PNG file."""
    height, width, _ = rgb.shape
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "rgb24"
    encoder.time_base = Fraction(1)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    return b"".join(map(bytes, encoder.encode(frame)))
