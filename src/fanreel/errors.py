"""
Every failure fanreel knows: its code, its meaning, and whether trying again can help.

This is the single list. The state machine's retry lists, the error table in the docs and the
CLI's exit texts are generated from `CATALOGUE`; nothing repeats it by hand. The module imports
the standard library only, so every other layer may import it.
"""

from typing import Any, ClassVar

CATALOGUE: dict[str, type["RenderError"]] = {}
"""Code to class, in the order the classes are written below."""


class RenderError(Exception):
    """
    A failure with a public code.

    Args:
        message: One sentence on what happened and what to do about it.
        facts: What the failure knows (sizes in bytes, paths, indexes), kept as attributes and
            in `facts`, so that programs need not parse the message.
    """

    code: ClassVar[str] = "UNEXPECTED_ERROR"
    retryable: ClassVar[bool] = False
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str = "", **facts: Any) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        self.message = str(self)
        self.facts = facts
        for name, value in facts.items():
            setattr(self, name, value)

    def __init_subclass__(cls, *, code: str, retryable: bool, exit_status: int) -> None:
        cls.code, cls.retryable, cls.exit_status = code, retryable, exit_status
        CATALOGUE[code] = cls

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders; keyword facts are not in Exception.args.
        return _rebuild, (type(self), self.message, self.facts)


def _rebuild(cls: type[RenderError], message: str, facts: dict[str, Any]) -> RenderError:
    return cls(message, **facts)


# Exit statuses: 2 the caller's input, 3 the plan and its workers disagree, 4 the browser,
# 5 files and storage, 130 cancelled, 1 anything else.


class InvalidConfig(RenderError, code="INVALID_CONFIG", retryable=False, exit_status=2):
    """A field of the render configuration has a value that is not allowed."""


class InvalidComposition(RenderError, code="INVALID_COMPOSITION", retryable=False, exit_status=2):
    """The composition breaks a rule of the format."""


class InvalidVariables(RenderError, code="INVALID_VARIABLES", retryable=False, exit_status=2):
    """A variable is undeclared, or its value is not of the declared type."""


class FormatNotSupportedInDistributed(
    RenderError, code="FORMAT_NOT_SUPPORTED_IN_DISTRIBUTED", retryable=False, exit_status=2
):
    """One process has to make it, and may not finish; render it with `fanreel.render()`."""


class PlanTooLarge(RenderError, code="PLAN_TOO_LARGE", retryable=False, exit_status=2):
    """The planned directory exceeds the cap that keeps `/tmp` safe."""

    size_bytes: int
    limit_bytes: int


class PlanProducedZeroChunks(
    RenderError, code="PLAN_PRODUCED_ZERO_CHUNKS", retryable=False, exit_status=2
):
    """The plan holds no frames, so there is nothing to render."""


class PlanHashMismatch(RenderError, code="PLAN_HASH_MISMATCH", retryable=False, exit_status=3):
    """The plan on disk is not the plan this chunk was cut from."""


class PlanProtocolUnsupported(
    RenderError, code="PLAN_PROTOCOL_UNSUPPORTED", retryable=False, exit_status=3
):
    """The plan was made by another version of fanreel; use one image for both."""


class ChunkIndexOutOfRange(
    RenderError, code="CHUNK_INDEX_OUT_OF_RANGE", retryable=False, exit_status=3
):
    """The plan has no chunk with this index."""


class MissingRuntimeEnvSnapshot(
    RenderError, code="MISSING_RUNTIME_ENV_SNAPSHOT", retryable=False, exit_status=3
):
    """The plan carries no snapshot of the runtime environment it was made in."""


class FfmpegVersionMismatch(
    RenderError, code="FFMPEG_VERSION_MISMATCH", retryable=False, exit_status=3
):
    """This worker's libav is not the one the plan was made with; use one image for both."""


class BrowserVersionMismatch(
    RenderError, code="BROWSER_VERSION_MISMATCH", retryable=False, exit_status=3
):
    """This worker's Chromium is not the one the plan was made with; use one image for both."""


class BrowserGpuNotSoftware(
    RenderError, code="BROWSER_GPU_NOT_SOFTWARE", retryable=False, exit_status=4
):
    """Chromium draws WebGL on hardware, whose pixels differ from machine to machine."""


class BrowserUnavailable(RenderError, code="BROWSER_UNAVAILABLE", retryable=False, exit_status=4):
    """No usable Chromium was found, or it does not start; `fanreel doctor` says what is missing."""


class FontFetchFailed(RenderError, code="FONT_FETCH_FAILED", retryable=False, exit_status=2):
    """A web font the composition asks for could not be fetched while planning."""


class AssetNotFound(RenderError, code="ASSET_NOT_FOUND", retryable=False, exit_status=2):
    """The composition names a project file that does not exist."""


class AssetNotInPlan(RenderError, code="ASSET_NOT_IN_PLAN", retryable=False, exit_status=3):
    """A worker's page asked for something that the plan did not record."""


class NotMedia(RenderError, code="NOT_MEDIA", retryable=False, exit_status=2):
    """A file used as media is something else, such as an error page saved as .mp4."""


class MediaUnreadable(RenderError, code="MEDIA_UNREADABLE", retryable=False, exit_status=2):
    """A media file is damaged, or in a form that libav cannot decode."""


