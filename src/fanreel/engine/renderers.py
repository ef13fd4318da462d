"""A renderer in a process of its own, which is replaced when it is lost."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from fanreel.browser.orphans import kill_orphans
from fanreel.engine.answers import Done, Rendered
from fanreel.engine.process import Child, ChildLost
from fanreel.engine.requests import Open, Render
from fanreel.errors import BrowserCrashed, RenderCancelled
from fanreel.segments.stores import SegmentKey
from fanreel.segments.times import SegmentTimes

Result = TypeVar("Result")


class Losses:
    """How many children a render may lose before it gives up, counted over all of them."""

    def __init__(self, most: int = 1) -> None:
        self._left = most
        self._lock = threading.Lock()

    def count(self, lost: ChildLost) -> None:
        """
        Count one.

        Raises:
            BrowserCrashed: It was one too many. Retryable.
        """
        with self._lock:
            self._left -= 1
            if self._left < 0:
                raise BrowserCrashed(
                    f"a worker process ended with {lost} while it rendered, twice; is the "
                    "machine out of memory? Fewer workers need less"
                ) from lost


class ChildRenderer:
    """
    Renders in *child*; takes another if that one is lost, and does the segment again.

    Args:
        child: Started before; the renderer's own from now on.
        plan: What is opened there, and in its successors.
        losses: Shared by all renderers of one render.
        start: Makes a successor.
    """

    def __init__(
        self, child: Child, plan: Open, losses: Losses, start: Callable[[], Child]
    ) -> None:
        self.child, self._plan, self._losses, self._start = child, plan, losses, start
        self._opened = False
        self._lock = threading.Lock()
        self._cancelled = False

    def open(self) -> None:
        """Have the plan verified. Raises as `verify_plan()`, and `BrowserCrashed`."""
        self._persist(self._open)

    def render(self, key: SegmentKey, path: Path, heartbeat: Callable[[int], None]) -> SegmentTimes:
        """Write the segment to *path*. Raises as `render_chunk()`."""
        request = Render(start_frame=key.start_frame, end_frame=key.end_frame, path=path)

        def once() -> SegmentTimes:
            self._open()
            times = self.child.ask(request, Rendered, heartbeat).times
            if not times.fit(key.end_frame - key.start_frame):
                self.child.kill()
                raise ChildLost("times of more frames than it was asked for")
            return times

        return self._persist(once)

    def cancel(self) -> None:
        """End the child, and take no other."""
        with self._lock:
            self._cancelled = True
            self.child.cancel()

    def _open(self) -> None:
        if not self._opened:
            self.child.ask(self._plan, Done)
            self._opened = True

    def _persist(self, work: Callable[[], Result]) -> Result:
        while True:
            try:
                return work()
            except ChildLost as lost:
                self._losses.count(lost)
                self._replace()

    def _replace(self) -> None:
        # What it started ends by itself, but in seconds only, and writes until then.
        with contextlib.suppress(OSError):
            kill_orphans(self._plan.temp_dir)
        with self._lock:
            if self._cancelled:
                raise RenderCancelled
            self.child, self._opened = self._start(), False
