"""
`tests/compositions`: what each folder holds besides its pages, and what must be seen and heard.

    index.html, …       the composition
    expect.toml         see `Expected`; a folder without it belongs to a test of its own

Colours are `#rrggbb`, with alpha `#rrggbbaa`. Points and boxes are pixels from the top left; a box
is `[left, top, right, bottom]`, half-open.
"""

import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fanreel.config import RenderConfig
from tests.media.footage import write_footage
from tests.media.libraries import install_libraries
from tests.media.sources import BITS, CELL, Picture, Sound

COMPOSITIONS = Path(__file__).parents[1] / "compositions"

# What a composition asks for as `vendor/<file name>`, by library.
LIBRARY_FILES = {
    "gsap": ("gsap/dist/gsap.min.js",),
    "gsap-plugins": (
        "gsap/dist/MotionPathPlugin.min.js",
        "gsap/dist/DrawSVGPlugin.min.js",
        "gsap/dist/TextPlugin.min.js",
        "gsap/dist/SplitText.min.js",
    ),
    "anime": ("animejs/dist/bundles/anime.umd.min.js",),
    "d3": ("d3/dist/d3.min.js",),
    "lottie": ("lottie-web/build/player/lottie.min.js",),
    "dotlottie": (
        "@lottiefiles/dotlottie-web/dist/index.js",
        "@lottiefiles/dotlottie-web/dist/dotlottie-player.wasm",
    ),
    "shader-transitions": ("@hyperframes/shader-transitions/dist/index.global.js",),
    "leaflet": ("leaflet/dist/leaflet.js", "leaflet/dist/leaflet.css"),
    "three": ("three/build/three.module.js", "three/build/three.core.js"),
    "martian-mono": (
        "@fontsource-variable/martian-mono/files/martian-mono-latin-standard-normal.woff2",
    ),
    "martian-mono-cyrillic": (
        "@fontsource-variable/martian-mono/files/martian-mono-cyrillic-standard-normal.woff2",
    ),
}
_BOX_TOLERANCE = 60


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class See(_Strict):
    """
    One thing to see in one frame: exactly one of the fields after *frame*.

    A point's colour, the box around all pixels of a colour, the number that a numbered picture
    with its corner at a point says, or that the frame is like or unlike another.
    """

    frame: int
    point: tuple[int, int] | None = None
    box: str | None = None
    number: tuple[int, int] | None = None
    like: int | None = None
    unlike: int | None = None
    is_: Any = Field(default=None, alias="is")
    within: int = 3
    """Of a colour: per channel; of a box: pixels each way."""
    cell: int = CELL
    """Of a number: width of one bit's cell in pixels."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = [self.point, self.box, self.number, self.like, self.unlike]
        if sum(one is not None for one in said) != 1:
            raise ValueError("say one of point, box, number, like, unlike")
        return self

    def check(self, pictures: Sequence[Picture]) -> None:
        """Assert it; *pictures* are height × width × 4, RGBA."""
        picture = pictures[self.frame]
        if self.like is not None or self.unlike is not None:
            other = pictures[self.like if self.like is not None else self.unlike or 0]
            same = bool((picture == other).all())
            assert same == (self.like is not None), f"{self}: the same is {same}"
        elif self.point is not None:
            found = picture[self.point[1], self.point[0]]
            assert _near(found, self.is_, self.within).all(), f"{self}: found {colour_text(found)}"
        elif self.box is not None:
            found_box = box_of(picture, self.box)
            assert len(found_box) == len(self.is_), f"{self}: found {found_box}"
            apart = np.abs(np.subtract(found_box, self.is_)).max(initial=0)
            assert apart <= self.within, f"{self}: found {found_box}"
        elif self.number is not None:
            left, top = self.number
            row = picture[top + 2 * self.cell, left + self.cell // 2 :: self.cell, 1][:BITS]
            value = sum(1 << bit for bit, light in enumerate(row) if light > 128)
            assert value == self.is_, f"{self}: found {value}"


class Hear(_Strict):
    """
    One thing to hear in samples `[start, end)` of the mix: exactly one of the fields after *end*.

    Where it first gets loud, how loud it is, or how high.
    """

    start: int = 0
    end: int | None = None
    onset: int | None = None
    rms: float | None = None
    hertz: float | None = None
    within: float = 0

    def check(self, sound: Sound) -> None:
        """Assert it; *sound* is samples × channels at 48 kHz."""
        piece = sound[self.start : self.end]
        if self.onset is not None:
            loud = np.abs(piece).max(axis=1) > 0.25
            found = self.start + int(np.argmax(loud))
            assert loud.any(), f"{self}: nothing is loud"
            assert abs(found - self.onset) <= self.within, f"{self}: found {found}"
        if self.rms is not None:
            level = float(np.sqrt(np.square(piece).mean()))
            assert abs(level - self.rms) <= self.within, f"{self}: found {level:.4f}"
        if self.hertz is not None:
            wave = piece[:, 0]
            rises = np.flatnonzero((wave[:-1] < 0) & (wave[1:] >= 0))
            found_hertz = 48_000 * (len(rises) - 1) / (rises[-1] - rises[0])
            assert abs(found_hertz - self.hertz) <= self.within, f"{self}: found {found_hertz:.2f}"


class Expected(_Strict):
    """`expect.toml`."""

    rule: str
    """What the composition shows, in a sentence."""
    frames: int
    libraries: tuple[str, ...] = ()
    """Keys of `LIBRARY_FILES`."""
    media: tuple[str, ...] = ()
    """Files of `footage.py`, put into `media/`."""
    config: dict[str, Any] = Field(default_factory=dict)
    """Of the render, as `RenderConfig.from_json()` takes it; format `mov` for transparency."""
    undefined: str | None = None
    """Why the format leaves the picture open, so that no other renderer's can be compared."""
    warnings: tuple[str, ...] = ()
    """A part of each warning the plan gives."""
    see: tuple[See, ...] = Field(min_length=1)
    hear: tuple[Hear, ...] = ()

    @property
    def render_config(self) -> RenderConfig:
        """The configuration to render with."""
        return RenderConfig.from_json(self.config)


