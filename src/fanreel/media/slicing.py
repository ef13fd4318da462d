"""Which blocks of a source the frames of a chunk are decoded from, found by reading it so."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from fanreel.media.blocks import FRAMES, BlockFile, write_blocks
from fanreel.media.opening import open_media
from fanreel.media.reader import MOST_READ_AHEAD, StreamReader

# Their index says where a picture lies. Others are searched through, elsewhere each time.
_INDEXED = frozenset({"mov", "mp4", "matroska", "webm", "avi"})


def has_index(source: Path) -> bool:
    """
    Tell whether the file's container is one that is read by its index.

    Raises:
        NotMedia, MediaUnreadable: As `open_media()`. Terminal.
    """
    with open_media(source) as container:
        return not _INDEXED.isdisjoint(container.format.name.split(","))


class Slicer:
    """
    Reads a source as workers will, and notes which blocks that takes.

    Args:
        source: The whole file.
        block_bytes: Size of a block.
    Raises:
        NotMedia, MediaUnreadable: As `StreamReader`. Terminal.
    """

    def __init__(self, source: Path, block_bytes: int) -> None:
        self._source, self._block_bytes = source, block_bytes
        whole = StreamReader(source)
        whole.close()
        self.presentation = whole.presentation

    def blocks_for(self, frames: Iterable[int]) -> set[int]:
        """
        Return the numbers of the blocks that a reader of *frames*, in any order, reads.

        Raises:
            MediaUnreadable: They cannot be decoded. Terminal.
        """
        wanted = sorted(set(frames))
        if not wanted:
            return set()
        touched: set[int] = set()
        blocks = BlockFile(self._source, touched, self._block_bytes)
        reader = StreamReader(self._source, self.presentation, blocks)
        for first, last in _runs(reader, wanted):
            reader.visit(first, last)
        reader.close()
        return touched

    def write(self, directory: Path, numbers: Iterable[int]) -> None:
        """Write those blocks, and what a reader of them has to know."""
        write_blocks(self._source, directory, numbers, self._block_bytes)
        kept = json.dumps(self.presentation.to_json(), separators=(",", ":"))
        (directory / FRAMES).write_text(kept + "\n")


def _runs(reader: StreamReader, frames: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of the frames that *reader* reaches without leaving any out."""
    first = last = frames[0]
    for frame in frames[1:]:
        # Twice, since a reader that has read ahead goes on instead of seeking a little further.
        if reader.presentation.key_packet(frame) > reader.packet_of(last) + 2 * MOST_READ_AHEAD:
            yield first, last
            first = frame
        last = frame
    yield first, last
