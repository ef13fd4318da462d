"""What to render: `RenderConfig`, parsed, checked and frozen once."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from fanreel.errors import FormatNotSupportedInDistributed, InvalidConfig
from fanreel.formats import FORMATS, Codec, Format, FormatSpec
from fanreel.settings import Setting, given
from fanreel.timing import frame_rate

DEFAULT_CHUNK_SIZE = 240
"""Frames per chunk when nobody says otherwise; twice as many in films beyond five minutes."""
DEFAULT_MAX_PARALLEL_CHUNKS = 1000
"""Most chunks a plan is cut into when nobody says otherwise: as many as a state machine takes."""
PLAN_DIR_SIZE_LIMIT_BYTES = 2 * 1024**3
"""Largest planned directory: 2 GiB of Lambda's 10 GiB `/tmp`, leaving 8 for frames and encoders."""

RESOLUTIONS = {"720p": 720, "1080p": 1080, "1440p": 1440, "4k": 2160}
"""Name of an output resolution to the length in pixels of the frame's shorter side."""

_VALUE_SHOWN = 100
"""Longest value, in characters, that a message repeats."""

Quality = Literal["draft", "standard", "high"]
HdrMode = Literal["auto", "force-sdr", "force-hdr"]
VideoFrameFormat = Literal["auto", "jpg", "png"]

_MOST_CRF = 51
_LEAST_SIDE_PX, _MOST_SIDE_PX = 2, 16384
_MOST_CHUNKS, _MOST_SEGMENT_FRAMES = 10_000, 1200
_SWITCH = "true or false"
_SIDE = f"whole pixels from {_LEAST_SIDE_PX} to {_MOST_SIDE_PX}"
_ALLOWED = {
    "fps": frame_rate.ALLOWED,
    "format": ", ".join(map(repr, get_args(Format))),
    "codec": " or ".join(map(repr, get_args(Codec))),
    "quality": ", ".join(map(repr, get_args(Quality))),
    "crf": f"a whole number from 0 to {_MOST_CRF}",
    "bitrate": "bits per second as text, with k for thousands or M for millions, such as '8M', "
    "'800k' or '2.5M'",
    "output_resolution": f"{', '.join(RESOLUTIONS)} or a scale factor from 0.1 to 4",
    "width": _SIDE,
    "height": _SIDE,
    "every_nth_frame": f"a whole number from 1 to {frame_rate.MOST_FPS}",
    "frame_range": "[start, end), two whole frame numbers with 0 <= start < end, such as [0, 90]",
    "chunk_size": "a whole number of frames from 1",
    "max_parallel_chunks": f"a whole number from 1 to {_MOST_CHUNKS}",
    "target_chunk_frames": "a whole number of frames from 1",
    "segment_frames": f"a whole number of frames from 1 to {_MOST_SEGMENT_FRAMES}",
    "entry_file": "the path of a file inside the project, such as 'index.html'",
    "project_path": "the path of a folder inside the one given, such as 'films/intro', or ''",
    "mute": _SWITCH,
    "variables": 'what JSON can hold, as an object such as {"title": "Hello"}',
    "strict_variables": _SWITCH,
    "strict": _SWITCH,
    "reject_on_system_fonts": _SWITCH,
    "fail_closed_font_fetch": _SWITCH,
    "hdr_mode": ", ".join(map(repr, get_args(HdrMode))),
    "cfr": _SWITCH,
    "video_frame_format": ", ".join(map(repr, get_args(VideoFrameFormat))),
    "plan_dir_size_limit_bytes": "a whole number of bytes from 1",
    "runtime_cap": "'lambda', or no value",
}
"""By field: what messages say after "allowed:"."""


def _parse_resolution(value: Any) -> str | float:
    if isinstance(value, str) and value.lower() in RESOLUTIONS:
        return value.lower()
    try:
        factor = float(value)
    except (TypeError, ValueError):
        factor = 0.0
    if isinstance(value, bool) or not 0.1 <= factor <= 4:  # noqa: PLR2004 (said in `allowed`)
        raise ValueError(f"allowed: {_ALLOWED['output_resolution']}")
    return factor


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("bool", "not a number")
    return value


