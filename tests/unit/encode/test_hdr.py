"""Layers as Chromium would compose them, put together again."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest

from fanreel.encode.hdr import develop_graphics, develop_layers
from fanreel.media.hlg import GRAPHICS_MAX, SIGNAL_MAX, graphics_to_hlg, split_signal

Picture = npt.NDArray[Any]
Layout = Literal["bgr0", "rgba"]
TEN_BITS = SIGNAL_MAX / 876


def composed(
    graphics: Picture, coverage: Picture, picture: Picture, layout: Layout = "rgba"
) -> npt.NDArray[np.uint8]:
    """Blend as a browser does, in 8 bits: graphics and picture, 0 to 255, height × width × 3."""
    blended = np.round(graphics * (1 - coverage) + picture * coverage).astype(np.uint8)
    blended = blended if layout == "rgba" else blended[..., ::-1]
    return np.dstack([blended, np.full(blended.shape[:2], 255, np.uint8)])


def developed(
    graphics: Picture, coverage: Picture, signal: Picture, layout: Layout = "rgba"
) -> Picture:
    """Capture the four layers and develop them."""
    high, low = split_signal(signal)
    black, white = np.zeros_like(high), np.full_like(high, 255)
    layers = [composed(graphics, coverage, layer, layout) for layer in (black, white, high, low)]
    into = np.empty(signal.shape, np.uint16)
    develop_layers(layers[0], layers[1], layers[2], layers[3], layout, into)
    return into


def expected(graphics: Picture, coverage: Picture, signal: Picture) -> Picture:
    """Blend in HLG, exactly."""
    levels = np.round(graphics * GRAPHICS_MAX / 255).astype(np.int32)
    mixed: Picture = graphics_to_hlg(levels) * (1 - coverage) + signal * coverage
    return mixed


@pytest.fixture
def signal() -> Picture:
    """Any signal: of all levels and colours, 64 × 64."""
    return np.random.default_rng(3).integers(0, 65536, (64, 64, 3)).astype(np.uint16)


@pytest.fixture
def graphics() -> Picture:
    """Any graphics."""
    return np.random.default_rng(4).integers(0, 256, (64, 64, 3))


@pytest.mark.parametrize("layout", ["bgr0", "rgba"])
def test_a_video_that_covers_is_exact(signal: Picture, graphics: Picture, layout: Layout) -> None:
    """To one in 65535, whatever is under it."""
    found = developed(graphics, np.ones((64, 64, 1)), signal, layout)
    assert np.abs(found.astype(int) - signal).max() <= 1


@pytest.mark.parametrize("layout", ["bgr0", "rgba"])
def test_graphics_without_video_are_exact(
    signal: Picture, graphics: Picture, layout: Layout
) -> None:
    """The same as from a page without any video."""
    found = developed(graphics, np.zeros((64, 64, 1)), signal, layout)
    into = np.empty(signal.shape, np.uint16)
    develop_graphics(composed(graphics, np.zeros((64, 64, 1)), signal, layout), layout, into)
    assert (found == into).all()
    assert np.abs(into - expected(graphics, np.zeros((64, 64, 1)), signal)).max() < 1


@pytest.mark.parametrize("coverage", [0.1, 0.5, 0.9])
def test_a_mix_is_a_few_levels_off(signal: Picture, coverage: float) -> None:
    """Every capture is rounded to 8 bits: on the average one of 1023 levels, at most seven."""
    bright = np.random.default_rng(5).integers(40, 256, (64, 64, 3))
    share = np.full((64, 64, 1), coverage)
    error = developed(bright, share, signal) - expected(bright, share, signal)
    assert np.abs(error).mean() < 2 * TEN_BITS
    assert np.abs(error).max() < 7 * TEN_BITS


def test_light_that_is_added_does_not_wrap() -> None:
    """Blend modes may add graphics to a video that covers all: the sum is cut off at the peak."""
    full = np.full((4, 4, 3), 255, np.uint8)
    black = np.dstack([full // 2, full[..., :1]])
    white = np.dstack([full, full[..., :1]])
    into = np.empty((4, 4, 3), np.uint16)
    develop_layers(black, white, white, black, "rgba", into)
    assert 0 < into.min() <= into.max() <= SIGNAL_MAX
