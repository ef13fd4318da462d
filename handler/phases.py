"""The stretches of an invocation: told to the trace, and kept for its record."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from fanreel.storage.journal import Phase


class Phases:
    """
    Keeps the stretches of one invocation.

    Args:
        started_s: When it began, by `time.monotonic()`.
        trace: Marks a stretch in the trace.
    """

    def __init__(
        self, started_s: float, trace: Callable[[str], AbstractContextManager[None]]
    ) -> None:
        self._started_s, self._trace = started_s, trace
        self.kept: list[Phase] = []

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Keep what lies between; also if it fails."""
        begin_ms = self._now_ms()
        try:
            with self._trace(name):
                yield
        finally:
            self.kept.append(Phase(name=name, begin_ms=begin_ms, end_ms=self._now_ms()))

    def _now_ms(self) -> int:
        return round(1000 * (time.monotonic() - self._started_s))