class S3UriNotAllowed(RenderError, code="S3_URI_NOT_ALLOWED", retryable=False, exit_status=2):
    """An S3 URI lies outside the bucket this function may touch."""


class UnsafeArchive(RenderError, code="UNSAFE_ARCHIVE", retryable=False, exit_status=2):
    """A project archive holds a member that would leave its folder, or unpacks to too much."""


class RenderCancelled(RenderError, code="RENDER_CANCELLED", retryable=False, exit_status=130):
    """The render was cancelled."""


class RenderTimedOut(RenderError, code="RENDER_TIMED_OUT", retryable=False, exit_status=2):
    """The render took longer than it was given; its finished segments are kept."""

    taken_s: int
    limit_s: float


class RenderCostLimit(RenderError, code="RENDER_COST_LIMIT", retryable=False, exit_status=2):
    """The render cost more than it was given; its finished segments are kept."""

    spent_usd: float
    limit_usd: float


class UnexpectedError(RenderError, code="UNEXPECTED_ERROR", retryable=False, exit_status=1):
    """Something fanreel does not know went wrong; this is a defect worth reporting."""


class MissingPlanArtifact(RenderError, code="MISSING_PLAN_ARTIFACT", retryable=True, exit_status=3):
    """A file the plan lists is not there, as after a partial download."""


class ArtifactDigestMismatch(
    RenderError, code="ARTIFACT_DIGEST_MISMATCH", retryable=True, exit_status=3
):
    """A file's bytes are not the ones its digest promises; fetch it afresh."""


class BrowserCrashed(RenderError, code="BROWSER_CRASHED", retryable=True, exit_status=4):
    """Chromium went away in the middle of its work, twice."""


class CaptureTimeout(RenderError, code="CAPTURE_TIMEOUT", retryable=True, exit_status=4):
    """A page did not become ready, or a frame did not appear, in time."""


class StorageUnavailable(RenderError, code="STORAGE_UNAVAILABLE", retryable=True, exit_status=5):
    """The bucket's service did not answer, or answered with a passing failure."""


class DiskFull(RenderError, code="DISK_FULL", retryable=True, exit_status=5):
    """There is no room left on the disk for frames or outputs."""


class InstanceStopped(RenderError, code="INSTANCE_STOPPED", retryable=True, exit_status=1):
    """The instance was told to end; another goes on from the segments that are kept."""


TERMINAL_CODES: tuple[str, ...] = tuple(c for c, e in CATALOGUE.items() if not e.retryable)
RETRYABLE_CODES: tuple[str, ...] = tuple(c for c, e in CATALOGUE.items() if e.retryable)

CALLER_CODES: tuple[str, ...] = tuple(c for c, e in CATALOGUE.items() if e.exit_status in (2, 130))
"""What only the caller can mend, or asked for: nothing is wrong with the machinery."""

# Every code is also a constant of its own name: `errors.PLAN_TOO_LARGE == "PLAN_TOO_LARGE"`.
INVALID_CONFIG = InvalidConfig.code
INVALID_COMPOSITION = InvalidComposition.code
INVALID_VARIABLES = InvalidVariables.code
FORMAT_NOT_SUPPORTED_IN_DISTRIBUTED = FormatNotSupportedInDistributed.code
PLAN_TOO_LARGE = PlanTooLarge.code
PLAN_PRODUCED_ZERO_CHUNKS = PlanProducedZeroChunks.code
PLAN_HASH_MISMATCH = PlanHashMismatch.code
PLAN_PROTOCOL_UNSUPPORTED = PlanProtocolUnsupported.code
CHUNK_INDEX_OUT_OF_RANGE = ChunkIndexOutOfRange.code
MISSING_RUNTIME_ENV_SNAPSHOT = MissingRuntimeEnvSnapshot.code
FFMPEG_VERSION_MISMATCH = FfmpegVersionMismatch.code
BROWSER_VERSION_MISMATCH = BrowserVersionMismatch.code
BROWSER_GPU_NOT_SOFTWARE = BrowserGpuNotSoftware.code
BROWSER_UNAVAILABLE = BrowserUnavailable.code
FONT_FETCH_FAILED = FontFetchFailed.code
ASSET_NOT_FOUND = AssetNotFound.code
ASSET_NOT_IN_PLAN = AssetNotInPlan.code
NOT_MEDIA = NotMedia.code
MEDIA_UNREADABLE = MediaUnreadable.code
S3_URI_NOT_ALLOWED = S3UriNotAllowed.code
UNSAFE_ARCHIVE = UnsafeArchive.code
RENDER_CANCELLED = RenderCancelled.code
RENDER_TIMED_OUT = RenderTimedOut.code
RENDER_COST_LIMIT = RenderCostLimit.code
UNEXPECTED_ERROR = UnexpectedError.code
MISSING_PLAN_ARTIFACT = MissingPlanArtifact.code
ARTIFACT_DIGEST_MISMATCH = ArtifactDigestMismatch.code
BROWSER_CRASHED = BrowserCrashed.code
CAPTURE_TIMEOUT = CaptureTimeout.code
STORAGE_UNAVAILABLE = StorageUnavailable.code
DISK_FULL = DiskFull.code
INSTANCE_STOPPED = InstanceStopped.code
