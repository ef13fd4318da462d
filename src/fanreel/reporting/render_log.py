"""What each worker did when, noted while a render runs."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fanreel.segments.driver import Renderer
from fanreel.segments.stores import SegmentKey


@dataclass(slots=True, kw_only=True)
class SegmentRun:
    """One segment on one worker; times in seconds since the log was made."""

    worker: int
    start_frame: int
    end_frame: int
    begin_s: float
    end_s: float = 0.0
    ticks: list[tuple[int, float]] = field(default_factory=list)
    """Frames of the segment done, and when that was heard."""
    failed: bool = False

    def frame_costs(self) -> list[tuple[int, float]]:
        """Return seconds for each frame that was heard of; several heard together share theirs."""
        costs: list[tuple[int, float]] = []
        done, at_s = 0, self.begin_s
        for frames, heard_s in self.ticks:
            if frames <= done:  # begun anew on another worker process; when, is not known
                done, at_s = frames, heard_s
                costs.clear()
                continue
            each_s = (heard_s - at_s) / (frames - done)
            costs += [(self.start_frame + number, each_s) for number in range(done, frames)]
            done, at_s = frames, heard_s
        return costs


class RenderLog:
    """
    Notes the segments of one render; thread-safe.

    Attributes:
        runs: In the order in which they began.
    """

    def __init__(self) -> None:
        self.runs: list[SegmentRun] = []
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def listening(self, renderers: Sequence[Renderer]) -> list[Renderer]:
        """Return *renderers* so that what they do is noted."""
        return [_Noted(self, number, renderer) for number, renderer in enumerate(renderers)]

    def now_s(self) -> float:
        """Return seconds since the log was made."""
        return time.monotonic() - self._started

    def begin(self, worker: int, key: SegmentKey) -> SegmentRun:
        """Note that *worker* begins a segment."""
        run = SegmentRun(
            worker=worker,
            start_frame=key.start_frame,
            end_frame=key.end_frame,
            begin_s=self.now_s(),
        )
        with self._lock:
            self.runs.append(run)
        return run


class _Noted:
    """A renderer whose segments are noted."""

    def __init__(self, log: RenderLog, worker: int, renderer: Renderer) -> None:
        self._log, self._worker, self._renderer = log, worker, renderer

    def render(self, key: SegmentKey, path: Path, heartbeat: Callable[[int], None]) -> None:
        run = self._log.begin(self._worker, key)

        def heard(frames: int) -> None:
            run.ticks.append((frames, self._log.now_s()))
            heartbeat(frames)

        try:
            self._renderer.render(key, path, heard)
        except BaseException:
            run.failed = True
            raise
        finally:
            run.end_s = self._log.now_s()

    def cancel(self) -> None:
        self._renderer.cancel()
