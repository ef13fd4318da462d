"""
How long libav may be at one thing: at a file that it hangs at, the process is ended by name.

Nothing interrupts a call into libav, so a child's own thread looks (`engine/serving.py`). Time is
counted in that thread's ticks, not by a clock: a machine that slept, or a process that stood
still, was not slow.
"""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fanreel.errors import MediaUnreadable

TICK_S = 1.0
CALL_S = 30.0
"""For what gives one picture, packet or opened file; before a page gives up its frame."""
WHOLE_S = 1200.0
"""For reading a file from its start to its end: 100 GB of a disk that gives 100 MB a second."""

_Item = TypeVar("_Item")
_NEVER = 2**62


@dataclass(slots=True, eq=False)
class _Call:
    path: Path
    limit_s: float
    end: int
    """In ticks."""


_calls: set[_Call] = set()
_lock = threading.Lock()
_now = 0


@contextlib.contextmanager
def timed(path: Path, limit_s: float | None = None) -> Iterator[None]:
    """Give the block, which asks libav for something of *path*, so much time."""
    with _entered(path, CALL_S if limit_s is None else limit_s):
        yield


def paced(path: Path, items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield *items* of *path*, giving each its time; what is done with them does not count."""
    with _entered(path, CALL_S) as call:
        ticks = _ticks(CALL_S)
        for item in items:
            call.end = _NEVER
            yield item
            call.end = _now + ticks


def tick() -> MediaUnreadable | None:
    """Let a tick pass; return the error of a file that has used up its time."""
    global _now  # noqa: PLW0603 (the process has one such clock)
    _now += 1
    with _lock:
        late = next((call for call in _calls if call.end < _now), None)
    if late is None:
        return None
    return MediaUnreadable(
        f"{late.path.name} cannot be decoded: libav was at one step of it for more than "
        f"{late.limit_s:g} s; export it again, smaller or with another codec",
        path=str(late.path),
    )


@contextlib.contextmanager
def _entered(path: Path, limit_s: float) -> Iterator[_Call]:
    call = _Call(path, limit_s, _now + _ticks(limit_s))
    with _lock:
        _calls.add(call)
    try:
        yield call
    finally:
        with _lock:
            _calls.discard(call)


def _ticks(limit_s: float) -> int:
    return max(round(limit_s / TICK_S), 1)
