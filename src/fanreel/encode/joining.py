"""
Segments end to end in one container, packet by packet, with timestamps counted in frames.

Every segment is a closed GOP made with the same options, so its packets stand on their own and
decode the same in any company. Timestamps are not shifted but written afresh: packet *i* of the
timeline decodes at frame time *i* less the reorder delay, and shows at its own frame number. So
both average and base frame rate are exact, and no rounding of a container adds up.
"""

import contextlib
import heapq
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from fanreel.encode.mark import SegmentMark
from fanreel.encode.part import Part, damaged, open_part
from fanreel.encode.part_files import PartFiles
from fanreel.media.time_limit import paced

if TYPE_CHECKING:
    from av.packet import Packet  # generic for the type checker only

_SOUND_RATE = 48_000
_INDEXED = ("mp4", "mov")
_BUFFER_BYTES = 1024**2
_ALPHA_MODE = "alpha_mode"
"""Without this tag a WebM player does not look for the alpha beside each packet."""
# A movie time scale divides both frames and samples, as long as it is a sane number.
_MOVIE_TIMESCALE_LIMIT = 10_000_000


def read_container(path: Path) -> Part:
    """
    Read a part's header and count its frames.

    Raises:
        MediaUnreadable: It is not a whole video. Terminal.
    """
    try:
        with open_part(path) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            if context is None:  # its header names no codec that there is
                raise damaged(path, "it holds no codec that there is")
            return Part(
                path=path,
                frames=stream.frames
                or sum(1 for p in paced(path, container.demux(stream)) if p.size),
                mark=SegmentMark.from_text(_comment(container)),
                parameters=(
                    context.name,
                    context.width,
                    context.height,
                    context.pix_fmt,
                    context.extradata,
                ),
                reorder_depth=context.reorder_depth,
            )
    except (av.FFmpegError, IndexError) as exc:
        raise damaged(path, exc) from exc


def join_packets(
    parts: Sequence[Part],
    output: Path,
    container: str,
    fps: Fraction,
    *,
    mark: SegmentMark | None = None,
    audio_path: Path | None = None,
) -> None:
    """
    Copy the packets of *parts*, in order, and those of the sound into one new file.

    Args:
        parts: At least one; their parameters are equal.
        output: File to write; the caller takes care that it appears whole or not at all.
        container: libav muxer.
        fps: Frame rate.
        mark: Kept in the file when it is itself a part; None for a finished video.
        audio_path: File with one audio track that starts at 0; its packets are copied too.
    Raises:
        MediaUnreadable: A part's packets are not what its header promises. Terminal.
    """
    delay = max(part.reorder_depth for part in parts)
    with av.open(str(output), "w", format=container, container_options=_options(fps)) as target:
        if mark is not None:
            target.metadata["comment"] = mark.to_text()
        _copy(target, parts[0].path, _Pictures(parts, fps, delay), audio_path)


def join_stream(
    parts: Iterator[Part], output: PartFiles, container: str, fps: Fraction, audio_path: Path | None
) -> None:
    """
    Do as `join_packets()` does, with parts that come one by one, to a file that leaves by parts.

    The bytes are the same. Each part's file is removed once its packets are copied.

    Raises:
        MediaUnreadable: As `join_packets()`. Terminal.
    """
    first = next(parts)
    # All were encoded with the same options, so the first, which is longest, decodes latest.
    pictures = _Pictures(itertools.chain([first], parts), fps, first.reorder_depth, remove=True)
    options, indexed = _options(fps, fast_start=False), container in _INDEXED
    with av.open(
        output, "w", format=container, container_options=options, buffer_size=_BUFFER_BYTES
    ) as target:
        _copy(target, first.path, pictures, audio_path)
        if indexed:
            output.hold_end()
    output.close(index_first=indexed)


