"""What to render: `RenderConfig`, parsed, checked and frozen once."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from fanreel.configuration.fields import (
    ALLOWED,
    LEAST_SIDE_PX,
    MOST_CHUNKS,
    MOST_CRF,
    MOST_SEGMENT_FRAMES,
    MOST_SIDE_PX,
    EntryFile,
    Fps,
    HdrMode,
    ProjectPath,
    Quality,
    Resolution,
    Variables,
    VideoFrameFormat,
    Whole,
)
from fanreel.configuration.problems import Conflict, invalid_config, shown
from fanreel.errors import InvalidConfig
from fanreel.formats import FORMATS, Codec, Format, FormatSpec
from fanreel.settings import given
from fanreel.timing import frame_rate

DEFAULT_CHUNK_SIZE = 240
"""Frames per chunk when nobody says otherwise; twice as many in films beyond five minutes."""
DEFAULT_MAX_PARALLEL_CHUNKS = 1000
"""Most chunks a plan is cut into when nobody says otherwise: as many as a state machine takes."""
PLAN_DIR_SIZE_LIMIT_BYTES = 2 * 1024**3
"""Largest planned directory: 2 GiB of Lambda's 10 GiB `/tmp`, leaving 8 for frames and encoders."""
LAMBDA_PLAN_LIMIT_BYTES = 5 * 1024**3
"""What a stack may raise that to: half of `/tmp`, as work and plan both lie there meanwhile."""


