"""The pictures, videos and sounds of `tests/films`, made by name when they are needed."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from tests.media.sources import Picture, Sound, tone, write_sound_file, write_video

_BT709 = (1, 1, 1, 1)
_ENCODER = {"preset": "ultrafast", "g": "15", "crf": "12"}


def is_scenery(name: str) -> bool:
    """Tell whether *name* is a file made here."""
    return name in _MAKERS


def write_scenery(name: str, path: Path) -> None:
    """Write the file that films know as *name* to *path*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _MAKERS[name](path)


def landscape(width: int, height: int, colours: list[str], seed: int) -> Image.Image:
    """Draw hills in front of each other under a sky, and a sun; *colours* from the sky down."""
    picture = Image.new("RGB", (width, height), colours[0])
    draw = ImageDraw.Draw(picture)
    radius = height // 9
    left, top = width * (2 + seed % 5) // 8 - radius, height // 4 - radius
    draw.ellipse((left, top, left + 2 * radius, top + 2 * radius), fill=colours[1])
    across = np.arange(width + 1)
    for layer, colour in enumerate(colours[2:]):
        phase = seed * 1.7 + layer * 2.1
        waves = np.sin(across / width * (5 + 2 * layer) + phase) + np.sin(
            across / width * 11 + seed
        )
        tops = height * (0.5 + 0.14 * layer) + waves * height * 0.05
        edge = list(zip(across.tolist(), tops.tolist(), strict=True))
        draw.polygon([*edge, (width, height), (0, height)], fill=colour)
    return picture


def _still(colours: str, seed: int, size: tuple[int, int] = (960, 540)) -> Callable[[Path], object]:
    return lambda path: landscape(*size, colours.split(), seed).save(path, quality=92)


def _face(path: Path) -> None:
    """A head and shoulders, see-through around them."""
    picture = Image.new("RGBA", (256, 256), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 256, 256), fill="#ffd7a8")
    draw.ellipse((20, 168, 236, 400), fill="#2b59c3")
    draw.ellipse((76, 52, 180, 176), fill="#8d5524")
    draw.pieslice((66, 34, 190, 168), 180, 360, fill="#2a1a10")
    picture.save(path)


def _bottle(path: Path) -> None:
    """A product on nothing."""
    picture = Image.new("RGBA", (400, 640), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((150, 20, 250, 150), 18, fill="#2f2a28")
    draw.rounded_rectangle((70, 130, 330, 620), 60, fill="#e2725b")
    draw.rounded_rectangle((70, 300, 330, 470), 0, fill="#fff4e6")
    draw.ellipse((160, 340, 240, 420), fill="#e2725b")
    picture.save(path)


def _panning(colours: str, seed: int, **video: Any) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        wide = np.asarray(landscape(960, 360, colours.split(), seed))

        def pictures() -> Iterator[Picture]:
            for number in range(round(6 * video.get("fps", 30))):
                left = number * 8 // round(video.get("fps", 30) / 5)
                yield np.ascontiguousarray(wide[:, left : left + 640])

        write_video(path, pictures(), colour=_BT709, options=_ENCODER, **video)

    return write


def _pattern(path: Path) -> None:
    """Ten seconds of bars that move over a ramp, with a tone."""
    rows, columns = np.mgrid[0:360, 0:640]

    def pictures() -> Iterator[Picture]:
        for number in range(100):
            bars = ((columns + 6 * number) // 80 % 2) * 120
            ramp = rows * 255 // 360
            yield np.stack([bars + 60, ramp, 255 - bars], axis=-1).astype(np.uint8)

    write_video(
        path,
        pictures(),
        fps=Fraction(10),
        colour=_BT709,
        options=_ENCODER,
        sound=tone(10, 440, 0.25),
    )


def voice(seconds: float) -> Sound:
    """Return a sound that swells and falls as speech does: syllables, words, breaths."""
    at = np.arange(round(seconds * 48_000)) / 48_000
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * at), 0, 1)
    words = np.clip(np.sin(2 * np.pi * 0.7 * at + 0.6) + 0.4, 0, 1)
    pitch = 2 * np.pi * (140 * at + 3 * np.sin(2 * np.pi * 0.9 * at))
    wave = np.sin(pitch) + 0.5 * np.sin(2 * pitch) + 0.25 * np.sin(5 * pitch)
    return np.repeat((0.3 * wave * syllables * words).astype(np.float32)[:, np.newaxis], 2, axis=1)


_DUSK = "#f4a261 #ffe8c2 #b5656b #6d3b5e #33224a"
_MEADOW = "#bde0fe #fff3b0 #95d5b2 #52b788 #2d6a4f"
_SEA = "#cfe8ff #ffffff #7fb7d6 #3a86a8 #1b4965"
_SAND = "#ffe5b4 #ffffff #e9c46a #d4a046 #a06a2c"

_MAKERS: dict[str, Callable[[Path], object]] = {
    "dusk.jpg": _still(_DUSK, 1),
    "meadow.jpg": _still(_MEADOW, 2),
    "sea.jpg": _still(_SEA, 3),
    "sand.png": _still(_SAND, 4),
    "portrait.jpg": _still(_DUSK, 5, (540, 960)),
    "face.png": _face,
    "bottle.png": _bottle,
    "dusk.mp4": _panning(_DUSK, 1),
    "meadow.mp4": _panning(_MEADOW, 2, fps=Fraction(25)),
    "sea.mp4": _panning(_SEA, 3, fps=Fraction(24), sound=voice(6)),
    "pattern.mp4": _pattern,
    "voice.wav": lambda path: write_sound_file(path, voice(8)),
}
