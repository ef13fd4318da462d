"""While a step runs: says how far it is, and ends it when the render is cancelled."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from fanreel.aws.storage import layout
from fanreel.aws.storage.objects import look_up, write_bytes
from fanreel.aws.storage.progress import Invocation, InvocationRecord
from fanreel.aws.storage.transfer import TRANSFERRED
from fanreel.aws.storage.uris import S3Uri
from fanreel.errors import RenderCancelled, RenderError
from fanreel.processes import memory_mb

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

POLL_S = 1.5
"""Between two looks at the cancel marker: with the request and the end, about two seconds."""
WRITE_S = 2.0
"""Between two writes of the counter, at least."""
_EVENTS = ("before-call.s3", TRANSFERRED)
# An S3 that does not answer must not use up what is left of the function's time.
_LAST_REQUEST_S = 5.0


class Heartbeat:
    """
    A thread beside the step, so that neither a slow S3 nor a slow frame holds up the other.

    Its failures are told to *on_failure* and end nothing: progress is worth less than a render.
    When somebody cancels the render, *cancel* ends the step's child, and the client sends no
    request and takes no more bytes, on whatever thread: the step fails of that.
    """

    def __init__(
        self,
        client: "S3Client",
        render_folder: S3Uri,
        invocation: Invocation,
        on_failure: Callable[[RenderError], None],
        cancel: Callable[[], None],
    ) -> None:
        self._client, self._folder, self.invocation = client, render_folder, invocation
        self._on_failure, self._cancel = on_failure, cancel
        self._frames, self._written_frames = 0, -1
        self._memory_mb = 0
        self._cancelled = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Begin; raises `RenderCancelled` if the render was cancelled before."""
        self.check_cancelled()
        for event in _EVENTS:
            self._client.meta.events.register(event, self._refuse)
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _exc: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for event in _EVENTS:
            self._client.meta.events.unregister(event, self._refuse)
        self._thread.join(_LAST_REQUEST_S)

    def cancellation(self) -> RenderCancelled | None:
        """Return what a step that ended with an error was ended by, if the render was cancelled."""
        return _cancelled(self._folder) if self._cancelled.is_set() else None

    @property
    def frames(self) -> int:
        """Frames done so far."""
        return self._frames

    @property
    def memory_used_mb(self) -> int:
        """Most memory seen in use, sampled at every beat."""
        self._memory_mb = max(self._memory_mb, memory_mb())
        return self._memory_mb

    def note(self, frames: int) -> None:
        """
        Take note of the frames done; costs nothing, so it may be called for every frame.

        Raises:
            RenderCancelled: Somebody cancelled the render. Terminal.
        """
        self._frames = frames
        if self._cancelled.is_set():
            raise _cancelled(self._folder)

    def check_cancelled(self) -> None:
        """Look at the marker now. Raises `RenderCancelled`, or as `s3_failures()`."""
        if look_up(self._client, layout.cancelled(self._folder)) is not None:
            self._cancelled.set()
            raise _cancelled(self._folder)

    def record(self, record: InvocationRecord, message: str = "") -> None:
        """Leave the record of this invocation; a failure to do so is told and forgotten."""
        uri = layout.progress(self._folder).joined(record.name())
        try:
            write_bytes(self._client, uri, record.to_json(message))
        except RenderError as exc:
            self._on_failure(exc)

    def _beat(self) -> None:
        next_poll = time.monotonic() + POLL_S
        next_write = time.monotonic()
        while True:
            now = time.monotonic()
            try:
                if now >= next_write and self._frames != self._written_frames:
                    next_write = now + WRITE_S
                    self._write()
                if now >= next_poll:
                    next_poll = now + POLL_S
                    self.check_cancelled()
            except RenderCancelled:
                self._cancel()
                return
            except RenderError as exc:
                self._on_failure(exc)
            _ = self.memory_used_mb
            wake = min(next_poll, max(next_write, now + WRITE_S / 4))
            if self._stop.wait(max(0.0, wake - time.monotonic())):
                return

    def _refuse(self, **_event: Any) -> None:
        # An ordinary failure: boto3's transfers would take any other for a success.
        if self._cancelled.is_set():
            raise _cancelled(self._folder)

    def _write(self) -> None:
        frames = self._frames
        uri = layout.progress(self._folder).joined(self.invocation.live_name())
        write_bytes(self._client, uri, bytes(frames))
        self._written_frames = frames


def _cancelled(folder: S3Uri) -> RenderCancelled:
    return RenderCancelled(f"render {folder.name} was cancelled", render_id=folder.name)
