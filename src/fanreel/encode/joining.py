"""
Segments end to end in one container, packet by packet, with timestamps counted in frames.

Every segment is a closed GOP made with the same options, so its packets stand on their own and
decode the same in any company. Timestamps are not shifted but written afresh: packet *i* of the
timeline decodes at frame time *i* less the reorder delay, and shows at its own frame number. So
both average and base frame rate are exact, and no rounding of a container adds up.
"""

import heapq
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from fanreel.encode.mark import SegmentMark
from fanreel.encode.part import Part, damaged, open_part

if TYPE_CHECKING:
    from av.packet import Packet  # generic for the type checker only

_SOUND_RATE = 48_000
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
            return Part(
                path=path,
                frames=stream.frames or sum(1 for p in container.demux(stream) if p.size),
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
    with av.open(str(output), "w", format=container, container_options=_options(fps)) as target:
        if mark is not None:
            target.metadata["comment"] = mark.to_text()
        with open_part(parts[0].path) as first:
            video = _video_like(target, first.streams.video[0], fps)
            tracks = [_video_packets(parts, video, fps)]
            if audio_path is None:
                _mux(target, tracks)
                return
            with open_part(audio_path) as sound:
                audio = target.add_stream_from_template(sound.streams.audio[0], opaque=True)
                tracks.append(_audio_packets(sound, audio))
                _mux(target, tracks)


def _options(fps: Fraction) -> dict[str, str]:
    timescale = math.lcm(fps.numerator, _SOUND_RATE)
    if timescale > _MOVIE_TIMESCALE_LIMIT:
        timescale = fps.numerator
    return {
        "fflags": "+bitexact",
        "movflags": "+faststart+write_colr",
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


def _mux(target: OutputContainer, tracks: "Sequence[Iterator[Packet[Stream]]]") -> None:
    for packet in heapq.merge(*tracks, key=_decode_time):
        target.mux_one(packet)


def _decode_time(packet: "Packet[Stream]") -> Fraction:
    return (packet.dts or 0) * packet.time_base


def _video_packets(
    parts: Sequence[Part], stream: VideoStream, fps: Fraction
) -> "Iterator[Packet[Stream]]":
    delay = max(part.reorder_depth for part in parts)
    start = 0
    for part in parts:
        shown = set()
        with open_part(part.path) as container:
            for count, packet in enumerate(_read(container, part.path)):
                frame = round((packet.pts or 0) * packet.time_base * fps)
                shown.add(frame)
                packet.stream = stream
                packet.time_base = 1 / fps
                packet.pts = start + frame
                packet.dts = start + count - delay
                packet.duration = 1
                yield packet
        if shown != set(range(part.frames)):
            raise damaged(part.path, f"it holds frames {sorted(shown)[:3]}…")
        start += part.frames


def _read(container: InputContainer, path: Path) -> "Iterator[Packet[Stream]]":
    try:
        for packet in container.demux(container.streams.video[0]):
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
