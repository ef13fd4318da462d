"""A part of a video, as read from its header."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer

from fanreel.encode.mark import SegmentMark
from fanreel.errors import MediaUnreadable
from fanreel.media.time_limit import timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A segment, or a chunk of segments already joined."""

    path: Path
    frames: int
    mark: SegmentMark | None
    parameters: tuple[object, ...]
    """What has to be equal in all parts of one video: codec, size, extradata and the like."""
    reorder_depth: int = 0
    """Frames by which decoding runs ahead of showing."""


_CONTAINERS = "mov,matroska,webm,wav"
"""What segments and mixes are written in; libav calls mp4, m4a and mov by one name."""


def open_part(path: Path) -> InputContainer:
    """
    Open a segment, a chunk or a mix; the caller closes it.

    They come from stores that others may write to, so nothing but the bytes of the file itself is
    read: a playlist in a segment's place names no other file and no host.
    """
    options = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}
    # `file:` keeps a name such as `concat:a|b` from being read as a protocol.
    with timed(path):
        return av.open(f"file:{path.absolute()}", options=options)


def damaged(path: Path, why: object) -> MediaUnreadable:
    """Return the error for a part that is there but not whole."""
    return MediaUnreadable(
        f"chunk {path} is damaged ({why}); delete it and render it again", path=str(path)
    )
