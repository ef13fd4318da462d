"""Decoded frames of one video stream, by number and in any order."""

import json
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from fanreel.media.blocks import FRAMES, BlockFile
from fanreel.media.opening import open_media, unreadable
from fanreel.media.presentation import Presentation, read_presentation
from fanreel.media.time_limit import WHOLE_S, timed

if TYPE_CHECKING:
    from av.packet import Packet  # generic only in its stub

# Two decode as fast as more where two chunks share a machine, and hold fewer frames.
DECODER_THREADS = 2
# Decoding a few frames costs less than seeking and filling the decoder's pipeline again.
_SEEK_FROM_PACKETS = 8
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


MOST_READ_AHEAD = 64
"""Packets that a decoder takes before it gives a frame, at most: reordering, and its threads."""


def kept_presentation(path: Path) -> Presentation | None:
    """Return the presentation that lies with a file's blocks."""
    kept = path / FRAMES
    return Presentation.from_json(json.loads(kept.read_bytes())) if kept.is_file() else None


def picture_stream(container: InputContainer) -> VideoStream | None:
    """Return the stream whose picture a browser would show; never cover art."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    usual = [s for s in streams if s.disposition & Disposition.default]
    return next(iter(usual or streams), None)


def stores_alpha_beside(stream: VideoStream) -> bool:
    """Tell whether the stream is VP8 or VP9 with its alpha in each packet's side data."""
    # Where it is a tag, and not only a field of the track, Matroska upper-cases its name.
    tags = {name.lower(): value for name, value in stream.metadata.items()}
    return tags.get("alpha_mode") == "1" and stream.codec_context.name in _ALPHA_DECODERS


