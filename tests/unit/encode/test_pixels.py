"""Captured pixels keep their places."""

import numpy as np

from fanreel.encode.pixels import PixelConverter


def test_a_pixel_too_many_is_cut_off() -> None:
    """Sizes are rounded to even ones; scaling by a pixel would blur the whole picture."""
    drawn = np.random.default_rng(0).integers(0, 256, (91, 161, 4), np.uint8)
    drawn[..., 3] = 255
    converted = PixelConverter(160, 90, "rgba", "rgba").convert(drawn)
    assert (converted.width, converted.height) == (160, 90)
    assert np.array_equal(converted.to_ndarray(), drawn[:90, :160])
