"""Captured pixels keep their places."""

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from fanreel.encode.pixels import PixelConverter

_BT709 = {
    "src_colorspace": Colorspace.ITU709,
    "dst_colorspace": Colorspace.ITU709,
    "src_color_range": ColorRange.JPEG,
    "dst_color_range": ColorRange.MPEG,
}


def test_a_pixel_too_many_is_cut_off() -> None:
    """Sizes are rounded to even ones; scaling by a pixel would blur the whole picture."""
    drawn = np.random.default_rng(0).integers(0, 256, (91, 161, 4), np.uint8)
    drawn[..., 3] = 255
    converted = PixelConverter(160, 90, "rgba", "rgba").convert(drawn)
    assert (converted.width, converted.height) == (160, 90)
    assert np.array_equal(converted.to_ndarray(), drawn[:90, :160])


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuva444p10le", "rgb24", "argb"])
def test_pixels_are_what_swscale_makes_of_them(pixel_format: str) -> None:
    """The filter graph's planes and tags are those of one call of the scaler, to the byte."""
    drawn = np.random.default_rng(0).integers(0, 256, (90, 256, 4), np.uint8)
    called = av.VideoFrame.from_numpy_buffer(drawn, "bgra").reformat(
        format=pixel_format,
        interpolation=Interpolation.AREA | Interpolation.FULL_CHR_H_INP,
        **(_BT709 if pixel_format.startswith("yuv") else {}),
    )
    converted = PixelConverter(256, 90, pixel_format, "bgra").convert(drawn)
    assert [bytes(plane) for plane in converted.planes] == [bytes(p) for p in called.planes]
    assert converted.color_range == called.color_range
    assert converted.colorspace == called.colorspace


def test_results_share_a_pool() -> None:
    """A frame that is let go leaves its memory to the next: clearing new memory costs 2 ms."""
    drawn = np.zeros((360, 640, 4), np.uint8)
    converter = PixelConverter(640, 360, "yuv420p", "bgr0")
    places = {converter.convert(drawn).planes[0].buffer_ptr for _ in range(20)}
    assert len(places) == 1
