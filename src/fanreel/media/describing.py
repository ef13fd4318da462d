"""A file of video or sound is described: `fanreel info`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from fanreel.media.facts import FileFacts, PictureFacts, SoundFacts
from fanreel.media.frames import VideoSource
from fanreel.media.opening import open_media
from fanreel.media.probe import MediaInfo, probe
from fanreel.media.reader import picture_stream
from fanreel.media.time_limit import timed

# libav's numbers (ITU-T H.273), as its own tools name them.
_MATRICES = {0: "rgb", 1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"}
_PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 12: "smpte432"}
_TRANSFERS = {1: "bt709", 6: "smpte170m", 8: "linear", 13: "srgb", 16: "pq", 18: "hlg"}
_RANGES = {1: "limited", 2: "full"}


def describe_file(path: Path) -> FileFacts:
    """
    Describe the media file *path*, counting its frames.

    Raises:
        AssetNotFound, NotMedia, MediaUnreadable: See `probe()`. Terminal.
    """
    info = probe(path)
    with open_media(path) as container:
        return FileFacts(
            path=path,
            container=container.format.name.partition(",")[0],
            size_bytes=path.stat().st_size,
            duration_s=info.duration_s,
            picture=_picture(container, path, info) if info.has_video else None,
            sound=_sound(container),
        )


def _picture(container: InputContainer, path: Path, info: MediaInfo) -> PictureFacts:
    stream = picture_stream(container)
    with timed(path):
        frame = None if stream is None else next(_frames(container, stream), None)
    return PictureFacts(
        codec=info.codec,
        profile=None if stream is None else stream.profile,
        pixel_format=None if frame is None else frame.format.name,
        width=info.width,
        height=info.height,
        fps=info.fps,
        frames=_count(path, info),
        has_alpha=info.has_alpha,
        is_hdr=info.is_hdr,
        matrix=None if frame is None else _MATRICES.get(int(frame.colorspace)),
        primaries=None if frame is None else _PRIMARIES.get(int(frame.color_primaries)),
        transfer=None if frame is None else _TRANSFERS.get(int(frame.color_trc)),
        levels=None if frame is None else _RANGES.get(int(frame.color_range)),
    )


def _frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    # libav has no decoder for animated WebP, which has frames all the same.
    with contextlib.suppress(FFmpegError):
        yield from container.decode(stream)


def _count(path: Path, info: MediaInfo) -> int:
    if info.fps is None:
        return 1
    with VideoSource(path) as source:
        return len(source.presentation)


def _sound(container: InputContainer) -> SoundFacts | None:
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        return None
    context = stream.codec_context
    return SoundFacts(
        codec=context.name, sample_rate=context.sample_rate, layout=context.layout.name
    )
