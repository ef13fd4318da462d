"""What a request tells the outside; each cloud has its own way to."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

from fanreel.errors import RenderError
from fanreel.storage.invocations import CACHE_NUMBERS, InvocationRecord


class Telemetry(Protocol):
    """One start line, and one end or error line, each with render id, chunk and code."""

    def begin(self, request_id: str) -> None:
        """Forget the previous request."""

    def start(self, *, cold: bool, **about: Any) -> None:
        """Say what begins; the render id and the chunk stay on every line that follows."""

    def warn(self, error: RenderError) -> None:
        """Tell of a failure that ends nothing."""

    def end(self, record: InvocationRecord, warnings: tuple[str, ...] = ()) -> None:
        """Say how it ended well, and publish its numbers."""

    def fail(self, record: InvocationRecord, exc: BaseException) -> None:
        """Say under which code it failed; the stack goes to the log and nowhere else."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Mark a stretch of the request."""


def numbers_of(record: InvocationRecord) -> dict[str, Any]:
    """Return what a line at the end tells of a record."""
    names = ("billed_ms", "init_ms", "memory_used_mb", "frames", "segments_rendered",
             "segments_found", *CACHE_NUMBERS, "s3_writes", "s3_reads")  # fmt: skip
    return {name: getattr(record, name) for name in names}
