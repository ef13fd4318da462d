"""Types of a configuration's fields, and what messages say that each allows."""

import json
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from fanreel.formats import Codec, Format
from fanreel.timing import frame_rate

RESOLUTIONS = {"720p": 720, "1080p": 1080, "1440p": 1440, "4k": 2160}
"""Name of an output resolution to the length in pixels of the frame's shorter side."""

Quality = Literal["draft", "standard", "high"]
HdrMode = Literal["auto", "force-sdr", "force-hdr"]
VideoFrameFormat = Literal["auto", "jpg", "png"]

MOST_CRF = 51
LEAST_SIDE_PX, MOST_SIDE_PX = 2, 16384
MOST_CHUNKS, MOST_SEGMENT_FRAMES = 10_000, 1200
_SWITCH = "true or false"
_SIDE = f"whole pixels from {LEAST_SIDE_PX} to {MOST_SIDE_PX}"
ALLOWED = {
    "fps": frame_rate.ALLOWED,
    "format": ", ".join(map(repr, get_args(Format))),
    "codec": " or ".join(map(repr, get_args(Codec))),
    "quality": ", ".join(map(repr, get_args(Quality))),
    "crf": f"a whole number from 0 to {MOST_CRF}",
    "bitrate": "bits per second as text, with k for thousands or M for millions, such as '8M', "
    "'800k' or '2.5M'",
    "output_resolution": f"{', '.join(RESOLUTIONS)} or a scale factor from 0.1 to 4",
    "width": _SIDE,
    "height": _SIDE,
    "every_nth_frame": f"a whole number from 1 to {frame_rate.MOST_FPS}",
    "frame_range": "[start, end), two whole frame numbers with 0 <= start < end, such as [0, 90]",
    "chunk_size": "a whole number of frames from 1",
    "max_parallel_chunks": f"a whole number from 1 to {MOST_CHUNKS}",
    "target_chunk_frames": "a whole number of frames from 1",
    "segment_frames": f"a whole number of frames from 1 to {MOST_SEGMENT_FRAMES}",
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
        raise ValueError(f"allowed: {ALLOWED['output_resolution']}")
    return factor


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("bool", "not a number")
    return value


def _parse_entry_file(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\0" in value or not path.name:
        raise ValueError(f"allowed: {ALLOWED['entry_file']}")
    return str(path)


def _parse_project_path(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\0" in value:
        raise ValueError(f"allowed: {ALLOWED['project_path']}")
    return "" if not path.name else str(path)


def _require_json(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise ValueError(f"allowed: {ALLOWED['variables']} ({exc})") from exc
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
EntryFile = Annotated[str, AfterValidator(_parse_entry_file)]
ProjectPath = Annotated[str, AfterValidator(_parse_project_path)]
Variables = Annotated[dict[str, Any], AfterValidator(_require_json)]
