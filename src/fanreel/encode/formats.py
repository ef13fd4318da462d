"""
Every output format as a row of a table: containers, encoder, pixel format, options, sound.

Nothing else in fanreel names an encoder or one of its options. The options are locked into the
plan, so all workers encode alike: the thread count is a constant and never the machine's, since
x264 and x265 make different bytes with different thread counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fanreel.config import Format, Quality, RenderConfig
from fanreel.errors import InvalidConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatSpec:
    """The containers and the sound of one output format; container names are libav muxers."""

    extension: str
    """Of the finished file; for `png-sequence` it is a directory."""
    container: str
    """Empty where there is none."""
    segment_extension: str
    segment_container: str
    audio_codec: str | None
    audio_extension: str
    """Of the plan's `audio.<ext>`."""
    even_size: bool
    """Width and height have to be even, because chroma has half of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderChoice:
    """What a configuration asks of libav; goes into `LockedRenderConfig` field by field."""

    format: str
    codec: str
    """libav encoder name."""
    pixel_format: str
    quality: str
    crf: int | None
    bitrate: str | None
    alpha: bool
    encoder_options: dict[str, str]

    def check_size(self, width: int, height: int) -> None:
        """
        Refuse a frame size in pixels that the format cannot hold.

        Raises:
            InvalidConfig: Width or height is odd and the format needs them even. Terminal.
        """
        if FORMATS[self.format].even_size and (width % 2 or height % 2):
            raise InvalidConfig(
                f"format {self.format!r} needs an even width and height, not {width}x{height}; "
                "choose an outputResolution that gives even numbers, or format 'mov'",
                width=width,
                height=height,
            )


FORMATS: Mapping[str, FormatSpec] = {
    "mp4": FormatSpec(
        extension=".mp4",
        container="mp4",
        segment_extension=".mp4",
        segment_container="mp4",
        audio_codec="aac",
        audio_extension=".m4a",
        even_size=True,
    ),
    "mov": FormatSpec(
        extension=".mov",
        container="mov",
        segment_extension=".mov",
        segment_container="mov",
        audio_codec="pcm_s16le",
        audio_extension=".wav",
        even_size=False,
    ),
    "webm": FormatSpec(
        extension=".webm",
        container="webm",
        segment_extension=".webm",
        segment_container="webm",
        audio_codec="libopus",
        audio_extension=".webm",
        even_size=False,
    ),
    "gif": FormatSpec(
        extension=".gif",
        container="gif",
        segment_extension=".mkv",
        segment_container="matroska",
        audio_codec=None,
        audio_extension="",
        even_size=False,
    ),
    "png-sequence": FormatSpec(
        extension="",
        container="",
        segment_extension="",
        segment_container="",
        audio_codec="pcm_s16le",
        audio_extension=".wav",
        even_size=False,
    ),
}

# Quality to (options, crf). No macroblock tree: its AVX-512 code reads uninitialised memory unless
# the width is a multiple of 128, so that 1080x1920 gave other bytes at every run (x264 165).
_H264: Mapping[Quality, tuple[dict[str, str], int]] = {
    "draft": ({"preset": "ultrafast"}, 20),
    "standard": ({"preset": "veryfast", "mbtree": "0"}, 16),
    "high": ({"preset": "medium", "mbtree": "0"}, 12),
}
_H265: Mapping[Quality, tuple[dict[str, str], int]] = {
    "draft": ({"preset": "ultrafast"}, 22),
    "standard": ({"preset": "superfast"}, 18),
    "high": ({"preset": "medium"}, 14),
}
_ONE_THREAD = {"threads": "1"}


def lock_encoder(config: RenderConfig, *, alpha: bool) -> EncoderChoice:
    """
    Choose encoder, pixel format and options for *config*.

    Args:
        config: As the caller asked; its `crf` or `bitrate` outranks its `quality`.
        alpha: The composition is to keep its transparency; formats without it ignore this.
    """
    codec, pixel_format, options, crf = _row(config, alpha=alpha)
    if config.bitrate is not None:
        crf = None
    elif config.crf is not None and crf is not None:
        crf = config.crf
    return EncoderChoice(
        format=config.format,
        codec=codec,
        pixel_format=pixel_format,
        quality=config.quality,
        crf=crf,
        bitrate=config.bitrate if codec in _RATED else None,
        alpha=alpha and pixel_format in _WITH_ALPHA,
        encoder_options=options,
    )


_RATED = ("libx264", "libx265", "libvpx-vp9")
_WITH_ALPHA = ("yuva444p10le", "yuva420p", "bgra", "rgba")


def _row(config: RenderConfig, *, alpha: bool) -> tuple[str, str, dict[str, str], int | None]:
    target: Format = config.format
    match target:
        case "mp4" if config.codec == "h265":
            options, crf = _H265[config.quality]
            return "libx265", "yuv420p", options | {"x265-params": "log-level=error"}, crf
        case "mp4":
            options, crf = _H264[config.quality]
            return "libx264", "yuv420p", options | _ONE_THREAD, crf
        case "mov":
            options = {"profile": "4444", "vendor": "apl0"} | _ONE_THREAD
            return "prores_ks", "yuva444p10le" if alpha else "yuv444p10le", options, None
        case "webm":
            options = {"deadline": "good", "cpu-used": "4", "row-mt": "0"} | _ONE_THREAD
            return "libvpx-vp9", "yuva420p" if alpha else "yuv420p", options, 18
        case "gif":
            return "ffv1", "bgra" if alpha else "bgr0", {"level": "3"} | _ONE_THREAD, None
        case "png-sequence":
            return "png", "rgba" if alpha else "rgb24", {"compression_level": "1"}, None
