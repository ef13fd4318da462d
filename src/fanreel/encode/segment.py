"""Frames in, one independently encoded segment out."""

import contextlib
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

import av
import numpy as np
from av.codec.context import Flags
from av.video.stream import VideoStream

from fanreel.encode.hdr import BT2020, HLG, HlgConverter
from fanreel.encode.mark import SegmentMark
from fanreel.encode.padding import padded
from fanreel.encode.pixels import BT709, PixelConverter, Pixels
from fanreel.encode.png_frames import PngSink
from fanreel.files.aside import naming_write_errors, written_aside
from fanreel.files.plan_dir import LockedRenderConfig
from fanreel.formats import FORMATS

if TYPE_CHECKING:
    from av.packet import Packet  # generic for the type checker only
    from av.stream import Stream


# Frames by which decoding may run ahead of showing, which libav's wrapper does not tell: two with
# one level of B-frame pyramid.
_X265_REORDER_DEPTH = 2
_INTRA = frozenset({"prores_aw"})
"""Encoders whose packets are pictures by themselves: the same for the same frame."""


class _Sink(Protocol):
    def encode(self, frame: av.VideoFrame, number: int) -> None: ...
    def close(self) -> None: ...


class SegmentWriter:
    """
    Writes one segment: a single-track container, or for png-sequence a directory of frames.

    Used as a context manager; the segment appears at *path* when the block ends well, and never
    otherwise. The same frames, configuration and mark give the same bytes.

    Args:
        path: Where the segment appears; its directory is made.
        locked: How to encode, from the plan.
        fps: Frame rate.
        pixels: Layout of the frames that will be written; HDR has one layout only.
        mark: Plan and position, kept in the segment so that it cannot be taken for another's.
    Raises:
        DiskFull: There is no room left. Retryable.
        InvalidConfig: The place cannot be written to. Terminal.
    """

    def __init__(
        self,
        path: Path,
        locked: LockedRenderConfig,
        fps: Fraction,
        *,
        pixels: Pixels,
        mark: SegmentMark,
    ) -> None:
        self.path = path
        self.frames = 0
        """Frames written so far."""
        self._locked = locked
        self._fps = fps
        self._mark = mark
        self._aside: AbstractContextManager[Path] = written_aside(path)
        size = locked.output_width, locked.output_height
        converter = (
            HlgConverter(*size)
            if locked.hdr
            else PixelConverter(*size, locked.pixel_format, pixels)
        )
        self._convert = padded(converter.convert, *size, locked.padding)
        self._sink: _Sink | None = None

    def __enter__(self) -> Self:
        aside = self._aside.__enter__()
        try:
            with naming_write_errors(self.path):
                self._sink = self._open(aside)
        except BaseException as exc:
            self._aside.__exit__(type(exc), exc, exc.__traceback__)
            raise
        return self

    def convert(self, picture: np.ndarray[Any, np.dtype[Any]]) -> av.VideoFrame:
        """
        Return a picture as the encoder takes it, at the output's size; it shares no memory with it.

        Args:
            picture: height × width × 4, 8 bit, sRGB; for HDR height × width × 3, 16 bit, HLG
                R'G'B' of BT.2020.
        """
        return self._convert(picture)

    def write(self, frame: av.VideoFrame) -> None:
        """Append a frame that `convert()` gave; it may be called on another thread."""
        if self._sink is None:
            raise ValueError("frames can be written only inside the with block")
        with naming_write_errors(self.path):
            self._sink.encode(frame, self.frames)
        self.frames += 1

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sink, self._sink = self._sink, None
        try:
            if sink is not None:
                # After an error too: libav has to let go of the file before it is removed.
                with contextlib.suppress(Exception) if exc else naming_write_errors(self.path):
                    sink.close()
        except BaseException as failure:
            self._aside.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._aside.__exit__(exc_type, exc, traceback)

    def _open(self, aside: Path) -> _Sink:
        if not FORMATS[self._locked.format].segment_container:
            return PngSink(aside, self._locked, self._mark)
        return _ContainerSink(aside, self._locked, self._fps, self._mark)


class _ContainerSink:
    """One encoder feeding one single-track container."""

    def __init__(
        self, path: Path, locked: LockedRenderConfig, fps: Fraction, mark: SegmentMark
    ) -> None:
        self._time_base = 1 / fps
        self._packets = 0
        self._is_intra = locked.codec in _INTRA
        self._last: tuple[av.VideoFrame, bytes] | None = None
        self._container = av.open(
            str(path),
            "w",
            format=FORMATS[locked.format].segment_container,
            # No encoder version string and no dates: bytes depend on the frames only.
            container_options={"fflags": "+bitexact"},
        )
        self._container.metadata["comment"] = mark.to_text()
        self._stream = cast(
            "VideoStream",
            self._container.add_stream(locked.codec, rate=fps, options=encoder_options(locked)),
        )
        configure(self._stream, locked, fps)
        context = self._stream.codec_context
        context.open()
        self._delay = _X265_REORDER_DEPTH if locked.codec == "libx265" else context.reorder_depth

    def encode(self, frame: av.VideoFrame, number: int) -> None:
        if self._last is not None and self._last[0] is frame:
            self._mux([self._again(self._last[1], number)])
            return
        frame.pts = number
        frame.time_base = self._time_base
        packets = self._stream.encode(frame)
        if self._is_intra and len(packets) == 1:
            self._last = frame, bytes(packets[0])
        self._mux(packets)

    def _again(self, data: bytes, number: int) -> "Packet[Stream]":
        """Return what an encoder of single pictures makes of the same frame as frame *number*."""
        packet = av.Packet(data)
        packet.stream, packet.time_base = self._stream, self._time_base
        packet.pts, packet.duration, packet.is_keyframe = number, 1, True
        return packet

    def close(self) -> None:
        try:
            self._mux(self._stream.encode(None))
        finally:
            self._container.close()

    def _mux(self, packets: "list[Packet[Stream]]") -> None:
        for packet in packets:
            # x265 leaves it undefined in a segment shorter than its delay.
            packet.dts = self._packets - self._delay
            self._packets += 1
            self._container.mux_one(packet)


def encoder_options(locked: LockedRenderConfig) -> dict[str, str]:
    """Return all options of the libav encoder, the rate control included."""
    options = dict(locked.encoder_options)
    if locked.crf is not None:
        options["crf"] = str(locked.crf)
    if locked.bitrate is not None:
        options["b"] = str(bits_per_second(locked.bitrate))
    return options


def bits_per_second(bitrate: str) -> int:
    """
    Read a bitrate as `RenderConfig` spells it.

    >>> bits_per_second("2.5M")
    2500000
    """
    factor = {"k": 1000, "M": 1_000_000}.get(bitrate[-1])
    return int(Fraction(bitrate[:-1]) * factor) if factor else int(Fraction(bitrate))


def configure(stream: VideoStream, locked: LockedRenderConfig, fps: Fraction) -> None:
    """Set size, pixel format, colour tags and closed GOPs on a stream before its encoder opens."""
    stream.width = locked.output_width
    stream.height = locked.output_height
    stream.pix_fmt = locked.pixel_format
    stream.time_base = 1 / fps
    context = stream.codec_context
    context.time_base = 1 / fps
    context.gop_size = locked.gop
    context.flags |= Flags.closed_gop | Flags.bitexact
    if locked.codec == "libx265":
        context.codec_tag = "hvc1"  # with libav's default, hev1, Apple's players show nothing
    if locked.hdr:
        context.color_primaries = context.colorspace = BT2020
        context.color_trc = HLG
        context.color_range = 1
    elif locked.pixel_format.startswith("yuv"):
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = 1
