"""When pictures are encoded at a constant quantiser."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fanreel.config import RenderConfig
from fanreel.inspection.rate_choice import suits_constant_quantiser

Picture = npt.NDArray[np.uint8]
WIDTH, HEIGHT = 640, 360


def gradient() -> Picture:
    """Return a grey that rises slowly."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return _grey(60 + columns * 0.2 + rows * 0.1)


def lettering() -> Picture:
    """Return a band of black and white strokes two pixels wide."""
    strokes = np.random.default_rng(1).integers(0, 2, (40, WIDTH // 2)) * 235
    picture = np.full((HEIGHT, WIDTH), 20)
    picture[100:140] = strokes.repeat(2, axis=1)
    return _grey(picture)


def _grey(levels: npt.NDArray[Any]) -> Picture:
    return np.repeat(levels[..., None].astype(np.uint8), 4, axis=2)


def test_what_varies_slowly_does() -> None:
    """It becomes smaller, and takes half the time."""
    assert suits_constant_quantiser(RenderConfig(), [gradient()] * 2, "bgr0")


def test_sharp_detail_does_not() -> None:
    """It would be a third larger; pictures count by their bytes, so one is enough."""
    assert not suits_constant_quantiser(RenderConfig(), [gradient(), lettering()], "bgr0")


def test_odd_sizes_are_judged_too() -> None:
    """4:2:0 has no odd sizes; a column less tells as much."""
    assert suits_constant_quantiser(RenderConfig(), [gradient()[:-1, :-1]], "bgr0")


@pytest.mark.parametrize("asked", [{"crf": 23}, {"format": "mov"}, {"quality": "draft"}])
def test_where_there_is_no_choice_nothing_is_encoded(asked: dict[str, object]) -> None:
    """No picture is even looked at."""
    config = RenderConfig.model_validate(asked)
    assert not suits_constant_quantiser(config, (pytest.fail("asked") for _ in range(1)), "bgr0")
