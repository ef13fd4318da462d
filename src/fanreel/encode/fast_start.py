"""
The index of an MP4 or MOV before its data, as players on the web want it.

libav's `+faststart` writes the index (`moov`) last and then shifts the whole file; where the data
has gone already, only the index has to be written for where it will stand. The bytes are the same.
The boxes: ISO/IEC 14496-12, 8.1 to 8.7.
"""

import struct
from dataclasses import dataclass, field

_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_MOST_32_BITS = 2**32 - 1
_HEAD = struct.Struct(">I4s")
_ENTRIES = struct.Struct(">II")


@dataclass(slots=True)
class _Box:
    name: bytes
    body: bytes = b""
    inside: "list[_Box]" = field(default_factory=list)

    @classmethod
    def read(cls, name: bytes, body: bytes) -> "_Box":
        if name not in _CONTAINERS:
            return cls(name, body)
        return cls(name, inside=[cls.read(*one) for one in _split(body)])

    def to_bytes(self) -> bytes:
        body = self.body + b"".join(one.to_bytes() for one in self.inside)
        return _HEAD.pack(_HEAD.size + len(body), self.name) + body

    def shifted(self, by: int) -> "_Box":
        """Return the box for data that lies *by* bytes further on, with room for large numbers."""
        if self.name not in (b"stco", b"co64"):
            return _Box(self.name, self.body, [one.shifted(by) for one in self.inside])
        flags, count = _ENTRIES.unpack_from(self.body)
        letter = "I" if self.name == b"stco" else "Q"
        offsets = struct.unpack_from(f">{count}{letter}", self.body, _ENTRIES.size)
        moved = [offset + by for offset in offsets]
        if letter == "I" and max(moved, default=0) <= _MOST_32_BITS:
            return _Box(b"stco", _ENTRIES.pack(flags, count) + struct.pack(f">{count}I", *moved))
        return _Box(b"co64", _ENTRIES.pack(flags, count) + struct.pack(f">{count}Q", *moved))


def data_end(head: bytes) -> tuple[int, int]:
    """
    Read where the data of a file lies whose first bytes are *head*.

    Returns:
        Where an index before the data belongs: behind `ftyp`; and where the data ends.
    Raises:
        ValueError: It is no such file.
    """
    position = start = 0
    while position + _HEAD.size <= len(head):
        size, name = _HEAD.unpack_from(head, position)
        if size == 1:
            (size,) = struct.unpack_from(">Q", head, position + _HEAD.size)
        if name == b"ftyp":
            start = position + size
        if name == b"mdat":
            return start, position + size
        if size < _HEAD.size:
            break
        position += size
    raise ValueError("there is no data box")


def index_before_data(index: bytes) -> bytes:
    """Return the `moov` box *index*, written behind the data, for a place before it."""
    [(name, body)] = _split(index)
    box, size = _Box.read(name, body), 0
    # It grows where numbers no longer fit 32 bits, and then once at most.
    while size != len(moved := box.shifted(size).to_bytes()):
        size = len(moved)
    return moved


def _split(data: bytes) -> list[tuple[bytes, bytes]]:
    boxes, position = [], 0
    while position < len(data):
        size, name = _HEAD.unpack_from(data, position)
        if not _HEAD.size <= size <= len(data) - position:
            raise ValueError(f"box {name!r} of {size} bytes")
        boxes.append((name, data[position + _HEAD.size : position + size]))
        position += size
    return boxes
