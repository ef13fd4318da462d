"""
Every film shows the pictures it was kept with.

A browser is kept for films of one size, and one page shows all moments of a film.
"""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fanreel.timing.moments import frame_at
from tests.media.films import FILMS, REPOSITORY, film, furthest, kept, lay_out, names, small
from tests.media.studio import Studio, as_rgba

# Of 255, in a mean over some twenty pixels: a word that is missing or elsewhere is 30 and more.
NEAR = 10


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Yield a studio for the module."""
    with contextlib.closing(Studio(tmp_path_factory.mktemp("studio"))) as studio:
        yield studio


def in_order() -> list[str]:
    """Return all films so that those of one size follow each other."""

    def size(name: str) -> tuple[str, str]:
        folder = REPOSITORY / (film(name).project or FILMS / name)
        page = (folder / "index.html").read_text(encoding="utf-8").lower()
        return page.partition("data-width=")[2][:5], name

    return sorted(names(), key=size)


@pytest.mark.parametrize("name", in_order())
def test_a_film_shows_what_it_showed(name: str, studio: Studio, tmp_path: Path) -> None:
    """At each of its moments, to within what another version of Chromium may round otherwise."""
    found = lay_out(name, tmp_path / "project")
    planned = studio.plan(tmp_path / "project", found.render_config, tmp_path / "plan")
    assert len(planned.warnings) == len(found.warnings), planned.warnings
    for part, warning in zip(found.warnings, planned.warnings, strict=True):
        assert part in warning
    frames = [frame_at(at_s, planned.fps) for at_s in found.at]
    with studio.renderer(tmp_path / "plan") as renderer:
        shown = [as_rgba(picture, renderer.pixels) for picture in renderer.capture(frames)]
    for at_s, picture, before in zip(found.at, shown, kept(name), strict=True):
        apart = furthest(small(picture), before)
        assert apart <= NEAR, f"at {at_s} s the picture is {apart} levels from what it was"


@pytest.mark.parametrize("name", names())
def test_the_moments_of_a_film_are_different(name: str) -> None:
    """Or it would say nothing about time, and a blank picture nothing at all."""
    pictures = kept(name)
    for one, other in itertools.pairwise(pictures):
        assert furthest(one, other) > NEAR
    assert max(float(np.std(picture)) for picture in pictures) > NEAR
