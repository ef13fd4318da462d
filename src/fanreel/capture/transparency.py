"""
A picture with transparency from one over black and one over white.

    over black  B = c              c is the premultiplied colour, 0 to a
    over white  W = c + 255 - a    so a = 255 - (W - B), the same in each channel

The colour is c × 255 / a to the nearest level, in single precision and in the order in which
Chromium's PNG encoder does it; so the bytes are those of a screenshot.
"""

import functools

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]

_COLOUR, _LEVEL, _ALPHA_SHIFT = np.uint32(0xFFFFFF), np.uint32(0xFF), np.uint32(24)


def with_transparency(black: Words, white: Words, into: Pixels) -> None:
    """
    Put both pictures together.

    Args:
        black: The picture over black, `height × width` words of B,G,R,x, 8 bit.
        white: The same over white.
        into: Takes the result, `height × width × 4`, B,G,R,A, 8 bit, straight alpha.
    """
    base = black & _COLOUR
    alpha = ~((white & _COLOUR) - base) & _LEVEL
    into.view(np.uint32)[..., 0] = base | alpha << _ALPHA_SHIFT
    partly = np.nonzero((alpha != 0) & (alpha != _LEVEL))
    if len(partly[0]):
        pixels = into[partly]
        pixels[:, :3] = _unmultiplied()[pixels[:, 3:], pixels[:, :3]]
        into[partly] = pixels


@functools.cache
def _unmultiplied() -> Pixels:
    """Return a table of straight levels, by alpha and premultiplied level."""
    levels = np.arange(256, dtype=np.float32) * np.float32(1 / 255)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.float32(1) / levels[:, None]
        straight = np.rint(np.minimum(levels * inverse, 1) * np.float32(255))
    straight[0] = 0
    return straight.astype(np.uint8)
