"""A transparent picture is told from an opaque screen."""

import numpy as np
import numpy.typing as npt
import pytest

from fanreel.capture.backdrop import CELL, Backdrop
from fanreel.capture.transparency import with_transparency

Pixels = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 2 * CELL + 10, CELL + 7
COLUMNS, CELLS = 3, 6


class Screen:
    """What Chromium would show: premultiplied colours over the cells, as the page turns them."""

    def __init__(self, scale: float = 1) -> None:
        self.backdrop = Backdrop(WIDTH, HEIGHT, scale)
        # Turned cells are the negative of these, and both are what the page is told.
        light = self.backdrop._light
        high, wide = (-(-n // m) for n, m in zip((HEIGHT, WIDTH), light.shape, strict=True))
        tiled = np.tile(light, (high, wide))[:HEIGHT, :WIDTH]
        self._behind = np.ascontiguousarray(tiled).view(np.uint8).reshape(HEIGHT, WIDTH, 4)[..., :3]
        self._behind = self._behind.copy()

    def film(self, content: Pixels) -> list[int]:
        """Take *content*, premultiplied B,G,R,A; give the cells that were turned for it."""
        shown = self._show(content)
        turned = self.backdrop.changed(shown)
        self.backdrop.look(shown, turned)
        for cell in turned:
            rows, columns = self.backdrop._place(cell)
            self._behind[rows, columns] ^= 255
        if turned:
            self.backdrop.finish(self._show(content), turned)
        return turned

    def _show(self, content: Pixels) -> Pixels:
        clear = 255 - content[..., 3:].astype(int)
        shown = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        shown[..., :3] = content[..., :3] + self._behind * clear // 255
        return shown


def filled(blue: int, green: int, red: int, alpha: int) -> Pixels:
    """Return a picture of one premultiplied colour."""
    return np.full((HEIGHT, WIDTH, 4), (blue, green, red, alpha), np.uint8)


def test_colour_and_alpha_are_told_from_two_pictures() -> None:
    """Half of full red is red at half alpha; what is clear has no colour."""
    screen = Screen()
    assert screen.film(filled(0, 0, 128, 128)) == list(range(CELLS))
    assert (screen.backdrop.picture == (0, 0, 255, 128)).all()
    screen.film(filled(0, 0, 0, 0))
    assert not screen.backdrop.picture.any()


@pytest.mark.parametrize("colour", [0, 1], ids=["a shadow", "a light"])
def test_a_change_in_alpha_alone_is_seen(colour: int) -> None:
    """Black that fades shows nowhere over black, white nowhere over white; here both are behind."""
    screen = Screen()
    for alpha in (10, 11, 200):
        level = colour * alpha
        screen.film(filled(level, level, level, alpha))
        assert (screen.backdrop.picture[..., 3] == alpha).all()


def test_cells_that_do_not_change_are_not_turned() -> None:
    """One other pixel turns its own cell, whichever way that cell stands, and none else."""
    screen = Screen()
    content = filled(30, 20, 10, 40)
    screen.film(content)
    assert screen.film(content) == []
    content[CELL + 2, CELL + 5] = (1, 2, 3, 4)
    assert screen.film(content) == [COLUMNS + 1]
    assert screen.film(content) == []
    assert screen.backdrop.picture[CELL + 2, CELL + 5].tolist() == [64, 128, 191, 4]


def test_a_page_opened_afresh_is_looked_at_as_a_whole() -> None:
    """So a segment does not depend on what was filmed before it."""
    screen = Screen()
    screen.film(filled(0, 0, 0, 0))
    screen.backdrop.forget()
    assert len(screen.film(filled(0, 0, 0, 0))) == CELLS


def test_at_a_scale_that_is_not_whole_all_is_turned_at_each_frame() -> None:
    """The pattern's pixels would show two of its colours at once."""
    screen = Screen(scale=1.5)
    for alpha in (90, 90, 91):
        assert screen.film(filled(0, 0, 0, alpha)) == [0]
        assert (screen.backdrop.picture[..., 3] == alpha).all()


def test_every_straight_colour_comes_back_to_its_premultiplied_one() -> None:
    """All 32,896 pairs of alpha and colour: straight is within half a level of exact."""
    alpha, colour = (grid.ravel() for grid in np.mgrid[0:256, 0:256])
    alpha, colour = alpha[colour <= alpha], colour[colour <= alpha]
    grey = np.uint32(0x010101)
    black = (colour.astype(np.uint32) * grey)[None]
    white = ((colour + 255 - alpha).astype(np.uint32) * grey)[None]
    found = np.empty((1, len(alpha), 4), np.uint8)
    with_transparency(black, white, found)
    assert (found[0, :, 3] == alpha).all()
    exact = colour[alpha > 0] * 255 / alpha[alpha > 0]
    assert np.abs(found[0, alpha > 0, 0] - exact).max() <= 0.5 + 1e-6