def _copy(
    target: OutputContainer, like: Path, pictures: "_Pictures", audio_path: Path | None
) -> None:
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(open_part(like))
        video = _video_like(target, first.streams.video[0], pictures.fps)
        tracks = [pictures.packets(video)]
        if audio_path is not None:
            sound = stack.enter_context(open_part(audio_path))
            audio = target.add_stream_from_template(sound.streams.audio[0], opaque=True)
            tracks.append(_audio_packets(sound, audio))
        for packet in heapq.merge(*tracks, key=_decode_time):
            target.mux_one(packet)


def _options(fps: Fraction, *, fast_start: bool = True) -> dict[str, str]:
    timescale = math.lcm(fps.numerator, _SOUND_RATE)
    if timescale > _MOVIE_TIMESCALE_LIMIT:
        timescale = fps.numerator
    return {
        "fflags": "+bitexact",
        "movflags": "+faststart+write_colr" if fast_start else "+write_colr",
        # Edit lists and durations count in this; the default of 1000 rounds them to ms.
        "movie_timescale": str(timescale),
    }


def _video_like(target: OutputContainer, template: VideoStream, fps: Fraction) -> VideoStream:
    video = target.add_stream_from_template(template, opaque=True)
    video.time_base = 1 / fps
    # The demuxer's estimate depends on how long the first part is, and would be written.
    video.codec_context.bit_rate = 0
    # Left to itself the muxer takes the codec's first tag: hev1, or ProRes 422 for 4444.
    video.codec_context.codec_tag = template.codec_context.codec_tag
    # Matroska upper-cases the names of its tags.
    tags = {name.lower(): value for name, value in template.metadata.items()}
    if _ALPHA_MODE in tags:
        video.metadata[_ALPHA_MODE] = tags[_ALPHA_MODE]
    return video


def _decode_time(packet: "Packet[Stream]") -> Fraction:
    return (packet.dts or 0) * packet.time_base


@dataclass(frozen=True, slots=True)
class _Pictures:
    """The packets of parts, with timestamps of the whole."""

    parts: Iterable[Part]
    fps: Fraction
    delay: int
    """Frames by which decoding runs ahead of showing."""
    remove: bool = False
    """The file of each part that is done with."""

    def packets(self, stream: VideoStream) -> "Iterator[Packet[Stream]]":
        start = 0
        for part in self.parts:
            if part.reorder_depth > self.delay:
                raise damaged(part.path, "its frames are in another order than the first part's")
            shown = set()
            with open_part(part.path) as container:
                for count, packet in enumerate(_read(container, part.path)):
                    frame = round((packet.pts or 0) * packet.time_base * self.fps)
                    shown.add(frame)
                    packet.stream = stream
                    packet.time_base = 1 / self.fps
                    packet.pts = start + frame
                    packet.dts = start + count - self.delay
                    packet.duration = 1
                    yield packet
            if shown != set(range(part.frames)):
                raise damaged(part.path, f"it holds frames {sorted(shown)[:3]}…")
            start += part.frames
            if self.remove:
                part.path.unlink()


def _read(container: InputContainer, path: Path) -> "Iterator[Packet[Stream]]":
    try:
        for packet in paced(path, container.demux(container.streams.video[0])):
            if packet.is_corrupt:  # libav gives what there is of a packet that is cut off
                raise damaged(path, f"it ends within the frame at byte {packet.pos}")
            if packet.size:
                yield cast("Packet[Stream]", packet)
    except av.FFmpegError as exc:
        raise damaged(path, exc) from exc


def _audio_packets(container: InputContainer, stream: Stream) -> "Iterator[Packet[Stream]]":
    for packet in container.demux(container.streams.audio[0]):
        if packet.size:
            copied = cast("Packet[Stream]", packet)
            copied.stream = stream
            yield copied


def _comment(container: InputContainer) -> str:
    # Matroska upper-cases the names of its tags.
    return {k.lower(): v for k, v in container.metadata.items()}.get("comment", "")
