"""What `RenderClient` answers with: frozen, typed, each with `to_json()`."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from fanreel.errors import CATALOGUE, RenderError, UnexpectedError
from fanreel.remote.estimates import Cost
from fanreel.storage.progress import ChunkActivity

Status = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"]
"""Step Functions' words for an execution's state; those of others are told by them."""
Stage = Literal[
    "planning", "rendering", "assembling", "done", "failed", "cancelled", "deleted"
]  # fmt: skip
"""`deleted`: it was done, and its video and all else it left were deleted since."""


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "total_usd"):
        return value.to_json()
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _json(getattr(value, field.name)) for field in fields(value)}
    return value


class _Result:
    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        answer: dict[str, Any] = _json(self)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedRender(_Result):
    """A render that is under way, or was already: where to look for it and for its video."""

    render_id: str
    execution_arn: str
    """Or what another cloud calls the execution."""
    output_uri: str
    project_uri: str
    already_started: bool = False
    """The same id and input had been started before; nothing new was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(_Result):
    """What went wrong: the error's code, the message it was raised with, and what to do."""

    code: str
    message: str
    advice: str
    retryable: bool
    chunk_index: int | None = None

    @classmethod
    def of(cls, code: str, message: str, chunk_index: int | None = None) -> "Failure":
        """Look *code* up in the catalogue; the platform's own codes get their own advice."""
        error = CATALOGUE.get(code)
        if error is not None:
            advice, retryable = (error.__doc__ or "").strip(), error.retryable
        else:
            known = PLATFORM_ADVICE | GOOGLE_ADVICE
            advice = known.get(code, _UNKNOWN_ADVICE)
            retryable = code in known
        return cls(
            code=code,
            message=message or advice,
            advice=advice,
            retryable=retryable,
            chunk_index=chunk_index,
        )

    def to_error(self, render_id: str) -> RenderError:
        """Return the error to raise for a caller: of the catalogue's class, with the message."""
        kind = CATALOGUE.get(self.code, UnexpectedError)
        text = self.message
        if self.code not in CATALOGUE:
            # The platform's words ("signal: killed") say little without ours.
            said = "" if self.message == self.advice else f" ({self.message})"
            text = f"{self.code}: {self.advice}{said}"
        return kind(f"render {render_id}: {text}", render_id=render_id, aws_code=self.code)


_MEMORY_ADVICE = (
    "A worker ran out of memory or was killed; deploy with more memory "
    "(`fanreel lambda deploy --memory`), or render at a lower resolution."
)
_TIMEOUT_ADVICE = (
    "A worker reached the function's time limit before one segment was done; deploy with more "
    "memory, which also gives more CPU."
)
_THROTTLE_ADVICE = (
    "AWS held invocations back; `fanreel lambda quotas` shows the concurrency this account has."
)
_UNKNOWN_ADVICE = "Not a code of fanreel's; the command `logs` shows what the workers wrote."
# Names from the Lambda and Step Functions guides, and those of the local emulators. docs/aws.md
# has them as a table, which a test keeps true.
PLATFORM_ADVICE = {
    "Lambda.Unknown": _MEMORY_ADVICE,
    "Runtime.ExitError": _MEMORY_ADVICE,
    "Runtime.OutOfMemory": _MEMORY_ADVICE,
    "Sandbox.Timedout": _TIMEOUT_ADVICE,
    "States.Timeout": _TIMEOUT_ADVICE,
    "Lambda.TooManyRequestsException": _THROTTLE_ADVICE,
    "Lambda.ServiceException": "Lambda failed for a moment; start the render again.",
    "Lambda.SdkClientException": "Lambda could not be reached; start the render again.",
}


GOOGLE_ADVICE = {
    "CloudRun.Unanswered": "An instance ran out of memory or was ended before it could answer; "
    "deploy with more memory (`fanreel cloudrun deploy --memory`), or lower the resolution.",
    "CloudRun.Busy": "No instance was free for hours; deploy with more --max-instances.",
}
"""The same of Google Cloud, where the service itself could not name its failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(_Result):
    """
    Where a render stands.

    Rates are over the time chunks have been rendering; None until there is something to divide.
    """

    render_id: str
    status: Status
    stage: Stage
    frames_done: int
    total_frames: int | None
    fraction: float
    """From 0 to 1; 1 only when the video is there."""
    chunks: tuple[ChunkActivity, ...] = ()
    frames_per_s: float | None = None
    remaining_s: float | None = None
    elapsed_s: float = 0.0
    retries: int = 0
    failure: Failure | None = None
    warnings: tuple[Failure, ...] = ()
    """Failures that were retried."""
    cost: Cost | None = None
    """So far."""
    output_uri: str | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.status not in ("RUNNING", "PENDING_REDRIVE")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSummary(_Result):
    """One line of `list_renders()`."""

    render_id: str
    status: Status
    started_at: datetime
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem(_Result):
    """What became of one line of a batch: its render, or why it was not started or failed."""

    index: int
    render_id: str
    status: Literal["CHECKED", "SUCCEEDED", "FAILED"]
    output_uri: str | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Download(_Result):
    """A video on this machine."""

    path: str
    size_bytes: int
    sha256: str
    """Of the file; of a folder of frames, over their digests in order."""


def plain(value: Any) -> Any:
    """Return any result, or a tuple of them, as JSON values."""
    return _json(value)
