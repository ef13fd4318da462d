"""What a log makes of what it hears."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fanreel.reporting.render_log import RenderLog, SegmentRun
from fanreel.segments.stores import SegmentKey


class Worker:
    """Renders nothing, frame by frame."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.breaks = breaks

    def render(self, key: SegmentKey, path: Path, heartbeat: Callable[[int], None]) -> None:
        """Tell of each frame."""
        for done in range(1, key.end_frame - key.start_frame + 1):
            heartbeat(done)
        if self.breaks:
            raise RuntimeError(path)

    def cancel(self) -> None:
        """Be ended."""


def test_each_segment_is_noted_with_its_worker() -> None:
    """Also one that fails; the heartbeat goes on to whoever listens."""
    log, told = RenderLog(), list[int]()
    first, second = log.listening([Worker(), Worker(breaks=True)])
    first.render(SegmentKey(plan_hash="p", start_frame=0, end_frame=3), Path("a"), told.append)
    with pytest.raises(RuntimeError):
        second.render(SegmentKey(plan_hash="p", start_frame=3, end_frame=5), Path("b"), told.append)
    assert told == [1, 2, 3, 1, 2]
    noted = [(r.worker, r.start_frame, r.end_frame, r.failed) for r in log.runs]
    assert noted == [(0, 0, 3, False), (1, 3, 5, True)]
    assert all(run.begin_s <= run.ticks[0][1] <= run.end_s for run in log.runs)


def test_frames_that_are_heard_of_together_share_the_time() -> None:
    """From the segment's begin to the first, then from one to the next."""
    run = SegmentRun(worker=0, start_frame=120, end_frame=124, begin_s=1.0)
    run.ticks += [(1, 1.5), (3, 1.7), (4, 2.0)]
    assert [frame for frame, _ in run.frame_costs()] == [120, 121, 122, 123]
    assert [seconds for _, seconds in run.frame_costs()] == pytest.approx([0.5, 0.1, 0.1, 0.3])


def test_a_segment_that_is_begun_anew_counts_its_last_try() -> None:
    """A worker process that was lost took its frames with it."""
    run = SegmentRun(worker=0, start_frame=0, end_frame=2, begin_s=0.0)
    run.ticks += [(1, 1.0), (1, 5.0), (2, 5.5)]
    assert [frame for frame, _ in run.frame_costs()] == [1]
