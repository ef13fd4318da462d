"""What the function answers: DESIGN's "Lambda contract", as types."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_pascal

MAX_CHUNK_REPLY_BYTES = 200
"""Map keeps every reply until the last chunk is done, and a state's data is limited."""


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_pascal, validate_by_name=True)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that the caller gets."""
        return self.model_dump(mode="json", by_alias=True)


class PlanReply(_Reply):
    """What was planned, enough to schedule the rest."""

    plan_manifest_s3_uri: str
    plan_hash: str
    chunk_count: int
    total_frames: int
    fps: int | str
    """A whole number, or a rational such as `30000/1001`."""
    width: int
    height: int
    format: str
    has_audio: bool
    ffmpeg_version: str
    producer_version: str
    duration_ms: int


class RenderChunkReply(_Reply):
    """At most `MAX_CHUNK_REPLY_BYTES` as JSON."""

    chunk_index: int
    done: bool
    next_frame: int
    frames_encoded: int
    sha256: str


class StillReply(_Reply):
    """The saved picture."""

    output_s3_uri: str
    at_s: float
    frame: int
    width: int
    height: int
    file_size: int
    sha256: str
    warnings: tuple[str, ...]


class AssembleReply(_Reply):
    """The finished video."""

    output_s3_uri: str
    frames_encoded: int
    file_size: int
    sha256: str
    duration_ms: int
