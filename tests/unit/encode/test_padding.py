"""Odd pictures get the column and row that 4:2:0 wants, and keep every pixel of their own."""

from fractions import Fraction

import av
import numpy as np
import pytest

from fanreel.config import RenderConfig
from fanreel.encode.padding import Picture, padded
from fanreel.files.project import Root
from fanreel.inspection.locking import lock_config, padding_warnings

ODD = Root(composition_id="m", width=405, height=721, duration_s=Fraction(1), fps=None)


def _seen(width: int, height: int, padding: tuple[int, int], picture: Picture) -> Picture:
    """Return the picture that reaches the converter."""
    seen: list[Picture] = []

    def convert(whole: Picture) -> av.VideoFrame:
        seen.append(whole)
        return av.VideoFrame(2, 2, "yuv420p")

    padded(convert, width, height, padding)(picture)
    return seen[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_last_column_and_row_are_repeated(dtype: type) -> None:
    """Black there would show as a hairline on a light picture."""
    channels = 4 if dtype == np.uint8 else 3
    picture: Picture = np.arange(5 * 3 * channels, dtype=dtype).reshape(5, 3, channels)
    seen = _seen(4, 6, (1, 1), picture)
    assert seen.shape == (6, 4, channels)
    assert (seen[:5, :3] == picture).all()
    assert (seen[:5, 3] == picture[:, 2]).all()
    assert (seen[5, :3] == picture[4]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_captured_larger_is_scaled_first(dtype: type) -> None:
    """The picture is scaled to its own odd size, not to the padded one."""
    channels = 4 if dtype == np.uint8 else 3
    picture: Picture = np.zeros((10, 30, channels), dtype)
    picture[:, 15:] = 200
    seen = _seen(16, 6, (1, 1), picture)
    assert seen.shape == (6, 16, channels)
    assert (seen[:, 0] == 0).all()
    assert (seen[:, 15] == seen[:, 14]).all()
    assert (seen[5] == seen[4]).all()


def test_an_even_picture_is_left_alone() -> None:
    """Not even copied: it is 8 MB a frame."""
    picture = np.zeros((6, 4, 4), np.uint8)
    assert _seen(4, 6, (0, 0), picture) is picture


def test_the_plan_locks_the_padding_and_warns_of_it() -> None:
    """By the size that was asked for, the one that is written, and what to do."""
    locked = lock_config(ODD, RenderConfig(), webgl=False)
    assert (locked.output_width, locked.output_height, locked.padding) == (406, 722, (1, 1))
    assert locked.device_scale_factor == 1
    [problem] = padding_warnings(locked)
    warning = problem.message
    assert "405x721 is padded to 406x722" in warning
    mov = lock_config(ODD, RenderConfig(format="mov"), webgl=False)
    assert (mov.output_width, mov.output_height, mov.padding) == (405, 721, (0, 0))
    assert padding_warnings(mov) == []
