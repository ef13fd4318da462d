"""What a media file holds, found without decoding more than its first picture."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from fanreel.media.animated import WebpReader, is_animated_webp, play_count
from fanreel.media.colour import has_alpha
from fanreel.media.hdr import is_hdr
from fanreel.media.opening import open_media, unreadable
from fanreel.media.orientation import displayed_size, read_orientation
from fanreel.media.presentation import read_presentation, source_zero
from fanreel.media.reader import picture_stream, stores_alpha_beside
from fanreel.media.time_limit import WHOLE_S, timed

_IMAGE_CONTAINERS = frozenset({"gif", "apng", "webp_pipe", "png_pipe", "jpeg_pipe"})
_MICROSECOND = Fraction(1, 1_000_000)
# A first picture may need some packets before it: reordering, open GOPs, damaged beginnings.
_PACKETS_TRIED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInfo:
    """A media file as a browser would describe it."""

    duration_s: Fraction | None
    """None for a still image."""
    has_video: bool
    has_audio: bool
    width: int
    """In square pixels, upright, as `videoWidth`; 0 without video."""
    height: int
    fps: Fraction | None
    """Average frames per second; None without video or for a still image."""
    rotation: int
    """Clockwise degrees by which stored pictures are turned to stand upright: 0, 90, 180, 270."""
    has_alpha: bool
    is_hdr: bool
    """PQ or HLG video."""
    codec: str
    """libav's name of the video codec, or of the audio codec if there is no video."""
    is_image: bool
    """A GIF, PNG, APNG, WebP or JPEG file."""
    is_animated: bool
    """An image of more than one frame."""
    plays: int | None
    """How often an animated image plays; None: for ever."""


def probe(path: Path) -> MediaInfo:
    """
    Describe the media file *path*.

    Raises:
        AssetNotFound: There is no such file. Terminal.
        NotMedia: It is something else, such as an error page saved as .mp4. Terminal.
        MediaUnreadable: It is media, but damaged, encrypted or of no known codec. Terminal.
    """
    with open_media(path) as container:
        with path.open("rb") as file:
            if is_animated_webp(file.read(32)):
                return _describe_webp(path)
        stream = picture_stream(container)
        has_audio = any(s.codec_context for s in container.streams.audio)
        if stream is None and not has_audio:
            raise unreadable(path, "it has no video or sound that libav can decode")
        _refuse_cut_short(path, container)
        try:
            return _describe(path, container, stream, has_audio=has_audio)
        except FFmpegError as exc:
            raise unreadable(path, "its packets are damaged", exc) from exc


def _describe(
    path: Path, container: InputContainer, stream: VideoStream | None, *, has_audio: bool
) -> MediaInfo:
    if stream is None:
        with timed(path):
            codec = _decodes_sound(path, container)
        return MediaInfo(
            duration_s=_duration(container) or _scanned_duration(path),
            has_video=False,
            has_audio=has_audio,
            width=0,
            height=0,
            fps=None,
            rotation=0,
            has_alpha=False,
            is_hdr=False,
            codec=codec,
            is_image=False,
            is_animated=False,
            plays=1,
        )
    with timed(path):
        frame = _first_frame(path, container, stream)
    orientation = read_orientation(frame, stream.codec_context.name)
    width, height = displayed_size(
        frame.width, frame.height, stream.sample_aspect_ratio, orientation
    )
    is_image = container.format.name in _IMAGE_CONTAINERS
    animated = is_image and _has_second_packet(path)
    still = is_image and not animated
    return MediaInfo(
        duration_s=None if still else _duration(container) or _scanned_duration(path),
        has_video=True,
        has_audio=has_audio,
        width=width,
        height=height,
        fps=None if still else stream.average_rate or stream.guessed_rate,
        rotation=orientation.clockwise_degrees,
        has_alpha=stores_alpha_beside(stream) or has_alpha(frame),
        is_hdr=is_hdr(frame),
        codec=stream.codec_context.name,
        is_image=is_image,
        is_animated=animated,
        plays=play_count(path) if is_image else 1,
    )


def _describe_webp(path: Path) -> MediaInfo:
    reader = WebpReader(path)
    frame = reader.read(0)
    presentation = reader.presentation
    return MediaInfo(
        duration_s=presentation.end_s,
        has_video=True,
        has_audio=False,
        width=frame.width,
        height=frame.height,
        fps=len(presentation) / presentation.end_s,
        rotation=0,
        has_alpha=True,
        is_hdr=False,
        codec="webp",
        is_image=True,
        is_animated=len(presentation) > 1,
        plays=play_count(path),
    )


def _first_frame(path: Path, container: InputContainer, stream: VideoStream) -> VideoFrame:
    error: FFmpegError | None = None
    for number, packet in enumerate(container.demux(stream)):
        if packet.size and packet.has_sidedata("encryption_info"):
            raise unreadable(path, "it is encrypted (DRM)")
        try:
            frames = packet.decode()
        except FFmpegError as exc:
            error, frames = exc, []
        if frames:
            return frames[0]
        if number >= _PACKETS_TRIED:
            break
    raise unreadable(path, "no picture in it can be decoded", error)


def _decodes_sound(path: Path, container: InputContainer) -> str:
    """Decode some sound to see that it can be; give the codec's name."""
    stream = container.streams.audio[0]
    error: FFmpegError | None = None
    for number, packet in enumerate(container.demux(stream)):
        if packet.size and packet.has_sidedata("encryption_info"):
            raise unreadable(path, "it is encrypted (DRM)")
        try:
            if packet.decode():
                return stream.codec_context.name
        except FFmpegError as exc:
            error = exc
        if number >= _PACKETS_TRIED:
            break
    raise unreadable(path, "no sound in it can be decoded", error)


def _refuse_cut_short(path: Path, container: InputContainer) -> None:
    """Refuse a file whose own index names bytes beyond its end."""
    size = path.stat().st_size
    for stream in container.streams:
        entries = stream.index_entries
        if len(entries) and entries[-1].pos + entries[-1].size > size:
            end = entries[-1].pos + entries[-1].size
            raise unreadable(
                path, f"it is cut short: its index names {end:,} bytes, the file has {size:,}"
            )


def _duration(container: InputContainer) -> Fraction | None:
    """Return the duration as the container says it, exactly where a stream says it exactly."""
    if container.format.name in _IMAGE_CONTAINERS or container.duration is None:
        return None
    said = container.duration * _MICROSECOND
    zero = source_zero(container)
    for stream in (*container.streams.video, *container.streams.audio):
        if stream.duration is None or stream.time_base is None:
            continue
        end = ((stream.start_time or 0) + stream.duration) * stream.time_base - zero
        if abs(end - said) < 2 * _MICROSECOND:
            return end
    return said if said > 0 else None


def _scanned_duration(path: Path) -> Fraction | None:
    """Return the end of the last packet, for files that say no duration, as live recordings."""
    with open_media(path) as container, timed(path, WHOLE_S):
        zero = source_zero(container)
        if container.streams.video:
            presentation = read_presentation(container, container.streams.video[0])
            if presentation is not None and not container.streams.audio:
                return presentation.end_s
            container.seek(0)
        end = Fraction(0)
        for packet in container.demux():
            if packet.size and packet.pts is not None and packet.time_base:
                end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base - zero)
    return end or None


def _has_second_packet(path: Path) -> bool:
    with open_media(path) as container, timed(path):
        packets = (p for p in container.demux(video=0) if p.size)
        return next(packets, None) is not None and next(packets, None) is not None
