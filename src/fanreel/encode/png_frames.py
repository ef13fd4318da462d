"""Frames as PNG files in a directory: parts and results of the png-sequence format."""

import shutil
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from fanreel.encode.mark import SegmentMark
from fanreel.encode.part import Part, damaged
from fanreel.files.plan_dir import LockedRenderConfig

MARK_FILE = "segment.txt"
"""Holds a part's mark beside its frames; not in the finished sequence."""
_HEAD = struct.Struct(">8sI4sIIBB")  # signature, IHDR's length and name, width, height, depth, type
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = b"\0\0\0\0IEND\xae\x42\x60\x82"


def frame_name(index: int) -> str:
    """
    Return the file name of frame *index*, counted from 0.

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
        self._encoder.options = dict(locked.encoder_options)
        self._last: tuple[av.VideoFrame, bytes] | None = None

    def encode(self, frame: av.VideoFrame, number: int) -> None:
        """Write *frame* as file *number*, counted from 0; one that comes again is not encoded."""
        if self._last is None or self._last[0] is not frame:
            frame.pts = number
            self._last = frame, b"".join(map(bytes, self._encoder.encode(frame)))
        (self._dir / frame_name(number)).write_bytes(self._last[1])

    def close(self) -> None:
        """Do nothing: every frame is a whole file once it is written."""


def read_frames(path: Path) -> Part:
    """
    Read a directory of frames: their number, and that each is whole and like the others.

    Raises:
        MediaUnreadable: A frame is missing, cut short or of another kind. Terminal.
    """
    mark = path / MARK_FILE
    names = sorted(file.name for file in path.glob("*.png"))
    if not names or names != [frame_name(index) for index in range(len(names))]:
        raise damaged(path, f"its {len(names)} frames are not numbered from {frame_name(0)} on")
    kinds = {_read_kind(path / name) for name in names}
    if len(kinds) > 1:
        raise damaged(path, f"its frames are of {len(kinds)} sizes or kinds")
    return Part(
        path=path,
        frames=len(names),
        mark=SegmentMark.from_text(mark.read_text()) if mark.is_file() else None,
        parameters=kinds.pop(),
    )


def copy_frames(
    parts: Sequence[Part],
    output_dir: Path,
    *,
    mark: SegmentMark | None = None,
    audio_path: Path | None = None,
) -> None:
    """
    Copy the frames of *parts* into one directory, numbered throughout, and the sound beside them.

    Copies, not links: whoever retouches a frame must not change the part it came from.
    """
    output_dir.mkdir()
    number = 0
    for part in parts:
        for index in range(part.frames):
            shutil.copyfile(part.path / frame_name(index), output_dir / frame_name(number))
            number += 1
    if mark is not None:
        (output_dir / MARK_FILE).write_text(mark.to_text())
    if audio_path is not None:
        shutil.copyfile(audio_path, output_dir / f"audio{audio_path.suffix}")


def _read_kind(path: Path) -> tuple[int, ...]:
    """Return width, height, bit depth and colour type of a whole PNG file."""
    with path.open("rb") as file:
        head = file.read(_HEAD.size)
        file.seek(max(0, path.stat().st_size - len(_END)))
        end = file.read()
    if len(head) < _HEAD.size or not head.startswith(_SIGNATURE) or end != _END:
        raise damaged(path.parent, f"{path.name} is not a whole PNG file")
    _, _, _, *kind = _HEAD.unpack(head)
    return tuple(kind)
