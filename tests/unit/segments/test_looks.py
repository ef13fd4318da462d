"""Small pictures of frames that are being rendered."""

from pathlib import Path

import numpy as np
import pytest

from fanreel.segments.looks import LookWriter


def picture(height: int, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return one of blue 10, green 20, red 30, as screens have it."""
    made = np.empty((height, width, 4), np.uint8)
    made[:] = (10, 20, 30, 0)
    return made


@pytest.mark.parametrize(
    ("height", "width", "head"),
    [(1080, 1920, b"192 108\n"), (1920, 1080, b"60 107\n"), (20, 30, b"30 20\n")],
)
def test_a_look_is_red_green_blue_and_small(
    tmp_path: Path, height: int, width: int, head: bytes
) -> None:
    """It fits 192 x 108 in its own shape; nothing is made larger."""
    look = LookWriter(tmp_path / "a.mp4", is_blue_first=True)
    look.take(picture(height, width))
    data = (tmp_path / "a.mp4.look").read_bytes()
    columns, rows = map(int, head.split())
    assert data == head + bytes((30, 20, 10)) * columns * rows
    look.close()
    assert list(tmp_path.iterdir()) == []


def test_a_second_has_one_look(tmp_path: Path) -> None:
    """Whatever the frames are; where it cannot be written, nobody minds."""
    look = LookWriter(tmp_path / "a.mp4", is_blue_first=False)
    look.take(picture(2, 2))
    (tmp_path / "a.mp4.look").unlink()
    look.take(picture(2, 2))
    assert list(tmp_path.iterdir()) == []
    LookWriter(tmp_path / "gone" / "a.mp4", is_blue_first=False).take(picture(2, 2))
