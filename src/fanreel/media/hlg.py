"""
Hybrid log-gamma (ITU-R BT.2100): the light of screens as the signal of an HDR video.

Graphics and PQ video say what light a screen gives; HLG says what light a camera saw, and leaves
it to the screen's system gamma. Both come in through the light of the reference screen of
1000 cd/m2, as ITU-R BT.2408 has it: white of graphics at 203 cd/m2, which is 75 % of the signal.

Signals are unsigned 16 bit, 0 to 65535 for 0 to 100 %. All mixing is spelled out in float32 and
looked up in tables, so the same pixels give the same signal on every machine.
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.uint16]
Light = npt.NDArray[np.float32]

SIGNAL_MAX = 65535
SHADES = 16
"""Steps that graphics are looked up at between two levels of 8 bits."""
GRAPHICS_MAX = 255 * SHADES
HIGH_STEP = 257
"""What one level of a signal's high layer stands for; the low layer counts in ones."""

_PEAK_NITS = 1000.0
_WHITE_NITS = 203.0
_SYSTEM_GAMMA = 1.2
BT2020_WEIGHTS = (0.2627, 0.0593)
"""Red's and blue's share of luma."""
LUMA_ZERO, LUMA_SPAN, CHROMA_ZERO, CHROMA_SPAN = 64 * 64, 876 * 64, 512 * 64, 896 * 64
"""Limited range (BT.2100, table 9), in 16 bits."""
ROWS = 48
"""Of a picture to work on at a time, so that what is in between stays in the processor's cache."""

_LUMA = (0.2627, 0.6780, 0.0593)
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073

Matrix = tuple[tuple[float, float, float], ...]
_FROM_BT709: Matrix = (
    (0.627403895934699, 0.329283038377884, 0.043313065687417),
    (0.069097289358232, 0.919540395075459, 0.011362315566309),
    (0.016391438875150, 0.088013307877226, 0.895595253247624),
)
_FROM_P3: Matrix = (
    (0.753833034361722, 0.198597369052617, 0.047569596585662),
    (0.045743848965358, 0.941777219811693, 0.012478931222948),
    (-0.001210340354518, 0.017601717301090, 0.983608623053428),
)
_TO_BT2020 = {"bt709": _FROM_BT709, "smpte432": _FROM_P3}


def encode_scene(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the signal, 0 to 1, for the light of the scene, 0 to 1 (BT.2100, HLG OETF)."""
    log = _A * np.log(np.maximum(12 * light - _B, 1e-9)) + _C
    return np.where(light <= 1 / 12, np.sqrt(3 * light), log)


def decode_scene(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the light of the scene for a signal; the reverse of `encode_scene()`."""
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - _C) / _A) + _B) / 12)  # noqa: PLR2004 (BT.2100)


def _decode_srgb(level: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 (IEC 61966-2-1)


def _decode_pq(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return cd/m2 for a PQ signal (BT.2100, PQ EOTF)."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    root = signal ** (1 / m2)
    return 10000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)


class _Tables(NamedTuple):
    graphics_light: Light
    pq_light: Light
    hlg_light: Light
    signal_of_root: Signal
    """Looked up by the square root of the light: as evenly spaced as the eye sees it."""
    gain_of_root: Light
    """Reverses the screen's system gamma: light of the scene = light × luminance^(1/1.2 - 1)."""


@functools.cache  # 9 ms and megabytes, which renders without HDR do not need
def _tables() -> _Tables:
    steps: npt.NDArray[np.float64] = np.arange(SIGNAL_MAX + 1) / SIGNAL_MAX
    graphics = _decode_srgb(np.arange(GRAPHICS_MAX + 1) / GRAPHICS_MAX)
    return _Tables(
        graphics_light=(graphics * (_WHITE_NITS / _PEAK_NITS)).astype(np.float32),
        pq_light=(_decode_pq(steps) / _PEAK_NITS).astype(np.float32),
        hlg_light=decode_scene(steps).astype(np.float32),
        signal_of_root=np.round(encode_scene(steps**2) * SIGNAL_MAX).astype(np.uint16),
        gain_of_root=np.concatenate(
            [[0.0], steps[1:] ** (2 / _SYSTEM_GAMMA - 2)], dtype=np.float32, casting="same_kind"
        ),
    )


def graphics_to_hlg(levels: npt.NDArray[Any]) -> Signal:
    """
    Bring graphics to HLG, BT.2020 primaries, white at 203 cd/m2.

    Args:
        levels: height × width × 3, sRGB, whole numbers from 0 to `GRAPHICS_MAX`.
    """
    light = _tables().graphics_light
    return _in_bands(levels, lambda band: _screen_to_signal(_mix(band, light)))


def video_to_hlg(signal: Signal, transfer: str, primaries: str) -> Signal:
    """
    Bring the signal of an HDR video to HLG, BT.2020 primaries.

    PQ above 1000 cd/m2 is cut off there, as BT.2408 has it for a conversion at equal light.

    Args:
        signal: height × width × 3, R'G'B'.
        transfer: `pq` or `hlg`, as WebCodecs calls them.
        primaries: As WebCodecs calls them; what is unknown counts as BT.2020.
    """
    matrix = _TO_BT2020.get(primaries)
    if transfer == "pq":
        light = _tables().pq_light
        return _in_bands(signal, lambda band: _screen_to_signal(_mix(band, light, matrix)))
    if matrix is None:
        return signal
    light = _tables().hlg_light
    return _in_bands(signal, lambda band: _scene_to_signal(_mix(band, light, matrix)))


def split_signal(signal: Signal) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Split a signal into two layers of 8 bits: signal = high × `HIGH_STEP` + low."""
    high = signal // HIGH_STEP
    low = np.minimum(signal - high * HIGH_STEP, 255)
    return high.astype(np.uint8), low.astype(np.uint8)


def _in_bands(pixels: npt.NDArray[Any], convert: Any) -> Signal:
    result = np.empty(pixels.shape, np.uint16)
    for top in range(0, len(pixels), ROWS):
        band = convert(pixels[top : top + ROWS])
        for channel in range(3):
            result[top : top + ROWS, :, channel] = band[channel]
    return result


def _mix(
    pixels: npt.NDArray[Any], light: Light, matrix: Matrix | None = _FROM_BT709
) -> list[Light]:
    """Look up each channel's light and bring it to BT.2020 primaries."""
    red, green, blue = (light.take(pixels[..., channel], mode="clip") for channel in range(3))
    if matrix is None:
        return [red, green, blue]
    return [_weigh((red, green, blue), row) for row in matrix]


def _weigh(channels: Sequence[Light], weights: Sequence[float]) -> Light:
    first, second, third = (
        channel * np.float32(weight) for channel, weight in zip(channels, weights, strict=True)
    )
    first += second
    first += third
    return first


def _screen_to_signal(light: list[Light]) -> list[Signal]:
    gain = _tables().gain_of_root.take(_root(_weigh(light, _LUMA)), mode="clip")
    return _scene_to_signal([channel * gain for channel in light])


def _scene_to_signal(light: Sequence[Light]) -> list[Signal]:
    signal_of_root = _tables().signal_of_root
    return [signal_of_root.take(_root(channel), mode="clip") for channel in light]


def _root(light: Light) -> npt.NDArray[np.int64]:
    root = np.sqrt(np.maximum(light, 0))
    root *= np.float32(SIGNAL_MAX)
    root += np.float32(0.5)
    # take() wants the machine's index type; everything else it would convert once more.
    return root.astype(np.int64)
