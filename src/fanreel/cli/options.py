"""Every field of `RenderConfig` as an option, and options back into a configuration."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanreel.cli.variables import Declared, parse_variables
from fanreel.errors import InvalidConfig
from fanreel.formats import FORMATS
from fanreel.markup.variables import declared_variables

if TYPE_CHECKING:
    from fanreel.config import RenderConfig

_FORMAT_OF_SUFFIX = {spec.extension: name for name, spec in FORMATS.items()}


@dataclass(frozen=True, slots=True)
class ConfigOption:
    """One field of `RenderConfig` on the command line; `RenderConfig` checks the value."""

    field: str
    metavar: str
    """Empty for a switch."""
    help: str
    panel: str = "Picture"

    @property
    def flag(self) -> str:
        """Return the long option: `--crf`, or `--strict/--no-strict`."""
        name = self.field.replace("_", "-")
        return f"--{name}" if self.metavar else f"--{name}/--no-{name}"


_SPLIT, _CHECKS = "Splitting", "Checks"
CONFIG_OPTIONS = (
    ConfigOption("fps", "RATE", "1 to 240, whole or rational: 15, 60, 30000/1001."),
    ConfigOption(
        "format",
        "NAME",
        "mp4, mov, webm, gif, png-sequence; sound alone: wav, m4a, mp3. Default: the output's.",
    ),
    ConfigOption("codec", "NAME", "h264 or h265 (mp4 only)."),
    ConfigOption("quality", "NAME", "draft, standard or high (mp4 and webm)."),
    ConfigOption("crf", "N", "Constant rate factor, 0 to 51, of mp4 or webm."),
    ConfigOption("bitrate", "RATE", "Average bits per second of mp4 or webm: 8M."),
    ConfigOption("output_resolution", "SIZE", "720p, 1080p, 1440p, 4k or a scale factor."),
    ConfigOption("width", "PIXELS", "Output width: a uniform scale of the authored size."),
    ConfigOption("height", "PIXELS", "Output height: a uniform scale of the authored size."),
    ConfigOption("every_nth_frame", "N", "Leave out the frames between; the length stays."),
    ConfigOption("mute", "", "No sound."),
    ConfigOption("frame_range", "START:END", "Only these frames; END is not among them."),
    ConfigOption(
        "hdr_mode",
        "NAME",
        "auto or force-sdr: SDR, HDR sources toned down (auto warns). force-hdr: H.265 in HLG.",
    ),
    ConfigOption("cfr", "", "Constant frame rate; what is written always has one."),
    ConfigOption(
        "video_frame_format",
        "NAME",
        "auto, jpg or png: accepted without effect; source frames stay as decoded.",
    ),
    ConfigOption("entry_file", "PATH", "The page to render, inside the project."),
    ConfigOption(
        "chunk_size",
        "FRAMES",
        "At most this many frames per chunk. Below the length of a segment (120 frames, 240 in "
        "long films, less in short ones) it shortens the segments, and so changes the encoded "
        "bytes.",
        _SPLIT,
    ),
    ConfigOption("max_parallel_chunks", "N", "At most this many chunks.", _SPLIT),
    ConfigOption("target_chunk_frames", "FRAMES", "About this many frames per chunk.", _SPLIT),
    ConfigOption("segment_frames", "FRAMES", "Frames per segment (closed GOP).", _SPLIT),
    ConfigOption("plan_dir_size_limit_bytes", "BYTES", "Largest plan.", _SPLIT),
    ConfigOption("runtime_cap", "NAME", "lambda: refuse what Lambda cannot hold.", _SPLIT),
    ConfigOption("strict", "", "Warnings about the composition are errors.", _CHECKS),
    ConfigOption("strict_variables", "", "Undeclared or mistyped variables are errors.", _CHECKS),
    ConfigOption("reject_on_system_fonts", "", "Fonts must come with the project.", _CHECKS),
    ConfigOption("fail_closed_font_fetch", "", "A font that does not load is an error.", _CHECKS),
)

_VARIABLES = typer.Option(
    "--variables", metavar="JSON|@FILE", help="Variables as a JSON object, or a file of one."
)
_VARIABLE = typer.Option(
    "--var",
    metavar="NAME=VALUE",
    help="One variable: as typed where it is declared as text, else JSON if it can be read so.",
)
_VARIABLE_PARAMETERS = (
    inspect.Parameter(
        "variables",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[str | None, _VARIABLES],
        default=None,
    ),
    inspect.Parameter(
        "variable",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[list[str] | None, _VARIABLE],
        default=None,
    ),
)


def with_config_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options above to *command*, which gets what was chosen as `config_fields`."""
    own = [
        parameter
        for parameter in inspect.signature(command).parameters.values()
        if parameter.name != "config_fields"
    ]
    added = [*_VARIABLE_PARAMETERS, *map(_parameter, CONFIG_OPTIONS)]

    @functools.wraps(command)
    def call(**values: Any) -> None:
        chosen = {parameter.name: values.pop(parameter.name) for parameter in added}
        command(**values, config_fields=_chosen_fields(chosen, values.get("project")))

    # typer reads the signature to know which options there are.
    call.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
    return call