def expected(name: str) -> Expected:
    """Read the `expect.toml` of the composition *name*."""
    text = (COMPOSITIONS / name / "expect.toml").read_text(encoding="utf-8")
    return Expected.model_validate(tomllib.loads(text))


def names() -> list[str]:
    """Return the compositions that say what is expected of them."""
    return sorted(path.parent.name for path in COMPOSITIONS.glob("*/expect.toml"))


def lay_out(name: str, project_dir: Path) -> Expected:
    """Make the composition *name* a whole project in *project_dir*, with libraries and media."""
    found = expected(name)
    ignored = shutil.ignore_patterns("expect.toml")
    shutil.copytree(COMPOSITIONS / name, project_dir, symlinks=True, ignore=ignored)
    put_libraries(found.libraries, project_dir)
    for file in found.media:
        write_footage(file, project_dir / "media" / file)
    return found


def put_libraries(libraries: Sequence[str], project_dir: Path) -> None:
    """Put what *libraries*, keys of `LIBRARY_FILES`, consist of into `vendor/`."""
    for library in libraries:
        for file in LIBRARY_FILES[library]:
            target = project_dir / "vendor" / Path(file).name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(install_libraries() / file, target)


def colour_text(pixel: Any) -> str:
    """Write a pixel, RGBA, as `#rrggbb` or, unless it is opaque, `#rrggbbaa`."""
    text = "#" + "".join(f"{value:02x}" for value in pixel)
    return text[:7] if text.endswith("ff") else text


def box_of(picture: Picture, colour: str) -> list[int]:
    """Return the box around all pixels about *colour*; empty if there are none."""
    rows, columns = np.nonzero(_near(picture, colour, _BOX_TOLERANCE).all(axis=-1))
    if not len(rows):
        return []
    ends = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    return [int(end) for end in ends]


def _near(pixels: Any, colour: str, within: int) -> Any:
    wanted = [int(colour[at : at + 2], 16) for at in range(1, len(colour), 2)]
    wanted += [255] * (4 - len(wanted))
    return np.abs(np.subtract(pixels, wanted, dtype=np.int16)) <= within
