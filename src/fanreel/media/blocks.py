"""
A file in blocks of one size, of which a worker holds those that its frames are decoded from.

    media/<sha256>.mp4/
        blocks.json     the size of the file and of its blocks
        frames.json     when each frame is shown (`Presentation`): to find out takes the whole file
        00000000 …      the blocks, in order

Blocks follow from the file alone, not from how a render is cut into chunks.
"""

import io
import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from fanreel.errors import MissingPlanArtifact

BLOCK_BYTES = 4 * 2**20
SIZES, FRAMES = "blocks.json", "frames.json"


def block_name(number: int) -> str:
    """Return the name of a block's file."""
    return f"{number:08}"


def write_blocks(
    source: Path, directory: Path, numbers: Iterable[int], block_bytes: int = BLOCK_BYTES
) -> None:
    """Write some blocks of *source*, and the sizes of all."""
    directory.mkdir(parents=True, exist_ok=True)
    sizes = {"size_bytes": source.stat().st_size, "block_bytes": block_bytes}
    (directory / SIZES).write_text(json.dumps(sizes) + "\n")
    with source.open("rb") as file:
        for number in sorted(numbers):
            file.seek(number * block_bytes)
            (directory / block_name(number)).write_bytes(file.read(block_bytes))


class BlockFile(io.RawIOBase):
    """
    A file read block by block: whole where it lies, or from a folder that holds some of its blocks.

    Args:
        path: The file, or the folder that `write_blocks()` made of it.
        touched: Collects the numbers of the blocks that are read.
        block_bytes: Of a file; a folder says it.
    """

    def __init__(
        self, path: Path, touched: set[int] | None = None, block_bytes: int = BLOCK_BYTES
    ) -> None:
        self._path, self._touched = path, touched
        self._size, self._block = path.stat().st_size, block_bytes
        if path.is_dir():
            sizes = json.loads((path / SIZES).read_bytes())
            self._size, self._block = sizes["size_bytes"], sizes["block_bytes"]
        self._position = 0
        self._number: int | None = None
        self._file: BinaryIO | None = None
        self._stack = ExitStack()

    def close(self) -> None:
        """Close the block that is open."""
        self._stack.close()
        super().close()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in the whole file."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position in the whole file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        """
        Read up to *size* bytes, at most to the end of a block.

        Raises:
            MissingPlanArtifact: The block is not here. Retryable.
        """
        left = self._size - self._position
        if left <= 0:
            return b""
        number, offset = divmod(self._position, self._block)
        file = self._open(number)
        room = min(self._block - offset, left)
        data = file.read(room if size < 0 else min(size, room))
        self._position += len(data)
        return data

    def _open(self, number: int) -> BinaryIO:
        if self._touched is not None:
            self._touched.add(number)
        whole = not self._path.is_dir()
        if self._file is None or (self._number != number and not whole):
            self._stack.close()
            path = self._path if whole else self._path / block_name(number)
            try:
                self._file = self._stack.enter_context(path.open("rb"))
            except FileNotFoundError as exc:
                raise MissingPlanArtifact(
                    f"block {number} of {self._path.name} is not here; fetch all of the plan that "
                    "this chunk wants",
                    path=f"{self._path.name}/{block_name(number)}",
                ) from exc
            self._number = number
        base = number * self._block if whole else 0
        self._file.seek(self._position - number * self._block + base)
        return self._file
