"""Synthetic frames, plans and readers that the encoding tests share."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
from av.video.reformatter import Colorspace, Interpolation

from fanreel.config import RenderConfig
from fanreel.encode.encoders import lock_encoder
from fanreel.encode.mark import SegmentMark
from fanreel.encode.segment import SegmentWriter
from fanreel.files import plan_dir as plans
from fanreel.files.plan_dir import LockedRenderConfig, PlanManifest, Versions
from fanreel.files.plan_reading import write_json
from fanreel.formats import FORMATS

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

WIDTH, HEIGHT = 192, 108
PLAN_HASH = "5f" * 32
Frame = np.ndarray[Any, np.dtype[np.uint8]]


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> Frame:
    """Return an opaque RGB picture, different for every frame: a gradient and a moving box."""
    rows, columns = np.mgrid[0:height, 0:width]
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[..., 0] = columns * 255 // width
    rgb[..., 1] = rows * 255 // height
    rgb[..., 2] = 60
    left = (8 + 3 * number) % (width - 40)
    rgb[20:60, left : left + 32] = (250, 200, 40)
    return rgb


def bgr0(rgb: Frame) -> Frame:
    """Return a picture as the opaque engine does, with rubbish in the unused byte."""
    return np.dstack([rgb[..., ::-1], np.full(rgb.shape[:2], 77, np.uint8)]).copy()


def opaque(number: int) -> Frame:
    """Return a picture as RGBA with nothing see-through."""
    rgb = picture(number)
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]).copy()


def translucent(number: int, width: int = WIDTH, height: int = HEIGHT) -> Frame:
    """Return a straight-alpha RGBA picture: opaque left, half see-through middle, clear right."""
    alpha = np.zeros((height, width), np.uint8)
    alpha[:, : width // 3] = 255
    alpha[:, width // 3 : 2 * width // 3] = 128
    return np.dstack([picture(number, width, height), alpha]).copy()


def locked_config(
    config: RenderConfig, *, alpha: bool = False, gop: int = 12
) -> LockedRenderConfig:
    """Lock *config* for the test pictures' size, as planning does."""
    choice = lock_encoder(config, alpha=alpha)
    return LockedRenderConfig(
        format=choice.format,
        codec=choice.codec,
        pixel_format=choice.pixel_format,
        quality=choice.quality,
        crf=choice.crf,
        bitrate=choice.bitrate,
        encoder_options=choice.encoder_options,
        gop=gop,
        engine="screenshot" if alpha else "xvfb",
        alpha=choice.alpha,
        hdr=choice.hdr,
        webgl=False,
        device_scale_factor=1.0,
        output_width=WIDTH,
        output_height=HEIGHT,
    )


def write_segment(
    directory: Path,
    locked: LockedRenderConfig,
    frames: range,
    *,
    fps: Fraction = Fraction(30),
    plan_hash: str = PLAN_HASH,
) -> Path:
    """Encode test pictures *frames* as one segment."""
    suffix = FORMATS[locked.format].segment_extension
    path = directory / f"{frames.start:08d}-{frames.stop:08d}{suffix}"
    mark = SegmentMark(plan_hash=plan_hash, start_frame=frames.start)
    with SegmentWriter(
        path, locked, fps, pixels="rgba" if locked.alpha else "bgr0", mark=mark
    ) as segment:
        for number in frames:
            pixels = translucent(number) if locked.alpha else bgr0(picture(number))
            segment.write(segment.convert(pixels))
    return path


def write_plan(
    plan_dir: Path,
    locked: LockedRenderConfig,
    total_frames: int,
    *,
    fps: Fraction = Fraction(30),
    audio_path: str | None = None,
) -> Path:
    """Write the two files of a plan that assembling reads."""
    manifest = PlanManifest(
        plan_hash=PLAN_HASH,
        versions=Versions(fanreel="0", chromium="0", libav="0", architecture="x86_64"),
        total_frames=total_frames,
        fps=fps,
        width=WIDTH,
        height=HEIGHT,
        format=locked.format,
        has_audio=audio_path is not None,
        audio_path=audio_path,
        chunk_count=1,
        segment_frames=locked.gop,
        artifacts=(),
    )
    write_json(plan_dir / plans.MANIFEST, manifest.to_json())
    write_json(plan_dir / plans.ENCODER, locked.to_json())
    return plan_dir


def decode(path: Path, pixel_format: str = "rgb24", decoder: str | None = None) -> list[Frame]:
    """Decode every frame of a video, or a picture; *decoder* is libav's name of another one."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        if decoder is not None:
            context = cast("VideoCodecContext", av.CodecContext.create(decoder, "r"))
            context.extradata = stream.codec_context.extradata
            context.codec_tag = stream.codec_context.codec_tag
        packets = [packet if packet.size else None for packet in container.demux(stream)]
        frames = [frame for packet in packets for frame in context.decode(packet)]
        return [_pixels(frame, pixel_format) for frame in frames]


def _pixels(frame: av.VideoFrame, pixel_format: str) -> Frame:
    # ProRes says its matrix, but libav's decoder leaves the range out.
    matrix = None if frame.format.is_rgb else Colorspace.ITU709
    shown = frame.reformat(
        format=pixel_format,
        src_colorspace=matrix,
        dst_colorspace=matrix,
        interpolation=Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT,
    )
    return np.asarray(shown.to_ndarray(), np.uint8)


def psnr(left: Frame, right: Frame) -> float:
    """Return the peak signal-to-noise ratio in dB; infinite if equal."""
    error = np.mean((left.astype(np.float64) - right.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
