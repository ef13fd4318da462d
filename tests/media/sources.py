"""Media files that the tests make with libav: numbered pictures, tones and clicks."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame

Picture = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.float32]

BITS = 8
CELL = 16
WIDTH, HEIGHT = BITS * CELL, 4 * CELL


def numbered(number: int) -> Picture:
    """Return a picture, height × width × 3 RGB, that says its number in black and white cells."""
    cells = [255 if number >> bit & 1 else 0 for bit in range(BITS)]
    row = np.repeat(np.array(cells, np.uint8), CELL)
    return np.repeat(np.tile(row, (HEIGHT, 1))[:, :, np.newaxis], 3, axis=2)


def read_number(luma: npt.NDArray[Any]) -> int:
    """Read the number off the brightness of a picture, height × width, upright."""
    height, width = luma.shape
    row = luma[height // 2]
    cell = width // BITS
    return sum(1 << bit for bit in range(BITS) if row[bit * cell + cell // 2] > 128)


def write_numbered(path: Path, count: int, **options: Any) -> Path:
    """Write the pictures of the numbers below *count*; see `write_video()`."""
    return write_video(path, map(numbered, range(count)), **options)


def write_video(
    path: Path,
    pictures: Iterable[Picture],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    fps: Fraction = Fraction(30),
    stamps: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    turn: tuple[float, bool, bool] | None = None,
    sample_aspect: Fraction | None = None,
    colour: tuple[int, int, int, int] | None = None,
    sound: Sound | None = None,
    sound_codec: str = "aac",
) -> Path:
    """
    Write a video file.

    Args:
        path: Its extension decides the container.
        pictures: height × width × 3 or 4, RGB(A).
        codec: libav encoder.
        pixel_format: What is encoded.
        fps: Nominal rate.
        stamps: Presentation times in *time_base* units; None: one per 1 / fps.
        time_base: Of *stamps*.
        options: For the encoder.
        container_options: For the muxer.
        turn: Display rotation in degrees counterclockwise, horizontal flip, vertical flip.
        sample_aspect: Of stored pixels.
        colour: Matrix, primaries, transfer, range in libav's numbers; pixels are made to match.
        sound: samples × channels, 48 kHz.
        sound_codec: libav encoder.
    """
    with av.open(str(path), "w", options=container_options or {}) as target:
        stream: Any = target.add_stream(codec, rate=fps, options=options or {})
        audio = _add_sound(target, sound_codec, sound)
        tick = time_base or 1 / fps
        stream.codec_context.time_base = tick
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = pixel_format
                if turn is not None:
                    stream.set_display_rotation(*turn)
                if sample_aspect is not None:
                    stream.codec_context.sample_aspect_ratio = sample_aspect
                if colour is not None:
                    context = stream.codec_context
                    context.colorspace, context.color_primaries = colour[0], colour[1]
                    context.color_trc, context.color_range = colour[2], colour[3]
            frame = to_frame(picture, pixel_format, colour)
            frame.pts = stamps[number] if stamps is not None else number
            frame.time_base = tick
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
        if audio is not None and sound is not None:
            _encode_sound(target, audio, sound)
    return path


def to_frame(
    picture: Picture, pixel_format: str, colour: tuple[int, int, int, int] | None = None
) -> VideoFrame:
    """Convert RGB(A) to a frame in *pixel_format*, by *colour*'s matrix and range."""
    frame = VideoFrame.from_ndarray(picture, format="rgba" if picture.shape[2] == 4 else "rgb24")
    if colour is None:
        return frame.reformat(format=pixel_format)
    converted = frame.reformat(
        format=pixel_format, dst_colorspace=colour[0], dst_color_range=colour[3]
    )
    converted.colorspace, converted.color_range = colour[0], colour[3]
    converted.color_primaries, converted.color_trc = colour[1], colour[2]
    return converted


def write_sound_file(
    path: Path,
    sound: Sound,
    *,
    codec: str = "pcm_s16le",
    rate: int = 48_000,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write *sound*, samples × channels, to a file of its own."""
    with av.open(str(path), "w", options=container_options or {}) as target:
        audio = _add_sound(target, codec, sound, rate)
        assert audio is not None
        _encode_sound(target, audio, sound, rate)
    return path


def read_samples(path: Path) -> Sound:
    """Decode a sound file as a player does: samples × channels."""
    with av.open(str(path)) as source:
        pieces = []
        convert = av.AudioResampler(format="flt")
        for frame in source.decode(source.streams.audio[0]):
            pieces += [
                part.to_ndarray().reshape(-1, part.layout.nb_channels)
                for part in convert.resample(frame)
            ]
    return np.concatenate(pieces) if pieces else np.zeros((0, 2), np.float32)


def tone(
    seconds: float, hertz: float = 440, level: float = 0.5, channels: int = 2, rate: int = 48_000
) -> Sound:
    """Return a sine."""
    wave = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave.astype(np.float32)[:, np.newaxis], channels, axis=1)


def clicks(seconds: float, at: Sequence[float], channels: int = 2, rate: int = 48_000) -> Sound:
    """Return silence with a square pulse of 10 ms beginning at each of the times *at*."""
    wave = np.zeros((round(seconds * rate), channels), np.float32)
    for start in at:
        first = round(start * rate)
        wave[first : first + rate // 100] = 0.5
    return wave


def onset(sound: Sound, threshold: float = 0.25) -> int:
    """Return the first sample louder than *threshold*."""
    return int(np.argmax(np.abs(sound).max(axis=1) > threshold))


def _add_sound(
    target: Any, codec: str, sound: Sound | None, rate: int = 48_000
) -> AudioStream | None:
    if sound is None:
        return None
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[sound.shape[1]]
    stream: AudioStream = target.add_stream(codec, rate=rate, layout=layout)
    return stream


def _encode_sound(target: Any, stream: AudioStream, sound: Sound, rate: int = 48_000) -> None:
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[sound.shape[1]]
    convert = av.AudioResampler(format=stream.codec_context.format.name, layout=layout, rate=rate)
    for start in range(0, len(sound), 4800):
        piece = np.ascontiguousarray(sound[start : start + 4800])
        frame = AudioFrame.from_ndarray(piece.reshape(1, -1), format="flt", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        for part in convert.resample(frame):
            target.mux(stream.encode(part))
    target.mux(stream.encode(None))
