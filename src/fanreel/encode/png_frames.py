"""Frames as PNG files in a directory: segments and results of the png-sequence format."""

from fractions import Fraction
from pathlib import Path

import av

from fanreel.encode.mark import SegmentMark
from fanreel.plan_dir import LockedRenderConfig

MARK_FILE = "segment.txt"
"""Holds the segment's mark beside its frames; not part of the finished sequence."""


def frame_name(index: int) -> str:
    """
    Give the file name of frame *index*, counted from 0.

    >>> frame_name(0)
    'frame_000001.png'
    """
    return f"frame_{index + 1:06d}.png"


class PngSink:
    """Writes frames into a new directory."""

    def __init__(self, path: Path, locked: LockedRenderConfig, mark: SegmentMark) -> None:
        self._dir = path
        path.mkdir()
        (path / MARK_FILE).write_text(mark.to_text())
        self._encoder = av.CodecContext.create("png", "w")
        self._encoder.width = locked.output_width
        self._encoder.height = locked.output_height
        self._encoder.pix_fmt = locked.pixel_format
        self._encoder.time_base = Fraction(1)
        self._encoder.thread_count = 1
        self._encoder.options = dict(locked.encoder_options)

    def encode(self, frame: av.VideoFrame, number: int) -> None:
        """Write *frame* as file *number*, counted from 0."""
        frame.pts = number
        packets = self._encoder.encode(frame)
        (self._dir / frame_name(number)).write_bytes(b"".join(map(bytes, packets)))

    def close(self) -> None:
        """Do nothing: every frame is a whole file once it is written."""
