"""What a request tells the outside on Google Cloud: lines of JSON, as Cloud Logging reads them."""

import json
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from fanreel.errors import RenderError
from fanreel.storage.invocations import InvocationRecord
from handler.telemetry import numbers_of

_TRACE = "logging.googleapis.com/trace"


class CloudRunTelemetry:
    """
    A `handler.telemetry.Telemetry` on standard output.

    Args:
        project: Whose traces the lines belong to; None leaves them out.
        stream: Where lines go; None is standard output, which Cloud Run collects.
    """

    def __init__(self, project: str | None = None, stream: IO[str] | None = None) -> None:
        self._project, self._stream = project, stream or sys.stdout
        self._kept: dict[str, Any] = {}
        self._trace_id: str | None = None
        self._lock = threading.Lock()

    def trace(self, header: str | None) -> None:
        """Take the trace of the request that comes next: `X-Cloud-Trace-Context`."""
        self._trace_id = (header or "").partition("/")[0] or None

    def begin(self, request_id: str) -> None:
        """Forget the previous request."""
        self._kept = {"service": "fanreel", "request_id": request_id}
        if self._project and self._trace_id:
            self._kept[_TRACE] = f"projects/{self._project}/traces/{self._trace_id}"

    def start(self, *, cold: bool, **about: Any) -> None:
        """Say what begins; the render id and the chunk stay on every line that follows."""
        self._kept |= {name: value for name, value in about.items() if value is not None}
        self._say("INFO", "start", cold_start=cold)

    def warn(self, error: RenderError) -> None:
        """Tell of a failure that ends nothing."""
        self._say("WARNING", "continued", code=error.code, reason=error.message)

    def end(self, record: InvocationRecord, warnings: tuple[str, ...] = ()) -> None:
        """Say how it ended well, with its numbers."""
        for warning in warnings:
            self._say("WARNING", "composition", reason=warning)
        self._say("INFO", "end", outcome=record.outcome, **numbers_of(record))

    def fail(self, record: InvocationRecord, exc: BaseException) -> None:
        """Say under which code it failed; the stack goes to the log and nowhere else."""
        stack = "".join(traceback.format_exception(exc))
        said = {"code": record.outcome, "reason": str(exc)[:4000], "stack_trace": stack[-20_000:]}
        self._say("ERROR", "error", **said, **numbers_of(record))

    @contextmanager
    def phase(self, _name: str) -> Iterator[None]:
        """Leave stretches to the record of the request, which has them."""
        yield

    def _say(self, severity: str, message: str, **more: Any) -> None:
        line = json.dumps({"severity": severity, "message": message, **self._kept, **more})
        with self._lock:  # the heartbeat tells of failures, too
            self._stream.write(line + "\n")
            self._stream.flush()