def _parse_entry_file(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\0" in value or not path.name:
        raise ValueError(f"allowed: {_ALLOWED['entry_file']}")
    return str(path)


def _parse_project_path(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\0" in value:
        raise ValueError(f"allowed: {_ALLOWED['project_path']}")
    return "" if not path.name else str(path)


def _require_json(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise ValueError(f"allowed: {_ALLOWED['variables']} ({exc})") from exc
    return value


Fps = Annotated[
    Fraction,
    BeforeValidator(frame_rate.parse_frame_rate),
    PlainSerializer(
        lambda fps: fps.numerator if fps.denominator == 1 else f"{fps.numerator}/{fps.denominator}",
    ),
]
Resolution = Annotated[str | float, BeforeValidator(_parse_resolution)]
# Python counts True as 1; a caller who writes `crf: true` did not mean 1.
Whole = Annotated[int, BeforeValidator(_refuse_bool)]


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
    crf: Whole | None = Field(default=None, ge=0, le=_MOST_CRF)
    """Constant rate factor, for mp4 and webm; outranks `quality`."""
    bitrate: str | None = Field(default=None, pattern=r"^[1-9][0-9]*(\.[0-9]+)?[kM]?$")
    """Average bit/s of mp4 and webm, with `k` or `M` for thousands and millions."""
    output_resolution: Resolution | None = None
    """Supersamples the authored frame; the layout never changes."""
    width: Whole | None = Field(default=None, ge=_LEAST_SIDE_PX, le=_MOST_SIDE_PX)
    height: Whole | None = Field(default=None, ge=_LEAST_SIDE_PX, le=_MOST_SIDE_PX)
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
    chunks. Below the length of a segment (120 frames; of a timeline under 480 frames a quarter, at
    least 30) it also shortens the segments: another GOP, so other bytes and another plan hash. How
    else a render is split into chunks does not move a byte of the video.
    """
    max_parallel_chunks: Whole = Field(default=DEFAULT_MAX_PARALLEL_CHUNKS, ge=1, le=_MOST_CHUNKS)
    target_chunk_frames: Whole | None = Field(default=None, ge=1)
    segment_frames: Whole | None = Field(default=None, ge=1, le=_MOST_SEGMENT_FRAMES)
    """
    Frames per closed-GOP segment; another length gives other bytes.

    None lets the timeline's length decide, at most 120 and at most an explicit `chunk_size`.
    """
    entry_file: Annotated[str, AfterValidator(_parse_entry_file)] = "index.html"
    project_path: Annotated[str, AfterValidator(_parse_project_path)] = ""
    """
    Where the project lies in the folder given as one, for files above it; empty: it is the folder.

    `root_dir` and `--root` set it; paths of the project, `entry_file` too, count from the project.
    """
    variables: Annotated[dict[str, Any], AfterValidator(_require_json)] = Field(
        default_factory=dict
    )
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
            raise _invalid_config(exc) from None

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
            raise self._conflict(f"allowed: {_ALLOWED['frame_range']}", "frame_range")
        lambda_limit = self.plan_dir_size_limit_bytes > PLAN_DIR_SIZE_LIMIT_BYTES
        if self.runtime_cap == "lambda" and lambda_limit:
            raise self._conflict(
                f"allowed: at most {PLAN_DIR_SIZE_LIMIT_BYTES}, or /tmp overflows",
                "plan_dir_size_limit_bytes",
                "runtime_cap",
            )
        self._exclude_each_other("output_resolution", "width")
        self._exclude_each_other("output_resolution", "height")
        return self

    def _conflict(self, reason: str, *fields: str) -> "_Conflict":
        """Return the error that tells of *fields* with their values, and why they cannot stand."""
        settings = [given(to_camel(name), _shown(getattr(self, name))) for name in fields]
        return _Conflict(reason, settings)

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


class _Conflict(ValueError):
    """Fields whose values do not go together."""

    def __init__(self, reason: str, settings: list[Setting]) -> None:
        super().__init__(f"{' and '.join(setting['said'] for setting in settings)}: {reason}")
        self.settings = settings


def _invalid_config(exc: ValidationError) -> InvalidConfig:
    # A union reports each arm; one sentence per problem is enough.
    problems = dict(map(_problem, exc.errors(include_url=False)))
    return InvalidConfig(
        "invalid render configuration: " + "; ".join(problems),
        problems=list(problems),
        settings=[setting for settings in problems.values() for setting in settings],
    )


def _problem(error: ErrorDetails) -> tuple[str, list[Setting]]:
    """Return what is wrong, and what that says of which fields."""
    own = error.get("ctx", {}).get("error")  # of a validator here; pydantic's have other words
    if isinstance(own, _Conflict):
        return str(own), own.settings
    field, *inner = map(str, error["loc"])
    if error["type"] == "extra_forbidden":
        known = ", ".join(map(to_camel, RenderConfig.model_fields))
        return f"{field}: unknown key; known keys: {known}", []
    name = to_camel(field)
    place = "".join(f"[{part}]" for part in inner if part.isdigit())
    setting = given(name, _shown(error["input"]), place)
    allowed = {to_camel(known): sentence for known, sentence in _ALLOWED.items()}
    reason = str(own or f"allowed: {allowed[name]}")
    return f"{setting['said']}: {reason}", [setting]


def _shown(value: Any) -> str:
    try:
        text = repr(list(value) if isinstance(value, tuple) else value)  # as JSON has it
    except RecursionError:
        return "a value nested too deeply to show"
    return text if len(text) <= _VALUE_SHOWN else text[:_VALUE_SHOWN] + "…"


def reject_unsupported_distributed_format(
    config: RenderConfig, *, total_frames: int, width: int, height: int
) -> None:
    """
    Refuse, before anything exists on disk, what cannot be rendered by many machines.

    That is the size of a GIF: one process has to find its palette and to colour every frame.

    Args:
        config: What is asked for.
        total_frames: Of the output.
        width: Of the output, in pixels.
        height: Of the output, in pixels.
    Raises:
        FormatNotSupportedInDistributed: A GIF of more pixels than one invocation of Lambda can
            colour, with `format` and `reason`. Terminal.
    """
    pixels, limit = total_frames * width * height, FORMATS[config.format].one_process_px
    if limit is None or pixels <= limit:
        return
    reason = (
        f"{total_frames} frames of {width}x{height} are {pixels / 1e6:,.0f} million pixels, and "
        f"one process, which encodes them all, is given {limit / 1e6:,.0f}"
    )
    raise FormatNotSupportedInDistributed(
        f"format {config.format!r} is not supported in distributed mode at this size: {reason}; "
        "lower fps (15 is usual) or the output resolution, render fewer frames, choose "
        "webm or mp4, or render it in one process with fanreel.render() or `fanreel render`",
        format=config.format,
        reason=reason,
    )
