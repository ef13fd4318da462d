"""HLG by the formulas of ITU-R BT.2100 and BT.2408."""

import math

import numpy as np
import pytest

from fanreel.media.hlg import (
    GRAPHICS_MAX,
    HIGH_STEP,
    SIGNAL_MAX,
    decode_scene,
    encode_scene,
    graphics_to_hlg,
    split_signal,
    video_to_hlg,
)


def _pixel(red: float, green: float, blue: float) -> np.ndarray:
    return np.array([[[red, green, blue]]])


def test_white_of_graphics_is_75_percent() -> None:
    """BT.2408: 203 cd/m2 on a screen of 1000; black stays black."""
    assert graphics_to_hlg(_pixel(1, 1, 1).astype(int) * GRAPHICS_MAX)[0, 0] / SIGNAL_MAX == (
        pytest.approx([0.75] * 3, abs=2e-4)
    )
    assert not graphics_to_hlg(_pixel(0, 0, 0).astype(int)).any()


def test_a_primary_of_graphics_lies_inside_bt2020() -> None:
    """Red of sRGB by the exact equations, the gain of its own luminance included."""
    light = np.array([0.627403895934699, 0.069097289358232, 0.016391438875150]) * 0.203
    luminance = light @ [0.2627, 0.6780, 0.0593]
    expected = encode_scene(light * luminance ** (1 / 1.2 - 1))
    found = graphics_to_hlg(_pixel(1, 0, 0).astype(int) * GRAPHICS_MAX)[0, 0] / SIGNAL_MAX
    assert found == pytest.approx(expected, abs=1e-4)


def test_the_curve_and_its_reverse_agree() -> None:
    """At both ends, at the knee and in between."""
    light = np.array([0, 0.001, 1 / 12, 0.1, 0.5, 1])
    assert encode_scene(np.array([1 / 12, 1.0])) == pytest.approx([0.5, 1], abs=1e-6)
    assert decode_scene(encode_scene(light)) == pytest.approx(light, abs=1e-6)


@pytest.mark.parametrize("nits", [0.5, 10, 203, 600, 1000, 4000])
def test_pq_keeps_its_light_up_to_the_peak(nits: float) -> None:
    """A grey of PQ gives the same light on the reference screen for HLG."""
    power = (nits / 10000) ** 0.1593017578125
    signal = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    pixel = np.full((1, 1, 3), round(signal * SIGNAL_MAX), np.uint16)
    scene = decode_scene(video_to_hlg(pixel, "pq", "bt2020") / SIGNAL_MAX)
    assert 1000 * scene**1.2 == pytest.approx(min(nits, 1000), rel=0.005)


def test_hlg_passes_untouched() -> None:
    """Unless its primaries are others; grey is grey in all of them."""
    pixel = np.array([[[50000, 20000, 30000]]], np.uint16)
    assert (video_to_hlg(pixel, "hlg", "bt2020") == pixel).all()
    moved = video_to_hlg(pixel, "hlg", "smpte432").astype(int)
    assert moved[0, 0, 0] < 50000
    grey = np.full((1, 1, 3), 40000, np.uint16)
    assert video_to_hlg(grey, "hlg", "bt709").astype(int) == pytest.approx(40000, abs=4)


def test_two_layers_hold_a_signal() -> None:
    """All but the last step of each high level, which is one in 65535 off."""
    signal = np.arange(SIGNAL_MAX + 1, dtype=np.uint16)
    high, low = split_signal(signal)
    rejoined = high.astype(int) * HIGH_STEP + low
    assert np.abs(rejoined - signal).max() <= 1
    assert math.isclose(rejoined[-1], SIGNAL_MAX)
