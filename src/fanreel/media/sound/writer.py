"""Encode the mix: blocks of samples into a file with one audio track that starts at 0."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from fanreel.media.sound.samples import SOUND_RATE, Samples

_PCM16, _PCM24 = 2**15, 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class _Encoding:
    sample_format: str
    bit_rate: int | None = None
    container_options: dict[str, str] = field(default_factory=dict)


_ENCODINGS = {
    # The edit list that hides AAC's priming counts in movie time: at 1/48000 s it is exact.
    "aac": _Encoding(
        sample_format="fltp",
        bit_rate=192_000,
        # The index first, so that a browser plays what it has of a sound that is an output itself.
        container_options={"movie_timescale": str(SOUND_RATE), "movflags": "+faststart"},
    ),
    "libmp3lame": _Encoding(sample_format="fltp", bit_rate=192_000),
    "pcm_s16le": _Encoding(sample_format="s16"),
    "pcm_s24le": _Encoding(sample_format="s32"),
    "libopus": _Encoding(sample_format="flt", bit_rate=160_000),
}
_MUXERS = {
    ".m4a": "ipod",
    ".mp3": "mp3",
    ".wav": "wav",
    ".webm": "webm",
    ".ogg": "ogg",
    ".mov": "mov",
}


def write_sound(blocks: Iterable[Samples], path: Path, codec: str) -> None:
    """
    Encode *blocks* to *path*, with the same bytes for the same samples.

    Args:
        blocks: Samples × 2, 48 kHz, within full scale.
        path: Its extension decides the container: .m4a, .mp3, .wav, .webm, .ogg, .mov. Appears
            whole or not at all.
        codec: `aac`, `libmp3lame`, `pcm_s16le`, `pcm_s24le` or `libopus`.
    """
    encoding = _ENCODINGS[codec]
    aside = path.with_name(f".{path.name}.partial")
    try:
        with av.open(
            str(aside),
            "w",
            format=_MUXERS[path.suffix],
            options={"fflags": "+bitexact", **encoding.container_options},
        ) as target:
            stream = target.add_stream(codec, rate=SOUND_RATE, layout="stereo")
            assert isinstance(stream, AudioStream)  # noqa: S101 (add_stream() is typed for any)
            stream.codec_context.format = encoding.sample_format
            stream.codec_context.flags |= av.codec.context.Flags.bitexact
            if encoding.bit_rate is not None:
                stream.bit_rate = encoding.bit_rate
            position = 0
            for block in blocks:
                frame = _frame(block, encoding.sample_format)
                frame.sample_rate, frame.pts = SOUND_RATE, position
                frame.time_base = Fraction(1, SOUND_RATE)
                position += len(block)
                target.mux(stream.encode(frame))
            target.mux(stream.encode(None))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _frame(block: Samples, sample_format: str) -> AudioFrame:
    if sample_format == "fltp":
        return AudioFrame.from_ndarray(
            np.ascontiguousarray(block.T), format="fltp", layout="stereo"
        )
    if sample_format == "s16":
        # The scale decoders use, so that untouched 16-bit sound comes out bit for bit.
        whole = np.clip(np.rint(block * _PCM16), -_PCM16, _PCM16 - 1).astype(np.int16)
        return AudioFrame.from_ndarray(whole.reshape(1, -1), format="s16", layout="stereo")
    if sample_format == "s32":
        # The encoder keeps the upper 24 bits of each sample.
        fine = np.rint(block.astype(np.float64) * 2**23) * 2**8
        wide = np.clip(fine, -_PCM24, _PCM24 - 2**8).astype(np.int32)
        return AudioFrame.from_ndarray(wide.reshape(1, -1), format="s32", layout="stereo")
    return AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout="stereo")
