"""What a log makes of what it hears."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fanreel.reporting.render_log import RenderLog
from fanreel.segments.stores import SegmentKey
from fanreel.segments.times import SegmentTimes


class Worker:
    """Renders nothing, frame by frame."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.breaks = breaks

    def render(self, key: SegmentKey, path: Path, heartbeat: Callable[[int], None]) -> SegmentTimes:
        """Tell of each frame."""
        for done in range(1, key.frames + 1):
            heartbeat(done)
        if self.breaks:
            raise RuntimeError(path)
        return SegmentTimes(open_ms=key.start_frame + 1)

    def cancel(self) -> None:
        """Be ended."""


def test_each_segment_is_noted_with_its_worker() -> None:
    """Also one that fails; heartbeat and times go on to whoever asked."""
    log, told = RenderLog(), list[int]()
    first, second = log.listening([Worker(), Worker(breaks=True)])
    times = first.render(SegmentKey(plan_hash="p", start_frame=0, end_frame=3), Path(), told.append)
    with pytest.raises(RuntimeError):
        second.render(SegmentKey(plan_hash="p", start_frame=3, end_frame=5), Path(), told.append)
    assert told == [1, 2, 3, 1, 2]
    noted = [(r.worker, r.start_frame, r.end_frame, r.failed) for r in log.runs]
    assert noted == [(0, 0, 3, False), (1, 3, 5, True)]
    assert log.runs[0].times is times
    assert times.open_ms == 1
    assert all(0 <= run.begin_s <= run.end_s for run in log.runs)
    assert log.current == {}


def test_memory_is_sampled_while_asked_to() -> None:
    """At once, twice a second, and no longer than the block."""
    log = RenderLog()
    with log.sampling_memory():
        time.sleep(0.7)
    assert len(log.memory) >= 2
    assert all(mb > 0 for _, mb in log.memory)
    before = len(log.memory)
    time.sleep(0.6)
    assert len(log.memory) == before