class RenderConfig(BaseModel):
    """
    Everything a caller may ask of a render; camelCase on the wire, immutable once built.

    Raises:
        InvalidConfig: A value is not allowed, or a key is unknown. Terminal. The message names
            each field, its value and what is allowed.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
    )

    fps: Fps | None = None
    """Frames per second; None takes the composition's `data-fps`, else 30."""
    format: Format = "mp4"
    codec: Codec = "h264"
    """Of format mp4; `hdr_mode` force-hdr makes h265 of a codec that is not given."""
    quality: Quality = "standard"
    """Of mp4 and webm; without effect in the other formats, which have one quality each."""
    crf: Whole | None = Field(default=None, ge=0, le=MOST_CRF)
    """Constant rate factor, for mp4 and webm; outranks `quality`."""
    bitrate: str | None = Field(default=None, pattern=r"^[1-9][0-9]*(\.[0-9]+)?[kM]?$")
    """Average bit/s of mp4 and webm, with `k` or `M` for thousands and millions."""
    output_resolution: Resolution | None = None
    """Supersamples the authored frame; the layout never changes."""
    width: Whole | None = Field(default=None, ge=LEAST_SIDE_PX, le=MOST_SIDE_PX)
    height: Whole | None = Field(default=None, ge=LEAST_SIDE_PX, le=MOST_SIDE_PX)
    every_nth_frame: Whole = Field(default=1, ge=1, le=frame_rate.MOST_FPS)
    """Of the frames at `fps`; the others are left out, and the video keeps its length."""
    frame_range: tuple[Whole, Whole] | None = None
    """Half-open `[start_frame, end_frame)` of the timeline, at the rate of the output."""
    mute: bool = False
    """Leave out all sound."""
    chunk_size: Whole | None = Field(default=None, ge=1)
    """
    At most this many frames per chunk, as far as whole segments and `max_parallel_chunks` allow.

    None lets the timeline's length decide: 240, and up to 480 where that would be more than 40
    chunks. Below the length of a segment (120 frames; from 4800 on 240; of a timeline under 480
    frames a quarter, at least 30) it also shortens the segments: another GOP, so other bytes and
    another plan hash. How else a render is split into chunks does not move a byte of the video.
    """
    max_parallel_chunks: Whole = Field(default=DEFAULT_MAX_PARALLEL_CHUNKS, ge=1, le=MOST_CHUNKS)
    target_chunk_frames: Whole | None = Field(default=None, ge=1)
    segment_frames: Whole | None = Field(default=None, ge=1, le=MOST_SEGMENT_FRAMES)
    """
    Frames per closed-GOP segment; another length gives other bytes.

    None lets the timeline's length decide: 120, from 4800 frames on 240, under 480 a quarter but
    at least 30, and never more than an explicit `chunk_size`.
    """
    entry_file: EntryFile = "index.html"
    project_path: ProjectPath = ""
    """
    Where the project lies in the folder given as one, for files above it; empty: it is the folder.

    `root_dir` and `--root` set it; paths of the project, `entry_file` too, count from the project.
    """
    variables: Variables = Field(default_factory=dict)
    strict_variables: bool = False
    strict: bool = False
    """Warnings about the composition (overlapping clips of a track, ...) become errors."""
    reject_on_system_fonts: bool = False
    fail_closed_font_fetch: bool = True
    hdr_mode: HdrMode = "auto"
    """
    `auto` and `force-sdr` bring HDR videos to SDR as Chromium shows them, `auto` with a warning.

    `force-hdr` makes an mp4 of H.265 in 10 bits, HLG and BT.2020: white of
    graphics at 203 cd/m2, HDR videos with what they have above it.
    """
    cfr: bool = False
    video_frame_format: VideoFrameFormat = "auto"
    """Accepted, and the same whatever it is: source frames reach the page undamaged, as decoded."""
    plan_dir_size_limit_bytes: Whole = Field(default=PLAN_DIR_SIZE_LIMIT_BYTES, ge=1)
    runtime_cap: Literal["lambda"] | None = None
    """`lambda`: the size cap cannot be raised beyond what Lambda's `/tmp` holds."""

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as exc:
            raise invalid_config(exc, type(self).model_fields) from None

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        self._exclude_each_other("crf", "bitrate")
        if self.codec != "h264" and self.codec not in FORMATS[self.format].codecs:
            fitting = " or ".join(map(repr, _formats(lambda spec: self.codec in spec.codecs)))
            raise self._conflict(
                f"not with format {self.format!r}; allowed: codec {self.codec!r} with format "
                f"{fitting}",
                "codec",
            )
        self._rate_has_a_use()
        self._hdr_has_a_place()
        if self.mute and not FORMATS[self.format].pictures:
            raise self._conflict(f"format {self.format!r} holds nothing but the sound", "mute")
        self._exclude_each_other("chunk_size", "target_chunk_frames")
        if self.frame_range is not None and not 0 <= self.frame_range[0] < self.frame_range[1]:
            raise self._conflict(f"allowed: {ALLOWED['frame_range']}", "frame_range")
        lambda_limit = self.plan_dir_size_limit_bytes > LAMBDA_PLAN_LIMIT_BYTES
        if self.runtime_cap == "lambda" and lambda_limit:
            raise self._conflict(
                f"allowed: at most {LAMBDA_PLAN_LIMIT_BYTES}, or /tmp overflows",
                "plan_dir_size_limit_bytes",
                "runtime_cap",
            )
        self._exclude_each_other("output_resolution", "width")
        self._exclude_each_other("output_resolution", "height")
        return self

    def _conflict(self, reason: str, *fields: str) -> "Conflict":
        """Return the error that tells of *fields* with their values, and why they cannot stand."""
        settings = [given(to_camel(name), shown(getattr(self, name))) for name in fields]
        return Conflict(reason, settings)

    def _exclude_each_other(self, one: str, other: str) -> None:
        if getattr(self, one) is not None and getattr(self, other) is not None:
            raise self._conflict("allowed: one of them", one, other)

    def _rate_has_a_use(self) -> None:
        for field in ("crf", "bitrate"):
            value = getattr(self, field)
            if value is not None and not FORMATS[self.format].rated:
                raise self._conflict(
                    f"not with format {self.format!r}, which has one quality; allowed: {field} "
                    f"with format {' or '.join(_formats(lambda spec: spec.rated))}",
                    field,
                )

    def _hdr_has_a_place(self) -> None:
        if self.hdr_mode != "force-hdr":
            return
        fitting = " or ".join(map(repr, _formats(lambda spec: spec.hdr)))
        allowed = f"allowed: format {fitting} with codec 'h265'"
        if not FORMATS[self.format].hdr:
            raise self._conflict(allowed, "format", "hdr_mode")
        if self.codec == "h264" and "codec" in self.model_fields_set:
            reason = f"{allowed}, which is also what no codec gives"
            raise self._conflict(reason, "codec", "hdr_mode")

    @property
    def entry_path(self) -> str:
        """The entry file's path in the folder that is given as the project."""
        return str(PurePosixPath(self.project_path, self.entry_file))

    @classmethod
    def from_json(cls, data: Any) -> "RenderConfig":
        """
        Build from decoded JSON.

        Raises:
            InvalidConfig: Not an object, or a field is not allowed. Terminal.
        """
        if not isinstance(data, dict):
            raise InvalidConfig(f"the configuration is a JSON object, not {type(data).__name__}")
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        """Return the camelCase JSON object that `from_json()` reads, without the defaults."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def replace(self, **changes: Any) -> "RenderConfig":
        """Return a checked copy with *changes*."""
        return RenderConfig(
            **{name: getattr(self, name) for name in self.model_fields_set} | changes
        )


def _formats(fit: Callable[[FormatSpec], bool]) -> list[str]:
    return [name for name, spec in FORMATS.items() if fit(spec)]
