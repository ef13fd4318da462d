#!/usr/bin/env python3
"""
Print what encoder settings cost and keep, over the frames of one page.

    bench/encode.py FRAMES                    a lossless video, or a folder of PNG files
    bench/encode.py FRAMES --try "preset=superfast crf=20 x264-params=mbtree=0"
    bench/encode.py FRAMES --conversions      ways from pixels to the encoder's planes instead

CPU is that of this process, in ms a frame; PSNR is against the frames as given, RGB as libav
shows the video by default. The reference row stands for a renderer that captures JPEG frames of
quality 100 and encodes them with x264 medium, crf 16, without B-frames, in one piece.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from PIL import Image

from fanreel.config import RenderConfig
from fanreel.encode.encoders import lock_encoder
from fanreel.encode.pixels import BT709, PixelConverter

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Convert = Callable[[Pixels], av.VideoFrame]
FPS = Fraction(30)
OURS = [
    (RenderConfig.model_validate({"codec": codec, "quality": quality}), False)
    for codec in ("h264", "h265")
    for quality in ("draft", "standard", "high")
] + [(RenderConfig(), True)]
FLAGS = {
    "bilinear": Interpolation.BILINEAR,
    "bicubic": Interpolation.BICUBIC,
    "area": Interpolation.AREA,
    "bilinear, full chroma": Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INP,
    "area, full chroma": Interpolation.AREA | Interpolation.FULL_CHR_H_INP,
    "bicubic, full chroma, accurate": Interpolation.BICUBIC
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row: an encoder, its options, and what it is fed with."""

    name: str
    codec: str
    options: Mapping[str, str]
    convert: Convert
    segment_frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a setting cost and kept."""

    convert_ms: float
    encode_ms: float
    size_bytes: int
    rgb_db: list[float]
    luma_db: list[float]


def load(source: Path, into: Path) -> Pixels:
    """Bring the frames into one array on disk: frames × height × width × 4, BGRx."""
    files = sorted(source.glob("*.png")) if source.is_dir() else [source]
    total = sum(1 for _ in _decoded(files))
    frames: Pixels | None = None
    for index, frame in enumerate(_decoded(files)):
        if frames is None:
            shape = (total, frame.height, frame.width, 4)
            frames = np.memmap(into, dtype=np.uint8, mode="w+", shape=shape)
        frames[index] = frame.to_ndarray(format="bgra")
    if frames is None:
        raise SystemExit(f"no frames in {source}")
    return frames


def _decoded(files: list[Path]) -> Iterator[av.VideoFrame]:
    for file in files:
        with av.open(str(file)) as container:
            yield from container.decode(video=0)


def through_jpeg(frame: Pixels) -> av.VideoFrame:
    """Convert by way of a JPEG file of quality 100, as screenshots often go."""
    data = io.BytesIO()
    rgb = np.ascontiguousarray(frame[..., 2::-1])
    Image.fromarray(rgb).save(data, "JPEG", quality=100, subsampling="4:2:0")
    decoder = av.CodecContext.create("mjpeg", "r")
    packet = av.Packet(data.getvalue())
    decoded = cast("list[av.VideoFrame]", [*decoder.decode(packet), *decoder.decode(None)])
    decoded[0].pict_type = 0  # each JPEG is a key frame, which x264 would obey
    return decoded[0].reformat(
        format="yuv420p",
        src_colorspace=Colorspace.ITU601,
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.BICUBIC,
    )


def settings(frames: Pixels, segment_frames: int, tries: list[str]) -> Iterator[Setting]:
    """Yield the rows: the reference, ours, and those asked for."""
    _, height, width, _ = frames.shape
    convert = PixelConverter(width, height, "yuv420p", "bgr0").convert
    yield Setting(
        name="reference: medium crf 16, JPEG",
        codec="libx264",
        options={"preset": "medium", "crf": "16", "bf": "0", "threads": "2"},
        convert=through_jpeg,
        segment_frames=len(frames),
    )
    for config, drawn in OURS:
        choice = lock_encoder(config, alpha=False, drawn=drawn)
        rate = {} if choice.crf is None else {"crf": str(choice.crf)}
        options = choice.encoder_options | rate
        rated = f"crf {choice.crf}" if rate else f"drawn, qp {options['qp']}"
        yield Setting(
            name=f"{config.codec} {config.quality}, {rated}",
            codec=choice.codec,
            options=options,
            convert=convert,
            segment_frames=segment_frames,
        )
    for text in tries:
        options = dict(item.split("=", 1) for item in text.split())
        codec = options.pop("codec", "libx264")
        options.setdefault("threads", "1")
        yield Setting(
            name=text, codec=codec, options=options, convert=convert, segment_frames=segment_frames
        )


def run(setting: Setting, frames: Pixels, every: int) -> Outcome:
    """Encode all frames and compare one in *every*."""
    packets: list[bytes] = []
    convert_s = encode_s = 0.0
    for start in range(0, len(frames), setting.segment_frames):
        encoder = _encoder(setting, frames.shape[2], frames.shape[1])
        for number, pixels in enumerate(frames[start : start + setting.segment_frames]):
            began = time.process_time()
            frame = setting.convert(pixels)
            converted = time.process_time()
            frame.pts, frame.time_base = number, 1 / FPS
            packets += map(bytes, encoder.encode(frame))
            encode_s += time.process_time() - converted
            convert_s += converted - began
        began = time.process_time()
        packets += map(bytes, encoder.encode(None))
        encode_s += time.process_time() - began
    rgb_db, luma_db = _compare(setting.codec, packets, frames, every)
    return Outcome(
        convert_ms=1000 * convert_s / len(frames),
        encode_ms=1000 * encode_s / len(frames),
        size_bytes=sum(map(len, packets)),
        rgb_db=rgb_db,
        luma_db=luma_db,
    )


def _encoder(setting: Setting, width: int, height: int) -> VideoCodecContext:
    encoder = cast("VideoCodecContext", av.CodecContext.create(setting.codec, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = 1 / FPS, FPS
    encoder.gop_size = min(setting.segment_frames, 250)
    encoder.color_primaries = encoder.color_trc = encoder.colorspace = BT709
    encoder.color_range = 1
    encoder.options = dict(setting.options)
    return encoder


def _compare(
    codec: str, packets: list[bytes], frames: Pixels, every: int
) -> tuple[list[float], list[float]]:
    name = {"libx264": "h264", "libx265": "hevc", "libvpx-vp9": "vp9"}[codec]
    decoder = cast("VideoCodecContext", av.CodecContext.create(name, "r"))
    to_planes = PixelConverter(frames.shape[2], frames.shape[1], "yuv420p", "bgr0")
    rgb_db, luma_db = [], []
    chunks = [*(av.Packet(packet) for packet in packets), None]
    shown = (frame for chunk in chunks for frame in decoder.decode(chunk))
    for number, frame in enumerate(shown):
        if number % every == 0:
            rgb = np.asarray(frame.to_ndarray(format="rgb24"))
            rgb_db.append(psnr(rgb, frames[number][..., 2::-1]))
            luma_db.append(psnr(_luma(frame), _luma(to_planes.convert(frames[number]))))
    return rgb_db, luma_db


def _luma(frame: av.VideoFrame) -> Pixels:
    plane = frame.planes[0]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[
        :, : plane.width
    ]


def psnr(one: Any, other: Any) -> float:
    """Return the peak signal-to-noise ratio in dB; 99 if equal."""
    difference = (one.astype(np.int16) - other).ravel().astype(np.float32)
    error = float(np.dot(difference, difference)) / difference.size
    return min(99.0, float(10 * np.log10(255**2 / error))) if error else 99.0


def print_settings(frames: Pixels, segment_frames: int, every: int, tries: list[str]) -> None:
    """Print the table of encoders."""
    print(f"{len(frames)} frames, segments of {segment_frames}, every {every}th compared")
    print(f"{'':42} CPU ms/frame           RGB dB        luma dB")
    print(f"{'':42} convert encode   MB    mean    min    mean    min")
    for setting in settings(frames, segment_frames, tries):
        got = run(setting, frames, every)
        print(
            f"{setting.name[:42]:42} {got.convert_ms:7.1f} {got.encode_ms:6.1f}"
            f" {got.size_bytes / 1e6:6.2f}  {np.mean(got.rgb_db):6.2f} {min(got.rgb_db):6.2f}"
            f"  {np.mean(got.luma_db):6.2f} {min(got.luma_db):6.2f}",
            flush=True,
        )


def print_conversions(frames: Pixels, every: int) -> None:
    """Print the table of conversions."""
    print(f"{'swscale flags':34} CPU ms/frame  RGB dB there and back")
    for name, flags in FLAGS.items():
        reformatter = VideoReformatter()
        took_s, kept_db = 0.0, []
        for pixels in frames[::every]:
            wrapped = av.VideoFrame.from_numpy_buffer(pixels, "bgra")
            began = time.process_time()
            frame = reformatter.reformat(
                wrapped,
                format="yuv420p",
                src_colorspace=Colorspace.ITU709,
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
                interpolation=flags,
                threads=1,
            )
            took_s += time.process_time() - began
            kept_db.append(psnr(np.asarray(frame.to_ndarray(format="rgb24")), pixels[..., 2::-1]))
        print(f"{name:34} {1000 * took_s / len(kept_db):12.1f}  {np.mean(kept_db):6.2f}")


def main() -> None:
    """Read the command line and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("frames", type=Path)
    parser.add_argument("--segment", type=int, default=75, help="frames a closed GOP")
    parser.add_argument("--every", type=int, default=5, help="compare one frame in so many")
    parser.add_argument("--try", dest="tries", action="append", default=[], metavar="OPTIONS")
    parser.add_argument("--conversions", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        frames = load(arguments.frames, Path(folder) / "frames")
        if arguments.conversions:
            print_conversions(frames, arguments.every)
        else:
            print_settings(frames, arguments.segment, arguments.every, arguments.tries)


if __name__ == "__main__":
    main()