def _parameter(option: ConfigOption) -> inspect.Parameter:
    info = typer.Option(
        option.flag,
        metavar=option.metavar or None,
        help=option.help,
        rich_help_panel=option.panel,
        show_default=False,
    )
    kind = str | None if option.metavar else bool | None
    return inspect.Parameter(
        option.field,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[kind, info],
        default=None,
    )


def _chosen_fields(values: Mapping[str, Any], project: Path | str | None) -> dict[str, Any]:
    fields = {name: value for name, value in values.items() if value is not None}
    text, single = fields.pop("variables", None), fields.pop("variable", None) or ()
    declared = _declared(project, fields) if single else {}
    if variables := parse_variables(text, single, declared):
        fields["variables"] = variables
    if "frame_range" in fields:
        fields["frame_range"] = fields["frame_range"].split(":")
    return fields


def _declared(project: Path | str | None, fields: Mapping[str, Any]) -> Declared:
    """Read what the page declares; what lies in S3 is not fetched for it."""
    if project is None or str(project).startswith(("s3://", "https://")):
        return {}
    folder, found = split_project(Path(project), fields)
    return declared_variables(folder / found.get("entry_file", "index.html"))


def build_config(fields: Mapping[str, Any], output: Path | None = None) -> "RenderConfig":
    """
    Check *fields*; without a format among them, the suffix of *output* decides.

    Raises:
        InvalidConfig: A value is not allowed, or the suffix belongs to no format, or to another
            one than was asked for. Terminal.
    """
    from fanreel.config import RenderConfig  # noqa: PLC0415 (pydantic costs 150 ms)

    if output is None:
        return RenderConfig(**fields)
    inferred = _FORMAT_OF_SUFFIX.get(output.suffix.lower())
    known = ", ".join(suffix for suffix in _FORMAT_OF_SUFFIX if suffix)
    wanted = fields.get("format", inferred)
    if wanted is None:
        raise InvalidConfig(
            f"cannot tell the format of {output}: end it with {known}, give a directory for "
            "png-sequence, or choose with --format"
        )
    config = RenderConfig(**{**fields, "format": wanted})
    if inferred is not None and config.format not in {inferred, "png-sequence"}:
        raise InvalidConfig(f"{output} does not fit format {config.format!r}: use {known}")
    return config


def split_project(project: Path, fields: Mapping[str, Any]) -> tuple[Path, dict[str, Any]]:
    """Let PROJECT be a page as well as a folder: the page's folder, with it as entry file."""
    if project.suffix.lower() in {".html", ".htm"} and project.is_file():
        return project.parent, {"entry_file": project.name, **fields}
    return project, dict(fields)
