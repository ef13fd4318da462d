"""The media of `tests/compositions`, made by name when they are needed."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.media.sources import (
    CELL,
    HEIGHT,
    WIDTH,
    Picture,
    clicks,
    numbered,
    tone,
    write_numbered,
    write_sound_file,
    write_video,
)

_BT709 = (1, 1, 1, 1)
# No B-frames and a keyframe now and then, as screen recorders do.
_PLAIN = {"preset": "ultrafast", "g": "12", "crf": "3"}


def write_footage(name: str, path: Path) -> None:
    """Write the file that compositions know as *name* to *path*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _MAKERS[name](path)


def _solid(colour: tuple[int, ...]) -> Picture:
    return np.full((HEIGHT, WIDTH, len(colour)), colour, np.uint8)


def _count(path: Path) -> None:
    """60 frames at 30/s, each saying its number, with a pulse every half second."""
    write_numbered(
        path,
        60,
        colour=_BT709,
        options=_PLAIN,
        sound=clicks(2, [0, 0.5, 1, 1.5]),
        sound_codec="aac",
    )


def _count_24(path: Path) -> None:
    write_numbered(path, 48, fps=Fraction(24), colour=_BT709, options=_PLAIN)


def _count_vp9(path: Path) -> None:
    # The container would have a number drawn by lot.
    bitexact = {"fflags": "+bitexact"}
    write_numbered(path, 30, codec="libvpx-vp9", colour=_BT709, container_options=bitexact)


def _count_hevc(path: Path) -> None:
    quiet = {"x265-params": "log-level=none:crf=8:bframes=0"}
    write_numbered(path, 30, codec="libx265", colour=_BT709, options=quiet)


def _count_prores(path: Path) -> None:
    write_numbered(path, 30, codec="prores_ks", pixel_format="yuv422p10le", colour=_BT709)


def _recording(path: Path) -> None:
    """A screen recording: pictures come when something changes, not at a rate."""
    stamps = [0, 100, 133, 500, 900, 933, 1400]
    write_numbered(
        path,
        len(stamps),
        stamps=stamps,
        time_base=Fraction(1, 1000),
        colour=_BT709,
        options=_PLAIN,
    )


def _colours(path: Path) -> None:
    """A second each of red and teal."""
    pictures = [_solid((255, 0, 0))] * 30 + [_solid((0, 128, 128))] * 30
    write_video(path, pictures, colour=_BT709, options=_PLAIN)


def _saturated(path: Path) -> None:
    """Six bars: red, green, blue, yellow, cyan, magenta."""
    picture = np.zeros((96, 192, 3), np.uint8)
    for number, colour in enumerate(["f00", "0f0", "00f", "ff0", "0ff", "f0f"]):
        picture[:, number * 32 : number * 32 + 32] = [int(digit, 16) * 17 for digit in colour]
    write_video(path, [picture] * 6, colour=_BT709, options=_PLAIN | {"qp": "0"})


def _upright(path: Path) -> None:
    """As a telephone stores what it films upright: on its side. Teal above red."""
    picture = _solid((255, 0, 0))
    picture[:, WIDTH // 2 :] = (0, 128, 128)
    write_video(path, [picture] * 30, colour=_BT709, options=_PLAIN, turn=(90, False, False))


def _glass(path: Path) -> None:
    """Green whose left half is see-through, its right half half so."""
    picture = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    picture[:, :, 1] = 255
    picture[:, WIDTH // 2 :, 3] = 128
    write_video(
        path,
        [picture] * 30,
        codec="libvpx-vp9",
        pixel_format="yuva420p",
        container_options={"fflags": "+bitexact"},  # or the file has a number drawn by lot
    )


def _stills() -> Iterator[Image.Image]:
    """Four numbered pictures."""
    return (Image.fromarray(numbered(number)) for number in range(4))


def _animated(path: Path) -> None:
    first, *rest = _stills()
    lossless = path.suffix == ".webp"
    first.save(path, save_all=True, append_images=rest, duration=200, loop=0, lossless=lossless)


def _halves(path: Path) -> None:
    """Left red, right blue."""
    picture = _solid((255, 0, 0))
    picture[:, WIDTH // 2 :] = (0, 0, 255)
    Image.fromarray(picture[: 4 * CELL]).save(path)


def _patches(path: Path) -> None:
    """Four greys and four colours, 40 × 20 pixels each."""
    greys = [(level, level, level) for level in (0, 64, 128, 255)]
    colours = [(221, 153, 102), (0, 85, 221), (187, 34, 68), (136, 204, 102)]
    row = np.repeat(np.array([greys + colours], np.uint8), 40, axis=1)
    Image.fromarray(np.repeat(row, 20, axis=0)).save(path)


def _clicks(codec: str, **options: Any) -> Callable[[Path], object]:
    sound = clicks(2, [0, 0.5, 1, 1.5])
    return lambda path: write_sound_file(path, sound, codec=codec, **options)


_MAKERS: dict[str, Callable[[Path], object]] = {
    "count.mp4": _count,
    "count-24.mp4": _count_24,
    "count.webm": _count_vp9,
    "count-hevc.mp4": _count_hevc,
    "count.mov": _count_prores,
    "recording.mp4": _recording,
    "colours.mp4": _colours,
    "saturated.mp4": _saturated,
    "upright.mp4": _upright,
    "glass.webm": _glass,
    "animated.gif": _animated,
    "animated.webp": _animated,
    "animated.png": _animated,
    "halves.png": _halves,
    "patches.png": _patches,
    "clicks.wav": _clicks("pcm_s16le"),
    "clicks.mp3": _clicks("libmp3lame"),
    "clicks.m4a": _clicks("aac"),
    "clicks.ogg": _clicks("libopus", container_options={"fflags": "+bitexact"}),
    "clicks.flac": _clicks("flac"),
    "tick.wav": lambda path: write_sound_file(path, clicks(0.25, [0])),
    "low.wav": lambda path: write_sound_file(path, tone(2, 441, 0.4)),
    "high.wav": lambda path: write_sound_file(path, tone(2, 882, 0.4)),
}