class StreamReader:
    """
    Frames of a file's video stream, decoded by libav.

    Reading forwards decodes each frame once; anything else seeks to the key frame before it. The
    same number gives the same picture whatever was read before. Not thread-safe.

    Args:
        path: The file.
        presentation: As another reader of the same file found it; saves reading every packet.
        blocks: What the file is read through; None opens it.
    Raises:
        NotMedia, MediaUnreadable: As `open_media()`; also when no frame can be decoded.
    """

    def __init__(
        self,
        path: Path,
        presentation: Presentation | None = None,
        blocks: BlockFile | None = None,
    ) -> None:
        self._path, self._blocks = path, blocks
        self._container, self._stream, self._decoder = self._open()
        presentation = presentation or kept_presentation(path) or self._read_presentation()
        self.presentation = presentation
        self._by_stamp: dict[tuple[int | None, int | None], int] = {
            (p.pts, p.dts): i for i, p in enumerate(presentation.packets)
        }
        self._rank = {pts: i for i, pts in enumerate(presentation.pts)}
        self._frames: Iterator[VideoFrame] = iter(())
        self._start = 0
        self._fed = len(presentation.packets)  # the container stands at its end
        self._shown: tuple[int, VideoFrame] | None = None
        self._ahead: tuple[int, VideoFrame] | None = None

    @property
    def sample_aspect(self) -> Fraction | None:
        """Width of a stored pixel over its height; None if square or unsaid."""
        return self._stream.sample_aspect_ratio or None

    @property
    def codec(self) -> str:
        """The codec, by the name libav gives it."""
        return self._stream.codec_context.name

    def close(self) -> None:
        """Free decoder and file."""
        self._container.close()

    def forward_cost(self, index: int) -> int | None:
        """Return the frames to decode to reach *index* without a seek; None if it needs one."""
        if self._shown is None or index < self._shown[0]:
            return None
        key = self.presentation.key_packet(index)
        ahead = key - self._fed
        return None if ahead > _SEEK_FROM_PACKETS else index - self._shown[0]

    def read(self, index: int) -> VideoFrame:
        """
        Decode frame *index*; a frame that cannot be decoded is the last one before it that can.

        Raises:
            MediaUnreadable: There is none. Terminal.
        """
        if self.forward_cost(index) is None:
            self._start_at(self.presentation.key_packet(index))
        frame = self._advance(index)
        while frame is None and self._start > 0:
            # The key frame was not one (damaged, or gradual refresh): begin further back.
            self._start_at(max((k for k in self.presentation.keys if k < self._start), default=0))
            frame = self._advance(index)
        frame = frame or (self._ahead[1] if self._ahead else None)
        if frame is None:
            raise unreadable(self._path, f"no picture can be decoded for frame {index}")
        return frame

    def visit(self, first: int, last: int) -> None:
        """
        Read what frames *first* to *last* are decoded from, and decode only where that begins.

        Raises:
            MediaUnreadable: No picture can be decoded there. Terminal.
        """
        presentation = self.presentation
        key = presentation.packets[presentation.key_packet(first)]
        self._shown = None
        self.read(min(self._rank.get(key.pts, first), first))
        self._shown = None  # what is read now is not decoded
        # Whoever begins later than *first*, where the file cannot be entered, reads all before.
        entered = self._is_entered_between(presentation.key_packet(first), self.packet_of(last))
        end = self.packet_of(last) + MOST_READ_AHEAD
        # Where packets cannot be read, neither will whoever decodes them.
        with timed(self._path, WHOLE_S), suppress(FFmpegError):
            for packet in (entered and self._seek(self._start)) or self._reopen():
                if packet.size:
                    self._fed += 1
                if self._fed > end:
                    break

    def _is_entered_between(self, first: int, last: int) -> bool:
        """Tell whether a reader may begin at each key frame between two packets."""
        keys = self.presentation.keys
        if len(keys) == len(self.presentation.packets):  # each packet is one, as the index says
            return True
        return all(self._seek(key) is not None for key in keys if first < key <= last)

    def packet_of(self, index: int) -> int:
        """Return the number of the packet that holds frame *index*."""
        return self._position[self.presentation.pts[index]]

    @cached_property
    def _position(self) -> dict[int, int]:
        return {packet.pts: number for number, packet in enumerate(self.presentation.packets)}

    def _read_presentation(self) -> Presentation:
        try:
            with timed(self._path, WHOLE_S):
                presentation = read_presentation(self._container, self._stream)
        except FFmpegError as exc:
            self.close()
            raise unreadable(self._path, "its packets are damaged", exc) from exc
        if presentation is None:
            self.close()
            raise unreadable(self._path, "its video stream holds no frames")
        return presentation

    def _advance(self, index: int) -> VideoFrame | None:
        """Decode up to frame *index*; None if nothing at or before it came out."""
        while self._shown is None or self._shown[0] < index:
            if self._ahead is None:
                with timed(self._path):
                    frame = next(self._frames, None)
                if frame is None:
                    break
                self._ahead = (self._number(frame), frame)
            if self._ahead[0] > index:
                break
            self._shown, self._ahead = self._ahead, None
        return self._shown[1] if self._shown else None

    def _number(self, frame: VideoFrame) -> int:
        stamp = frame.pts if frame.pts is not None else frame.dts
        if stamp is None:
            return self._shown[0] + 1 if self._shown else 0
        known = self._rank.get(stamp)
        return known if known is not None else self._number_between(stamp)

    def _number_between(self, stamp: int) -> int:
        # Decoders may stamp a frame a tick off its packet; the nearest packet is its own.
        pts = self.presentation.pts
        return min(range(len(pts)), key=lambda i: abs(pts[i] - stamp))

    def _start_at(self, key: int) -> None:
        self._start = key
        self._shown = self._ahead = None
        with timed(self._path):
            packets = self._seek(key) or self._reopen()
        self._frames = self._decode(packets)

    def _seek(self, key: int) -> "Iterator[Packet[VideoStream]] | None":
        """Stand at packet *key* or a little before; None if the container cannot."""
        mark = self.presentation.packets[key]
        try:
            for stamp in dict.fromkeys((mark.dts, mark.pts)):
                if stamp is None:
                    continue
                self._container.seek(stamp, stream=self._stream)
                packets = self._container.demux(self._stream)
                first = next((p for p in packets if p.size), None)
                if first is None:
                    continue
                at = self._by_stamp.get((_stamp(first), first.dts))
                if at is not None and at <= key:
                    self._decoder.flush_buffers()
                    self._fed = at
                    return _chain(first, packets)
        except FFmpegError:
            pass
        return None

    def _reopen(self) -> "Iterator[Packet[VideoStream]]":
        self._container.close()
        self._container, self._stream, self._decoder = self._open()
        self._fed = 0
        return self._container.demux(self._stream)

    def _decode(self, packets: "Iterator[Packet[VideoStream]]") -> Iterator[VideoFrame]:
        decoder = self._decoder
        try:
            for packet in packets:
                if not packet.size:
                    continue
                self._fed += 1
                try:
                    yield from decoder.decode(packet)
                except FFmpegError:
                    continue  # a damaged picture: the one before it stays, as in a browser
        except FFmpegError:
            pass  # the file ends in the middle of a packet
        try:
            yield from decoder.decode(None)
        except FFmpegError:
            return

    def _open(self) -> tuple[InputContainer, VideoStream, VideoCodecContext]:
        container = open_media(self._path, self._blocks)
        stream = picture_stream(container)
        if stream is None:
            container.close()
            raise unreadable(self._path, "it has no video stream")
        decoder = stream.codec_context
        if stores_alpha_beside(stream):
            name = _ALPHA_DECODERS[decoder.name]
            decoder = av.CodecContext.create(name, "r")  # type: ignore[assignment]
        decoder.thread_count = DECODER_THREADS
        decoder.thread_type = ThreadType.AUTO
        return container, stream, decoder


def _stamp(packet: "Packet[VideoStream]") -> int | None:
    return packet.pts if packet.pts is not None else packet.dts


def _chain(
    first: "Packet[VideoStream]", rest: "Iterator[Packet[VideoStream]]"
) -> "Iterator[Packet[VideoStream]]":
    yield first
    yield from rest
