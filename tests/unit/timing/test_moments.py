"""Which frame shows at a time."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from fanreel.errors import InvalidConfig
from fanreel.timing.moments import frame_at


@pytest.mark.parametrize(
    ("at_s", "fps", "frame"),
    [
        (0, Fraction(30), 0),
        (1 / 3, Fraction(30), 10),
        (0.1 + 0.2, Fraction(30), 9),
        (Fraction(1, 3), Fraction(30), 10),
        (Fraction("0.33"), Fraction(30), 9),
        (0.033, Fraction(30), 0),
        (2.5, Fraction(30000, 1001), 74),
        (1001 / 30000, Fraction(30000, 1001), 1),
    ],
)
def test_the_frame_is_the_one_that_shows_then(at_s: Any, fps: Fraction, frame: int) -> None:
    """A time that is meant to be a frame's beginning is it, though doubles fall short of it."""
    assert frame_at(at_s, fps) == frame


@pytest.mark.parametrize(
    "at_s", [float("nan"), float("inf"), float("-inf"), -1, -1e-9, "soon", None, Decimal("NaN")]
)
def test_what_is_no_time_is_refused(at_s: Any) -> None:
    """By name, whatever Python would say of it."""
    with pytest.raises(InvalidConfig, match=r"at = .*allowed: seconds from 0"):
        frame_at(at_s, Fraction(30))
