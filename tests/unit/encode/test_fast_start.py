"""The index of an MP4, moved before the data."""

import struct

import pytest

from fanreel.encode.fast_start import data_end, index_before_data


def box(name: bytes, body: bytes) -> bytes:
    """Return a box of ISO/IEC 14496-12."""
    return struct.pack(">I4s", 8 + len(body), name) + body


def index(*offsets: int, name: bytes = b"stco", letter: str = "I") -> bytes:
    """Return an index of one track with these places of data."""
    table = struct.pack(f">II{len(offsets)}{letter}", 0, len(offsets), *offsets)
    track = box(b"mdia", box(b"minf", box(b"stbl", box(b"stsd", b"x") + box(name, table))))
    return box(b"moov", box(b"mvhd", b"head") + box(b"trak", track))


def test_every_place_moves_by_the_index() -> None:
    """What is not a table of places stays as it is."""
    given = index(48, 1000)
    assert index_before_data(given) == index(48 + len(given), 1000 + len(given))


def test_numbers_that_no_longer_fit_get_room() -> None:
    """Then the index itself is larger, and all move by that too."""
    last = 2**32 - 10
    given = index(48, last)
    size = len(given) + 8
    moved = index_before_data(given)
    assert len(moved) == size
    assert moved == index(48 + size, last + size, name=b"co64", letter="Q")


def test_large_data_is_measured() -> None:
    """Over 4 GB its size takes eight bytes more, where a free box stood."""
    head = box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"mdat", 5 * 2**32)
    assert data_end(head) == (12, 12 + 5 * 2**32)
    small = box(b"ftyp", b"isom") + box(b"free", b"") + struct.pack(">I4s", 100, b"mdat")
    assert data_end(small) == (12, 120)
    with pytest.raises(ValueError, match="no data box"):
        data_end(box(b"ftyp", b"isom"))
