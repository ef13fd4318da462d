"""A part of a video, as read from its header."""

from dataclasses import dataclass
from pathlib import Path

from fanreel.encode.mark import SegmentMark
from fanreel.errors import MediaUnreadable


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


def damaged(path: Path, why: object) -> MediaUnreadable:
    """Give the error for a part that is there but not whole."""
    return MediaUnreadable(
        f"chunk {path} is damaged ({why}); delete it and render it again", path=str(path)
    )
