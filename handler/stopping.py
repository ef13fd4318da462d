"""Ends a step that nobody wants any more, whatever it waits for at that moment."""

import contextlib
import os
import signal
import threading
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from handler import processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from fanreel.errors import RenderError

_SIGNAL = signal.SIGUSR1
_KILL_EVERY_S = 0.25
"""Between two looks for children that are left, or were started meanwhile."""
_REQUESTS, _ANSWERS = "before-call.s3", "after-call.s3.GetObject"


class Interrupted(KeyboardInterrupt):
    """
    The step was stopped, as Ctrl-C stops one.

    No failure of its own making, so that nothing tries again or says that it does not matter.
    """


class Stopper:
    """
    While entered, `stop()` ends what the step does, in every place where it may be.

    - the main thread, which takes the step: a signal raises `Interrupted` there, also out of a
      wait for a browser or a lock;
    - transfers on other threads: the client sends no request and reads no answer any more;
    - browsers and other children that do not go by themselves: they are killed.

    On another thread than the main one there are no signals, and the step fails of the rest.

    Args:
        client: The one the step's transfers use.
        reason: Makes what a transfer fails with.
    """

    def __init__(self, client: "S3Client", reason: "Callable[[], RenderError]") -> None:
        self._reason = reason
        self._events = client.meta.events
        self._stopped, self._closed = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._armed = self._installed = False
        self._earlier: Any = None
        self._running: set[int] = set()

    def __enter__(self) -> Self:
        self._running = processes.descendants()
        self._events.register(_REQUESTS, self._refuse)
        self._events.register(_ANSWERS, self._watch_body)
        if threading.current_thread() is threading.main_thread():
            self._earlier = signal.signal(_SIGNAL, self._interrupt)
            self._installed = self._armed = True
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _exc: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let things go on again; harmless when they do."""
        try:
            self._armed = False  # a signal that comes now does nothing
        finally:  # also when one came just before, or the client would go on refusing
            self._closed.set()
            with self._lock:  # none is on its way any more
                self._restore()
            self._events.unregister(_REQUESTS, self._refuse)
            self._events.unregister(_ANSWERS, self._watch_body)

    def stop(self) -> None:
        """End the step, from another thread; returns when it has ended."""
        self._stopped.set()
        with self._lock:
            if self._armed:
                signal.pthread_kill(threading.main_thread().ident or 0, _SIGNAL)
        while not self._closed.wait(_KILL_EVERY_S):
            for pid in processes.descendants() - self._running:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _restore(self) -> None:
        if self._installed:
            self._installed = False
            signal.signal(_SIGNAL, self._earlier)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        # Once: what is being closed on the way out is not interrupted again.
        if self._armed:
            self._armed = False
            raise Interrupted

    def _refuse(self, **_request: Any) -> None:
        # An ordinary failure: boto3's transfers would take any other for a success.
        if self._stopped.is_set():
            raise self._reason()

    def _watch_body(self, parsed: dict[str, Any], **_answer: Any) -> None:
        body = parsed.get("Body")
        if body is None:  # an error has none
            return
        read: Callable[[int | None], bytes] = body.read

        def read_on(amt: int | None = None) -> bytes:
            self._refuse()
            return read(amt)

        body.read = read_on
