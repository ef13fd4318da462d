"""
`tests/films`: whole compositions, and the pictures they are known to show.

    index.html, …       the composition, unless `film.toml` names a project elsewhere
    film.toml           see `Film`
    expected.png        the moments of `at` side by side, small, as `python -m bench.films --write`
                        makes it

The pictures were looked at beside those of the format's own renderer when they were made.
"""

import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from fanreel.config import RenderConfig
from tests.media.compositions import put_libraries
from tests.media.libraries import install_libraries
from tests.media.scenery import is_scenery, write_scenery
from tests.media.sources import Picture

REPOSITORY = Path(__file__).parents[2]
FILMS = REPOSITORY / "tests" / "films"
_PICTURES = "expected.png"
_SMALL_SIDE = 240
# What transparency is shown on.
_GREY = 160


class Film(BaseModel):
    """`film.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    """What the film shows, and what of the format it leans on."""
    at: tuple[float, ...] = Field(min_length=2)
    """The moments whose pictures are kept, in seconds."""
    project: str | None = None
    """Folder of the composition, from the repository's root; None: beside `film.toml`."""
    libraries: tuple[str, ...] = ()
    """Put into `vendor/`: keys of `LIBRARY_FILES`."""
    media: tuple[str, ...] = ()
    """Put into `media/`: files of `scenery.py`."""
    files: dict[str, str] = Field(default_factory=dict)
    """Put elsewhere: path in the project, and a file of npm's or of `scenery.py`."""
    config: dict[str, Any] = Field(default_factory=dict)
    """Of the render, as `RenderConfig.from_json()` takes it."""
    warnings: tuple[str, ...] = ()
    """A part of each warning the plan gives."""

    @property
    def rule(self) -> str:
        """What it shows, by the name that compositions have for it."""
        return self.about

    @property
    def render_config(self) -> RenderConfig:
        """The configuration to render with."""
        return RenderConfig.from_json(self.config)


def names() -> list[str]:
    """Return the films."""
    return sorted(path.parent.name for path in FILMS.glob("*/film.toml"))


def film(name: str) -> Film:
    """Read the `film.toml` of the film *name*."""
    return Film.model_validate(tomllib.loads((FILMS / name / "film.toml").read_text("utf-8")))


def lay_out(name: str, project_dir: Path) -> Film:
    """Make the film *name* a whole project in *project_dir*, with libraries and media."""
    found = film(name)
    source = REPOSITORY / found.project if found.project else FILMS / name
    kept_back = shutil.ignore_patterns("film.toml", _PICTURES, "*.py", "__pycache__")
    shutil.copytree(source, project_dir, ignore=kept_back)
    put_libraries(found.libraries, project_dir)
    wanted = {f"media/{file}": file for file in found.media} | found.files
    for target, file in wanted.items():
        path = project_dir / target
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_scenery(file):
            write_scenery(file, path)
        else:
            shutil.copyfile(install_libraries() / file, path)
    return found


def small(picture: Picture) -> Picture:
    """Return a picture, height × width × 4 RGBA, in RGB with a longer side of 240 pixels."""
    alpha = picture[..., 3:].astype(np.float32) / 255
    opaque = (picture[..., :3] * alpha + _GREY * (1 - alpha)).round().astype(np.uint8)
    height, width = opaque.shape[:2]
    scale = min(1, _SMALL_SIDE / max(height, width))
    size = round(width * scale), round(height * scale)
    return np.asarray(Image.fromarray(opaque).resize(size, Image.Resampling.BOX))


def keep(name: str, pictures: Sequence[Picture]) -> None:
    """Keep *pictures*, RGBA as captured, as those of the film *name*."""
    sheet = np.concatenate([small(picture) for picture in pictures], axis=1)
    Image.fromarray(sheet).save(FILMS / name / _PICTURES, optimize=True)


def kept(name: str) -> list[Picture]:
    """Return the small pictures that are kept, height × width × 3."""
    sheet = np.asarray(Image.open(FILMS / name / _PICTURES).convert("RGB"))
    return np.split(sheet, len(film(name).at), axis=1)


def furthest(one: Picture, other: Picture) -> int:
    """Return how many levels two small pictures are apart where they are furthest."""
    assert one.shape == other.shape, f"{one.shape} is not {other.shape}"
    return int(np.abs(one.astype(np.int16) - other).max())
