"""Results in words for people, and as JSON for programs."""

import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from fanreel.media.cache import CacheStats

_STEP = 1000


def size_in_words(size_bytes: int) -> str:
    """
    Return a size as people write it.

    >>> size_in_words(4_200_000)
    '4.2 MB'
    """
    size = float(size_bytes)
    for unit in ("bytes", "kB", "MB"):
        if size < _STEP:
            return f"{size_bytes} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= _STEP
    return f"{size:.1f} GB"


def cache_in_words(stats: "CacheStats") -> str:
    """Say what the extraction cache did; nothing where it had nothing to do."""
    frames = stats.hits + stats.misses
    words = [f"{stats.hits} of {frames} source frames from the extraction cache"] if frames else []
    if stats.evictions:
        words.append(f"{stats.evictions} entries removed ({size_in_words(stats.freed_bytes)})")
    if stats.partials_cleared:
        words.append(f"{stats.partials_cleared} half-written entries cleared")
    return "; ".join(words)


def duration_in_words(duration_s: float) -> str:
    """
    Return a duration as people write it.

    >>> duration_in_words(92.34)
    '1:32.3'
    """
    minutes, seconds = divmod(round(float(duration_s), 1), 60)
    return f"{int(minutes)}:{seconds:04.1f}" if minutes else f"{seconds:.1f} s"


def result_json(result: Any) -> dict[str, Any]:
    """Return a result dataclass, and what it holds, as a camelCase JSON object."""
    return {
        to_camel(field.name): _plain(getattr(result, field.name))
        for field in dataclasses.fields(result)
    }


def _plain(value: Any) -> Any:
    match value:
        case Path() | Fraction():
            return str(value)
        case _ if dataclasses.is_dataclass(value):
            return result_json(value)
        case BaseModel():
            return {to_camel(name): _plain(item) for name, item in value}
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
