"""
What libav is asked for: encoder, pixel format and options, for each format and quality.

Nothing else in fanreel names an encoder or one of its options. The options are locked into the
plan, so all workers encode alike: the thread count is a constant and never the machine's, since
x264 and x265 make different bytes with different thread counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fanreel.config import RenderConfig
from fanreel.configuration.fields import Quality
from fanreel.errors import InvalidConfig
from fanreel.formats import FORMATS, Format

Padding = tuple[int, int]
"""Columns added at the right and rows added at the bottom of a picture."""
NO_PADDING: Padding = (0, 0)
_MOST_PX = 8192  # 8K, and what players and encoders agree on


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
    hdr: bool
    """BT.2020 primaries and HLG transfer in 10 bits, instead of BT.709 in 8."""
    encoder_options: dict[str, str]

    def check_size(self, width: int, height: int) -> None:
        """
        Refuse a frame size in pixels that no player or encoder holds.

        Raises:
            InvalidConfig: Larger than 8K. Terminal.
        """
        if max(width, height) > _MOST_PX:
            raise InvalidConfig(
                f"an output of {width}x{height}: allowed: at most {_MOST_PX} pixels a side; "
                "choose a smaller output resolution",
                width=width,
                height=height,
            )

    def padding(self, width: int, height: int) -> Padding:
        """Return the columns and rows to add to a frame of this size, for the format to hold it."""
        return (width % 2, height % 2) if FORMATS[self.format].even_size else NO_PADDING


@dataclass(frozen=True, slots=True)
class _Row:
    codec: str
    pixel_format: str
    crf: int | None
    options: dict[str, str]


def lock_encoder(config: RenderConfig, *, alpha: bool, drawn: bool = False) -> EncoderChoice:
    """
    Choose encoder, pixel format and options for *config*.

    Args:
        config: As the caller asked; its `crf` or `bitrate` outranks its `quality`.
        alpha: The composition is to keep its transparency; formats without it ignore this.
        drawn: The composition is text, shapes and pictures, without video and WebGL, whose every
            pixel may be another at each frame; and they become no larger at a constant quantiser.
    """
    row = _row(config, alpha=alpha, drawn=drawn)
    rated = row.crf is not None
    crf = config.crf if rated and config.crf is not None else row.crf
    return EncoderChoice(
        format=config.format,
        codec=row.codec,
        pixel_format=row.pixel_format,
        quality=config.quality,
        crf=None if config.bitrate is not None else crf,
        bitrate=config.bitrate if rated else None,
        alpha=alpha and FORMATS[config.format].alpha,
        hdr=config.hdr_mode == "force-hdr",
        encoder_options=row.options | _ONE_THREAD,
    )


def _row(config: RenderConfig, *, alpha: bool, drawn: bool) -> _Row:
    target: Format = config.format
    match target:
        case "mp4":
            return _mp4_row(config, drawn=drawn)
        case "mov":
            return _PRORES_ALPHA if alpha else _PRORES
        case "webm":
            row = _VP9[config.quality]
            return replace(row, pixel_format="yuva420p") if alpha else row
        case "gif":
            return _LOSSLESS_ALPHA if alpha else _LOSSLESS
        case "png-sequence":
            return _PNG_ALPHA if alpha else _PNG
        case "wav" | "m4a" | "mp3":
            return _NO_PICTURES


def _mp4_row(config: RenderConfig, *, drawn: bool) -> _Row:
    if config.hdr_mode == "force-hdr":
        return replace(_H265[config.quality], pixel_format="yuv420p10le")
    if config.codec == "h265":
        return _H265[config.quality]
    rated = config.crf is not None or config.bitrate is not None
    if drawn and not rated and config.quality == "standard":
        return _H264_DRAWN
    return _H264[config.quality]


_ONE_THREAD = {"threads": "1"}
CHROMA_CENTER = 1
"""A chroma sample sits amid its four pixels; in the numbering of H.264's and HEVC's headers."""


def _x264(preset: str, crf: int, **params: object) -> _Row:
    options = {"preset": preset, "x264-params": _x264_params(**params)}
    return _Row("libx264", "yuv420p", crf, options)


def _x264_params(**params: object) -> str:
    # No macroblock tree: its AVX-512 code reads uninitialised memory unless the width is a
    # multiple of 128, so that 1080x1920 gave other bytes at every run (x264 165).
    # cpu-independent: without it SSE, AVX and plain C may take different decisions.
    # force-cfr: frames are as long as the rate says. Unless told, x264 waits with each picture for
    # the next one's time, and so keeps one more: 3.4 MB a worker at 1080p, 13 MB at 4K.
    fixed = {
        "mbtree": 0,
        "cpu-independent": 1,
        "b-pyramid": "none",
        "chromaloc": CHROMA_CENTER,
        "force-cfr": 1,
    }
    params = fixed | {"ipratio": 2, "pbratio": 1.5} | params
    return ":".join(f"{name.replace('_', '-')}={value}" for name, value in params.items())


# What ultrafast leaves out and pays for itself: CABAC, 8x8 transform, half-pel refinement, a mild
# loop filter, and adaptive quantisation, without which gradients show blocks. Two B-frames would
# give 0.2 dB of RGB at the same size on the gsap bench and nothing on the video one, and hold
# 26 MB more a worker.
# gsap bench, segments of 75 frames, CPU a frame (`bench/encode.py`): ultrafast crf 26 4.8 ms,
# 3.6 MB, luma 50.1 dB; standard 9.6 ms, 2.8 MB, 50.1 dB; superfast crf 22 11.4 ms, 3.4 MB, 50.9 dB;
# medium crf 16 with macroblock tree 48 ms, 2.7 MB, 52.7 dB.
_LEAN = {
    "cabac": 1,
    "8x8dct": 1,
    "partitions": "i8x8,i4x4",
    "bframes": 0,
    "deblock": "-1,-1",
    "aq_mode": 1,
    "aq_strength": 0.8,
    "qcomp": 0.7,
}
_H264: Mapping[Quality, _Row] = {
    "draft": _x264("ultrafast", 28, **_LEAN, subme=0),
    "standard": _x264("ultrafast", 23, **_LEAN, subme=2),
    "high": _x264("fast", 17, bframes=2, b_adapt=0, no_psy=1, aq_strength=0.5),
}


def _rising(size: int, rise: float) -> str:
    """Return a matrix of quantisers, row by row, from 8 (16 is flat) for what varies least."""
    return ",".join(f"{8 + rise * (x + y):.0f}" for y in range(size) for x in range(size))


# A rate factor has x264 look at each frame twice, at half size first, and adaptive quantisation at
# every block: half of its time. Drawn pictures need neither at a constant quantiser, if gradients
# and dark flats get by other means what they got from it: finer steps for what varies little over
# a block, and small differences that are not rounded away.
# gsap bench, segments of 75 frames: 6.1 for 10.7 ms, luma 51.3 for 50.3 dB, 2.9 for 2.8 MB; dark
# gradients 52.0 for 51.5 dB at two thirds of the size. Video would grow, and keeps the rate factor.
_DRAWN = {
    "aq_mode": 0,
    "subme": 1,
    "deadzone_inter": 11,
    "deadzone_intra": 8,
    "no_dct_decimate": 1,
    "cqm4": _rising(4, 2.4),
    "cqm8": _rising(8, 1.2),
}
_H264_DRAWN = _Row(
    "libx264",
    "yuv420p",
    None,
    {"preset": "ultrafast", "qp": "25", "x264-params": _x264_params(**(_LEAN | _DRAWN))},
)


def _x265(preset: str, crf: int) -> _Row:
    # Thread pools and wavefronts are off and the settings are not written into the stream, both
    # of which would follow the machine.
    fixed = "log-level=error:info=0:pools=none:frame-threads=1:wpp=0"
    params = f"{fixed}:chromaloc={CHROMA_CENTER}"
    return _Row("libx265", "yuv420p", crf, {"preset": preset, "x265-params": params})


# 30, 40 and 52 ms of CPU a frame for 1.4, 2.1 and 2.6 MB on the same bench.
_H265: Mapping[Quality, _Row] = {
    "draft": _x265("ultrafast", 22),
    "standard": _x265("superfast", 17),
    "high": _x265("faster", 15),
}


def _vp9(deadline: str, speed: int, crf: int) -> _Row:
    # Alternate reference frames would shut out alpha; a bitrate of 0 makes the crf the only rule.
    options = {"deadline": deadline, "cpu-used": str(speed), "b": "0"}
    fixed = {"lag-in-frames": "0", "auto-alt-ref": "0", "row-mt": "0"}
    return _Row("libvpx-vp9", "yuv420p", crf, options | fixed)


# 13, 17 and 120 ms of CPU a frame without alpha, nearly twice that with.
_VP9: Mapping[Quality, _Row] = {
    "draft": _vp9("realtime", 8, 34),
    "standard": _vp9("realtime", 5, 26),
    "high": _vp9("good", 4, 20),
}

# Profile 4 is 4444. prores_aw takes 64 ms for 57.9 dB, prores_ks 210 ms for 56.3 dB, equally large.
_PRORES_ALPHA = _Row("prores_aw", "yuva444p10le", None, {"profile": "4", "vendor": "apl0"})
_PRORES = replace(_PRORES_ALPHA, pixel_format="yuv444p10le")

# GIF needs one palette over the whole timeline, so its segments are kept without loss: 14 ms and
# 0.3 MB a frame, with alpha 18 ms and 1.2 MB; FFV1 would take 85 ms.
_LOSSLESS = _Row("libx264rgb", "bgr0", None, {"preset": "ultrafast", "qp": "0"})
_LOSSLESS_ALPHA = _Row("qtrle", "argb", None, {})

# Level 1: 38 ms and 1.1 MB a frame; the default 6 takes 210 ms for 0.7 MB.
_PNG_ALPHA = _Row("png", "rgba", None, {"compression_level": "1", "pred": "sub"})
_PNG = replace(_PNG_ALPHA, pixel_format="rgb24")
_NO_PICTURES = _Row("", "", None, {})
