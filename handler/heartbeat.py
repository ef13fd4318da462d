"""While a step runs: says how far it is, and ends it when the render is cancelled, or too much."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from fanreel.errors import RenderCancelled, RenderCostLimit, RenderError, RenderTimedOut
from fanreel.processes import memory_mb
from fanreel.storage import layout
from fanreel.storage.endpoints import OutputStores
from fanreel.storage.invocations import Invocation, InvocationRecord
from fanreel.storage.journal import Journal
from fanreel.storage.uris import ObjectUri
from handler.limits import Watched
from handler.publishing import EVERY_S, ProgressDocument

POLL_S = 1.5
"""Between two looks at the cancel marker: with the request and the end, about two seconds."""
WRITE_S = 2.0
"""Between two writes of the counter, at least."""
COST_POLL_S = 10.0
"""Between two sums of what the render has cost; each lists its folder, a LIST per 1000 objects."""
# A bucket that does not answer must not use up what is left of the function's time.
_LAST_REQUEST_S = 5.0


class Heartbeat:
    """
    A thread beside the step, so that neither a slow bucket nor a slow frame holds up the other.

    Its failures are told to *on_failure* and end nothing: progress is worth less than a render.
    When somebody cancels the render, or it takes more than it may, *cancel* ends the step's child,
    and no store, the stack's or another service's, sends a request or takes more bytes, on
    whatever thread: the step fails of that.
    """

    def __init__(
        self,
        outputs: OutputStores,
        render_folder: ObjectUri,
        invocation: Invocation,
        on_failure: Callable[[RenderError], None],
        cancel: Callable[[], None],
        watched: Watched,
        document: ProgressDocument | None,
    ) -> None:
        self._watched, self._document = watched, document
        self._outputs, self._store = outputs, outputs.own
        self._watching = ExitStack()
        self._folder, self.invocation = render_folder, invocation
        self._on_failure, self._cancel = on_failure, cancel
        self._frames, self._written_frames = 0, -1
        self._memory: list[tuple[int, int]] = []
        self._ending: RenderError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Begin; raises `RenderCancelled` or as `Watched` if the render was ended before."""
        self.check_cancelled()
        self._check(self._watched.check_time)
        self._check(self._watched.check_cost)
        self._watching.enter_context(self._outputs.watch(self._refuse))
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _exc: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._watching.close()
        self._thread.join(_LAST_REQUEST_S)

    @property
    def ending(self) -> RenderError | None:
        """What a step that ended with an error was ended by, if not by itself."""
        return self._ending

    @property
    def frames(self) -> int:
        """Frames done so far."""
        return self._frames

    @property
    def memory_used_mb(self) -> int:
        """Most memory seen in use, sampled at every beat."""
        self._sample_memory()
        return max(used for _, used in self._memory)

    @property
    def memory(self) -> tuple[tuple[int, int], ...]:
        """Milliseconds since the invocation began, and MiB in use, of each sample."""
        return tuple(self._memory)

    def _sample_memory(self) -> None:
        since_ms = time.time_ns() // 1_000_000 - self.invocation.started_ms
        self._memory.append((since_ms, memory_mb()))

    def note(self, frames: int) -> None:
        """
        Take note of the frames done; costs nothing, so it may be called for every frame.

        Raises:
            RenderCancelled, RenderTimedOut, RenderCostLimit: The render is to end. Terminal.
        """
        self._frames = frames
        self._refuse()

    def check_cancelled(self) -> None:
        """Look at the marker now. Raises `RenderCancelled`, or as `store`."""
        if self._store.look_up(layout.cancelled(self._folder)) is not None:
            self._ending = RenderCancelled(
                f"render {self._folder.name} was cancelled", render_id=self._folder.name
            )
            raise self._ending

    def end(self, error: RenderError) -> None:
        """End the step and all requests, from another thread; *error* is what it ended by."""
        self._ending = error
        self._cancel()

    def _check(self, limit: Callable[[], None]) -> None:
        try:
            limit()
        except (RenderTimedOut, RenderCostLimit) as exc:
            self._ending = exc
            raise

    def record(self, record: InvocationRecord, journal: Journal) -> None:
        """Leave the record of this invocation; a failure to do so is told and forgotten."""
        uri = layout.progress(self._folder).joined(record.name())
        try:
            self._store.write_bytes(uri, record.to_json(journal.model_dump(mode="json")))
        except RenderError as exc:
            self._on_failure(exc)

    def _beat(self) -> None:
        next_poll = time.monotonic() + POLL_S
        next_sum = time.monotonic() + COST_POLL_S
        next_write = time.monotonic()
        next_publish = time.monotonic() + EVERY_S / 2
        while True:
            now = time.monotonic()
            try:
                if now >= next_write and self._frames != self._written_frames:
                    next_write = now + WRITE_S
                    self._write()
                if now >= next_poll:
                    next_poll = now + POLL_S
                    self.check_cancelled()
                    self._check(self._watched.check_time)
                if now >= next_sum:
                    next_sum = now + COST_POLL_S
                    self._check(self._watched.check_cost)
                if self._document is not None and now >= next_publish:
                    next_publish = now + EVERY_S
                    self._document.beat()
            except (RenderCancelled, RenderTimedOut, RenderCostLimit):
                self._cancel()
                return
            except RenderError as exc:
                self._on_failure(exc)
            self._sample_memory()
            wake = min(next_poll, max(next_write, now + WRITE_S / 4))
            if self._stop.wait(max(0.0, wake - time.monotonic())):
                return

    def _refuse(self) -> None:
        # An ordinary failure: boto3's transfers would take any other for a success.
        if self._ending is not None:
            raise self._ending

    def _write(self) -> None:
        frames = self._frames
        uri = layout.progress(self._folder).joined(self.invocation.live_name())
        self._store.write_bytes(uri, bytes(frames))
        self._written_frames = frames
