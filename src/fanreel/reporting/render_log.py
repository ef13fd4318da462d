"""What each worker did when, noted while a render runs."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fanreel.processes import memory_mb
from fanreel.segments.driver import Renderer
from fanreel.segments.looks import LOOK_SUFFIX
from fanreel.segments.stores import SegmentKey
from fanreel.segments.times import SegmentRun, SegmentTimes

_SAMPLE_EVERY_S = 0.5


@dataclass(slots=True)
class Current:
    """A segment that is being rendered."""

    run: SegmentRun
    path: Path
    frames: int = 0
    """Done of it."""

    def look(self) -> Path:
        """Return where the picture of its last frame is, once there is one."""
        return self.path.with_name(self.path.name + LOOK_SUFFIX)


class RenderLog:
    """
    Notes the segments of one render; thread-safe.

    Args:
        looks: Have workers leave small pictures of what they are at; see `Current.look()`.
    Attributes:
        current: What each worker is at.
        runs: In the order in which they began.
        memory: Seconds since the log was made, and MiB that the render's processes held then.
    """

    def __init__(self, *, looks: bool = False) -> None:
        self.looks = looks
        self.current: dict[int, Current] = {}
        self.runs: list[SegmentRun] = []
        self.memory: list[tuple[float, int]] = []
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

    @contextlib.contextmanager
    def sampling_memory(self) -> Iterator[None]:
        """Note twice a second how much memory is held, until the block ends."""
        ended = threading.Event()

        def sample() -> None:
            while not ended.is_set():
                self.memory.append((self.now_s(), memory_mb()))
                ended.wait(_SAMPLE_EVERY_S)

        thread = threading.Thread(target=sample, name="fanreel-memory", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


class _Noted:
    """A renderer whose segments are noted."""

    def __init__(self, log: RenderLog, worker: int, renderer: Renderer) -> None:
        self._log, self._worker, self._renderer = log, worker, renderer

    def render(self, key: SegmentKey, path: Path, heartbeat: Callable[[int], None]) -> SegmentTimes:
        run = self._log.begin(self._worker, key)
        self._log.current[self._worker] = current = Current(run, path)

        def heard(frames: int) -> None:
            current.frames = frames
            heartbeat(frames)

        try:
            run.times = self._renderer.render(key, path, heard)
        except BaseException:
            run.failed = True
            raise
        finally:
            run.end_s = self._log.now_s()
            del self._log.current[self._worker]
        return run.times

    def cancel(self) -> None:
        self._renderer.cancel()
