"""What two small pictures of a film must have in common."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.media.films import furthest, small
from tests.media.test_films import NEAR


def _page(text: str, x: int = 200, y: int = 300, size: int = 40) -> np.ndarray:
    picture = Image.new("RGBA", (1280, 720), "#1e293b")
    ImageDraw.Draw(picture).text((x, y), text, fill="#f8fafc", font_size=size)
    return np.asarray(picture)


@pytest.mark.parametrize(
    "other",
    [
        _page(""),
        _page("Twelve regions launched", x=208),
        _page("Twelve regions launched", y=308),
        _page("Twelve regions launches"),
        _page("Twelve regions launched", size=42),
    ],
    ids=["missing", "right", "below", "spelled", "larger"],
)
def test_a_line_that_is_not_as_it_was_is_noticed(other: np.ndarray) -> None:
    """Missing, eight pixels off, a letter, a size."""
    assert furthest(small(_page("Twelve regions launched")), small(other)) > 2 * NEAR


def test_roundings_are_not() -> None:
    """Edges that are a few levels lighter, as another version of Chromium may have them."""
    picture = _page("Twelve regions launched")
    lighter = np.clip(picture.astype(np.int16) + (picture > 60) * 6, 0, 255).astype(np.uint8)
    assert furthest(small(picture), small(lighter)) <= NEAR
