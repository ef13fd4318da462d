"""The frame of a source that is on screen at a given time."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from fanreel.media.animated import WebpReader, is_animated_webp
from fanreel.media.colour import SourceFrame, to_source_frame
from fanreel.media.hdr import is_hdr, to_layered_frame
from fanreel.media.orientation import Orientation, read_orientation
from fanreel.media.presentation import Presentation
from fanreel.media.reader import StreamReader


class VideoSource:
    """
    A video or animated image, read by presentation time while open; not thread-safe.

    The same time gives the same frame whatever was asked before: forwards is cheap, other moves
    decode from the key frame before. Memory is bounded by the decoder, not by the length.

    Args:
        path: The file.
        presentation: As another source of the same file found it.
        keep_hdr: Give pictures of PQ and HLG sources as layers; see media/hdr.py.
    Raises:
        NotMedia, MediaUnreadable, AssetNotFound: As `open_media()`. Terminal.
    """

    def __init__(
        self, path: Path, presentation: Presentation | None = None, *, keep_hdr: bool = False
    ) -> None:
        self._reader = _open_reader(path, presentation)
        self._keep_hdr = keep_hdr
        self._orientation: Orientation | None = None
        self._last: SourceFrame | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free decoder and file."""
        self._reader.close()

    @property
    def presentation(self) -> Presentation:
        """When each frame is on screen."""
        return self._reader.presentation

    @property
    def codec(self) -> str:
        """The codec, by the name libav gives it."""
        return self._reader.codec

    def frame_at(self, time_s: Fraction) -> SourceFrame:
        """Return the frame on screen at source time *time_s*; the first and last are held."""
        return self.frame(self.presentation.index_at(time_s))

    def frame(self, index: int, *, as_rgb: bool = False) -> SourceFrame:
        """Return frame *index* in presentation order; *as_rgb* for what becomes an image file."""
        if self._last is None or self._last.index != index:
            frame = self._reader.read(index)
            if self._orientation is None:
                # Once: asking a frame for its side data ties it into a cycle, which keeps its
                # megabytes until the garbage collector comes by.
                self._orientation = read_orientation(frame, self.codec)
            aspect = self._reader.sample_aspect
            if self._keep_hdr and not as_rgb and is_hdr(frame):
                self._last = to_layered_frame(frame, index, self._orientation, aspect)
            else:
                self._last = to_source_frame(frame, index, self._orientation, aspect, as_rgb=as_rgb)
        return self._last

    def forward_cost(self, index: int) -> int | None:
        """Return the frames to decode to reach *index* without a seek; None if it needs one."""
        return self._reader.forward_cost(index)


def _open_reader(path: Path, presentation: Presentation | None) -> StreamReader | WebpReader:
    try:
        with path.open("rb") as file:
            animated = is_animated_webp(file.read(32))
    except OSError:
        animated = False  # StreamReader says what is wrong
    return WebpReader(path) if animated else StreamReader(path, presentation)
