"""
The loop over segments: find, else render and keep; the next one renders while one is kept.

Local renders, `render_chunk()` and the Lambda function go through here; what differs is the store,
and how many renderers there are.
"""

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fanreel.files.aside import remove
from fanreel.files.digest import measure
from fanreel.segments.stores import SegmentKey, SegmentStore
from fanreel.segments.times import SegmentTimes

# Kept back from the deadline: uploading the last segments, progress and the record of the run.
_KEEPING_MARGIN_S = 20.0
# A segment may be slower than the slowest one so far.
_SLOWER = 1.5
_TELL_EVERY_S = 0.2


class Renderer(Protocol):
    """Renders segments of one plan."""

    def render(self, key: SegmentKey, path: Path, heartbeat: Callable[[int], None]) -> SegmentTimes:
        """
        Write the segment to *path*, and tell where the time went.

        What *heartbeat* raises, told the frames done, ends it.
        """

    def cancel(self) -> None:
        """End what is being rendered, from another thread."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of the segments."""

    next_frame: int
    """Where the first one begins that is not rendered, or the last one ends."""
    done: bool = True
    frames_done: int = 0
    frames_encoded: int = 0
    frames_found: int = 0
    rendered: int = 0
    found: int = 0
    digests: dict[str, str] = field(default_factory=dict)
    """Of the segments rendered, by name."""

    @property
    def sha256(self) -> str:
        """Digest over the digests of the segments rendered, in order."""
        digests = "".join(digest for _, digest in sorted(self.digests.items()))
        return hashlib.sha256(digests.encode()).hexdigest()


def render_segments(
    keys: Sequence[SegmentKey],
    renderers: Sequence[Renderer],
    store: SegmentStore,
    work_dir: Path,
    suffix: str,
    *,
    remaining_s: Callable[[], float] | None = None,
    heartbeat: Callable[[int], None] | None = None,
) -> Outcome:
    """
    Bring all segments of *keys* into *store*.

    Args:
        keys: In the order in which they are begun.
        renderers: One a thread; the thread of the caller if there is only one.
        store: Asked before a segment is rendered, and given it afterwards.
        work_dir: Where segments lie until they are kept.
        suffix: Of segment files; empty for directories of frames.
        remaining_s: Seconds until the caller is killed; with one renderer only. The loop ends
            before a segment that would not fit.
        heartbeat: Called on the caller's thread with the frames done so far; what it raises ends
            everything.
    Raises:
        RenderError: What the first failing renderer, or the store, raised.
    """
    loop = _Loop(keys, store, work_dir, suffix, remaining_s)
    tell = heartbeat or (lambda _frames: None)
    if len(renderers) == 1:
        loop.run(renderers[0], tell)
    else:
        _run_together(loop, renderers, tell)
    return loop.outcome


def _run_together(
    loop: "_Loop", renderers: Sequence[Renderer], tell: Callable[[int], None]
) -> None:
    with ThreadPoolExecutor(len(renderers), thread_name_prefix="fanreel-segments") as pool:
        pending = {pool.submit(loop.run, renderer, lambda _frames: None) for renderer in renderers}
        told = -1
        try:
            while pending:
                ended, pending = wait(pending, _TELL_EVERY_S, FIRST_EXCEPTION)
                for future in ended:
                    future.result()
                if loop.frames_done != told:
                    told = loop.frames_done
                    tell(told)
        except BaseException:
            loop.stop()
            for renderer in renderers:
                renderer.cancel()
            raise


class _Loop:
    """Hands out segments, and counts what became of them; thread-safe."""

    def __init__(
        self,
        keys: Sequence[SegmentKey],
        store: SegmentStore,
        work_dir: Path,
        suffix: str,
        remaining_s: Callable[[], float] | None,
    ) -> None:
        self._waiting = deque(keys)
        self._store, self._work_dir, self._suffix = store, work_dir, suffix
        self._remaining_s = remaining_s
        self._slowest_s = 0.0
        self._lock = threading.Lock()
        self._current: dict[str, int] = {}
        self.outcome = Outcome(next_frame=keys[0].start_frame if keys else 0)

    @property
    def frames_done(self) -> int:
        """Frames of segments that are done, and of those that are under way."""
        with self._lock:
            return self.outcome.frames_done + sum(self._current.values())

    def stop(self) -> None:
        """Hand out no more."""
        with self._lock:
            self._waiting.clear()

    def run(self, renderer: Renderer, tell: Callable[[int], None]) -> None:
        """Do segments until there are none left."""
        with _keeping(self._store) as keep:
            while (key := self._next()) is not None:
                if self._store.find(key):
                    self._note_found(key)
                elif self._fits():
                    self._render(key, renderer, tell, keep)
                else:
                    self.outcome.done = False
                    return
                tell(self.frames_done)
                self.outcome.next_frame = key.end_frame

    def _next(self) -> SegmentKey | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _fits(self) -> bool:
        # The first segment is always tried: with none finished, a new round would fare no better.
        if self._remaining_s is None or self.outcome.rendered == 0:
            return True
        return self._remaining_s() > self._slowest_s * _SLOWER + _KEEPING_MARGIN_S

    def _note_found(self, key: SegmentKey) -> None:
        with self._lock:
            self.outcome.found += 1
            self.outcome.frames_found += key.frames
            self.outcome.frames_done += key.frames

    def _render(
        self,
        key: SegmentKey,
        renderer: Renderer,
        tell: Callable[[int], None],
        keep: Callable[[SegmentKey, Path], None],
    ) -> None:
        started = time.monotonic()
        path = self._work_dir / f"{key.name}{self._suffix}"

        def note(frames: int) -> None:
            with self._lock:
                self._current[key.name] = frames
            tell(self.frames_done)

        renderer.render(key, path, note)
        digest = measure(path)[1]
        keep(key, path)
        with self._lock:
            self._current.pop(key.name, None)
            self.outcome.digests[key.name] = digest
            self.outcome.rendered += 1
            self.outcome.frames_encoded += key.frames
            self.outcome.frames_done += key.frames
            self._slowest_s = max(self._slowest_s, time.monotonic() - started)


@contextmanager
def _keeping(store: SegmentStore) -> Iterator[Callable[[SegmentKey, Path], None]]:
    """Yield what keeps segments one by one on another thread; at the end all of them are kept."""

    def keep_now(key: SegmentKey, path: Path) -> None:
        store.keep(key, path)
        remove(path)  # or a long chunk would fill /tmp with what is kept already

    with ThreadPoolExecutor(1, thread_name_prefix="fanreel-keep") as pool:
        before: list[Future[None]] = []

        def keep(key: SegmentKey, path: Path) -> None:
            # At most one waits while the next is rendered: no more room is needed than for two.
            if before:
                before.pop().result()
            before.append(pool.submit(keep_now, key, path))

        yield keep
        if before:
            before.pop().result()
