"""A time on the timeline, as somebody writes it, and the frame that shows then."""

import math
from fractions import Fraction

from fanreel.errors import InvalidConfig

# A third of a second is no binary number, and means the frame that begins then.
_ROUNDING_FRAMES = Fraction(1, 1000)


def read_moment(at_s: float | Fraction) -> Fraction:
    """
    Return *at_s* in exact seconds.

    Raises:
        InvalidConfig: *at_s* is no time from 0. Terminal.
    """
    try:
        at = Fraction(at_s)
    except (TypeError, ValueError, OverflowError):  # what is no number, or not finite
        at = Fraction(-1)
    if at < 0:
        raise InvalidConfig(f"at = {at_s}: allowed: seconds from 0")
    return at


def frame_at(at_s: float | Fraction, fps: Fraction) -> int:
    """
    Return the number of the frame that shows at *at_s* seconds.

    >>> frame_at(1 / 3, Fraction(30))
    10

    Raises:
        InvalidConfig: As `read_moment()`. Terminal.
    """
    return math.floor(read_moment(at_s) * fps + _ROUNDING_FRAMES)
