"""Frame rates as people write them: whole or rational, exact from `--fps` to the container."""

import re
from fractions import Fraction
from typing import Any

LEAST_FPS, MOST_FPS = 1, 240
ALLOWED = f"a whole or rational number from {LEAST_FPS} to {MOST_FPS}, such as 30 or '30000/1001'"

_MOST_DENOMINATOR = 100_000  # containers count time in it; beyond, their clocks would overflow
# As many digits as rates have that anybody means; Python refuses to read thousands of them.
_RATE = re.compile(r"\s*\+?(\d{1,15})(?:/(\d{1,15}))?\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*\+?\d{1,15}\.\d{1,15}\s*", re.ASCII)
_BROADCAST = tuple(Fraction(whole * 1000, 1001) for whole in (24, 30, 48, 60, 120, 240))
_NEAR = Fraction(1, 100)


def parse_frame_rate(value: Any) -> Fraction:
    """
    Return the rate that *value* is: a whole number, a `Fraction`, or text such as `30000/1001`.

    Raises:
        ValueError: Anything else, with what is allowed. A decimal is refused with the rational it
            comes near: 29.97 and 30000/1001 drift apart by a frame in nine hours, and nobody can
            tell which one was meant.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        raise ValueError(f"allowed: {ALLOWED}")  # noqa: TRY004 (pydantic reads ValueError only)
    match = _RATE.fullmatch(str(int(value) if _is_whole(value) else value))
    if match is None:
        raise ValueError(f"{_hint(value)}allowed: {ALLOWED}")
    numerator, denominator = int(match[1]), int(match[2] or 1)
    fps = Fraction(numerator, denominator) if denominator else Fraction(0)
    if not LEAST_FPS <= fps <= MOST_FPS:
        raise ValueError(f"allowed: {ALLOWED}")
    if fps.denominator > _MOST_DENOMINATOR:
        raise ValueError(f"allowed: {ALLOWED}, with a denominator of at most {_MOST_DENOMINATOR}")
    return fps


def _is_whole(value: float | str | Fraction) -> bool:
    return isinstance(value, float) and value.is_integer()


def _hint(value: object) -> str:
    """Return the rational to write for a decimal, for the head of a message."""
    if not _DECIMAL.fullmatch(str(value)):
        return ""
    decimal = Fraction(str(value).strip())
    near = next((fps for fps in _BROADCAST if abs(fps - decimal) < _NEAR), decimal)
    return f"a decimal, write it as '{near.numerator}/{near.denominator}'; "
