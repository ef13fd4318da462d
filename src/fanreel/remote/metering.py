"""Wall and CPU time of a stretch of work, and whether the machine had other work meanwhile."""

import os
import time
from dataclasses import dataclass
from typing import Self

import psutil

from fanreel.processes import cpu_s

NOISE = 0.15
"""Share of the processors that others may take before wall time says more of them than of us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment: the clock, what this process and all below it have used, and the whole machine."""

    wall_s: float
    own_s: float
    machine_s: float

    @classmethod
    def now(cls) -> Self:
        """Take one; reads every process below this one, which takes a few milliseconds."""
        times = psutil.cpu_times()
        idle_s = times.idle + getattr(times, "iowait", 0.0)
        return cls(
            wall_s=time.perf_counter(),
            own_s=cpu_s(os.getpid()),
            # Guests are counted as user time already.
            machine_s=sum(times) - idle_s - getattr(times, "guest", 0.0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From one mark to another, in milliseconds."""

    wall_ms: float
    cpu_ms: float
    others: float
    """Share of the machine's processors that was busy with something else."""

    @classmethod
    def between(cls, first: Mark, last: Mark) -> Self:
        """Return the time from *first* to *last*."""
        wall_s = max(last.wall_s - first.wall_s, 1e-9)
        own_s = last.own_s - first.own_s
        others_s = (last.machine_s - first.machine_s) - own_s
        return cls(
            wall_ms=1000 * wall_s,
            cpu_ms=1000 * max(own_s, 0.0),
            others=max(0.0, others_s) / (wall_s * (os.cpu_count() or 1)),
        )

    @property
    def is_noisy(self) -> bool:
        """Whether the wall time is not this work's own."""
        return self.others > NOISE

    def alone_ms(self, parallel: float) -> float:
        """
        Return how long it takes on a machine that has nothing else to do.

        Args:
            parallel: Processors that this kind of work keeps busy, at most.
        """
        return self.cpu_ms / parallel if self.is_noisy else self.wall_ms
