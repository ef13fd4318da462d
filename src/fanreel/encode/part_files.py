"""
A file that is carried away while it is written: its parts lie in a folder until somebody took them.

What a muxer writes at the end, or goes back for (sizes, an index), concerns the beginning of a file
only. So its first part is kept in memory until the end, and may go last.
"""

import time
from pathlib import Path
from typing import BinaryIO, Self

from fanreel.encode.fast_start import data_end, index_before_data

FIRST_PART = "first"
"""Complete only once the file is."""
_WAITING_PARTS = 4
_LOOK_S = 0.02


def part_name(number: int) -> str:
    """Return the name of part *number*, counted from 1, which is `FIRST_PART`."""
    return FIRST_PART if number == 1 else f"{number:05d}"


class PartFiles:
    """
    What libav writes to, as if it were one file.

    Args:
        folder: Takes the parts, each renamed into its place once it is whole; whoever takes one
            away removes it, and at most four wait for that.
        part_bytes: Size of a part; the first may be larger and the last smaller.
    """

    def __init__(self, folder: Path, part_bytes: int) -> None:
        self._folder, self._part_bytes = folder, part_bytes
        self._head, self._tail = bytearray(), bytearray()
        self._tail_start: int | None = None
        self._position = self._end = 0
        self._number = 1
        self._part: BinaryIO | None = None
        self._part_size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._part is not None:
            self._part.close()

    @property
    def size_bytes(self) -> int:
        """Of the file so far."""
        return self._end

    def tell(self) -> int:
        """Return the place that is written next."""
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        self._position = offset + (0, self._position, self._end)[whence]
        return self._position

    def write(self, data: bytes) -> int:
        """Write at the end, or over what is still in memory."""
        data = bytes(data)
        over = data[: max(0, self._end - self._position)]
        if over:
            self._overwrite(over)
        if rest := data[len(over) :]:
            self._append(rest)
        self._position += len(data)
        return len(data)

    def hold_end(self) -> None:
        """Keep what is appended from now on: the index is to come."""
        self._tail_start = self._end

    def close(self, *, index_first: bool) -> None:
        """
        Write what is left, the first part last.

        Args:
            index_first: Of MP4 and MOV, as `+faststart`; needs `hold_end()` before the index.
        """
        if index_first:
            place, end = data_end(bytes(self._head))
            tail, self._end = self._tail, self._tail_start or 0
            self._tail, self._tail_start = bytearray(), None
            data = end - self._end
            self._append(bytes(tail[:data]))
            index = index_before_data(bytes(tail[data:]))
            self._head[place:place] = index
            self._end += len(index)
        self._finish_part()
        self._write_whole(FIRST_PART, bytes(self._head))

    def _overwrite(self, data: bytes) -> None:
        start, stop = self._position, self._position + len(data)
        if stop <= len(self._head):
            self._head[start:stop] = data
        elif self._tail_start is not None and start >= self._tail_start:
            start -= self._tail_start
            self._tail[start : start + len(data)] = data
        else:
            raise ValueError(f"bytes {start} to {stop} are carried away already")

    def _append(self, data: bytes) -> None:
        self._end += len(data)
        if self._tail_start is not None:
            self._tail += data
            return
        room = max(0, self._part_bytes - len(self._head)) if self._number == 1 else 0
        self._head += data[:room]
        rest = memoryview(data)[room:]
        while rest:
            part = self._part or self._begin_part()
            taken = rest[: self._part_bytes - self._part_size]
            part.write(taken)
            self._part_size += len(taken)
            rest = rest[len(taken) :]
            if self._part_size == self._part_bytes:
                self._finish_part()

    def _begin_part(self) -> BinaryIO:
        while sum(1 for _ in self._folder.glob("[0-9]*")) >= _WAITING_PARTS:
            time.sleep(_LOOK_S)  # the owner of this process ends it if nobody comes
        self._number += 1
        self._part = (self._folder / f".{part_name(self._number)}").open("wb")
        return self._part

    def _finish_part(self) -> None:
        if self._part is None:
            return
        self._part.close()
        self._part, self._part_size = None, 0
        name = part_name(self._number)
        (self._folder / f".{name}").rename(self._folder / name)

    def _write_whole(self, name: str, data: bytes) -> None:
        aside = self._folder / f".{name}"
        aside.write_bytes(data)
        aside.rename(self._folder / name)
