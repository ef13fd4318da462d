"""
What is behind a transparent composition on an opaque screen, and what can be told from it.

The composition's frame is composed by itself, in premultiplied 8 bits, and then put over what is
behind it, which is exact where that is black (0) or white (255): a channel shows `c` over black and
`c + 255 - a` over white, `c` being its premultiplied colour and `a` its alpha. A picture over a
pattern and one over the pattern's negative have both of each channel; see `transparency.py`.

Most of a frame is as in the one before, so the pattern is cut into cells, and only those are turned
into their negative that do not look as they last did over the same pattern. The pattern is of
colours at random that have black and white channels: a fading shadow would not be seen over black,
nor a fading light over white, but here both are. What changes unseen has to be of a pure colour and
meet that very colour at all of its pixels within a cell.
"""

import base64
import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fanreel.capture.png import encode_png
from fanreel.capture.transparency import with_transparency

Pixels = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]

CELL = 128
"""Side of a cell in CSS pixels, as in page/shell.js."""
_BLACK, _WHITE = 0, 7


class Backdrop:
    """
    The cells behind a composition, and its picture as far as they have shown it.

    Args:
        width: Of pictures, in device pixels.
        height: Of pictures.
        scale: Device pixels per CSS pixel. Unless whole, the pattern's would not be whole ones:
            then there is one cell, black or white, and it is turned at each frame.
    Attributes:
        picture: `height × width × 4`, B,G,R,A, 8 bit, straight alpha.
    """

    def __init__(self, width: int, height: int, scale: float) -> None:
        self.picture = np.zeros((height, width, 4), np.uint8)
        self._whole = scale == round(scale)
        self._side = CELL * round(scale) if self._whole else max(width, height)
        self.columns, rows = (-(-length // self._side) for length in (width, height))
        self._light = _light(round(scale)) if self._whole else np.zeros((1, 1), np.uint32)
        # 2 × 8.3 MB at 1080p: each cell as it looks now, and as it did when it was last turned.
        self._now, self._before = np.zeros((2, height, width), np.uint32)
        self._turned = np.zeros((rows, self.columns), np.intp)
        self._is_known = False

    def style(self) -> dict[str, object]:
        """Return what page/shell.js makes the cells of."""
        picture = encode_png(_sprite()) if self._whole else b""
        return {
            "columns": self.columns,
            "count": self._turned.size,
            "cell": CELL if self._whole else None,
            "pattern": base64.b64encode(picture).decode(),
        }

    def rebuild(self) -> None:
        """Begin with cells that have just been made: none is turned."""
        self._turned[:] = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew, with a page that has just been opened over cells that stay."""
        self._is_known = False

    def changed(self, shown: Pixels) -> list[int]:
        """Return the cells that do not look as they last did."""
        words = shown.view(np.uint32)[..., 0]
        cells = []
        for row, turned in enumerate(self._turned):
            changed = self._changed(words, row) if self._is_known and self._whole else turned >= 0
            cells += [row * self.columns + column for column in np.nonzero(changed)[0].tolist()]
        return cells

    def look(self, shown: Pixels, cells: Sequence[int]) -> None:
        """Take the picture in which *cells* have changed; `finish()` follows, with them turned."""
        words = shown.view(np.uint32)[..., 0]
        self._is_known = True
        for place in map(self._place, cells):
            self._before[place] = words[place]

    def finish(self, shown: Pixels, cells: Sequence[int]) -> None:
        """Take the picture in which *cells* have been turned, and bring `picture` up to date."""
        words = shown.view(np.uint32)[..., 0]
        for cell in cells:
            self._turned.flat[cell] ^= 1
            place = self._place(cell)
            self._now[place] = words[place]
            over, under = self._before[place], self._now[place]
            if not self._turned.flat[cell]:
                over, under = under, over
            light = self._light[: over.shape[0], : over.shape[1]]
            # What is of one picture where the pattern is light, and of the other elsewhere.
            crossed = (over ^ under) & light
            with_transparency(over ^ crossed, under ^ crossed, self.picture[place])

    def _changed(self, words: Words, row: int) -> npt.NDArray[np.bool_]:
        """Tell which cells of a row do not look as they last did."""
        rows = slice(row * self._side, (row + 1) * self._side)
        differs = (words[rows] != self._now[rows]).any(axis=0)
        starts = np.arange(0, words.shape[1], self._side)
        return np.logical_or.reduceat(differs, starts)

    def _place(self, cell: int) -> tuple[slice, slice]:
        top, left = (self._side * at for at in divmod(cell, self.columns))
        return slice(top, top + self._side), slice(left, left + self._side)


@functools.cache
def _colours() -> Pixels:
    """Return the pattern, `CELL × CELL × 3`: R,G,B, each 0 or 255, never all alike."""
    numbers = np.random.default_rng(0).integers(_BLACK + 1, _WHITE, (CELL, CELL))
    bits = (numbers[..., None] >> np.arange(3)) & 1
    return (bits * 255).astype(np.uint8)


def _sprite() -> Pixels:
    """Return the pattern and its negative, side by side."""
    return np.hstack([_colours(), ~_colours()])


@functools.cache
def _light(scale: int) -> Words:
    """Return the bits of a cell's words, B,G,R,x, that are of white channels."""
    light = np.zeros((CELL, CELL, 4), np.uint8)
    light[..., :3] = _colours()[..., ::-1]
    return light.view(np.uint32)[..., 0].repeat(scale, axis=0).repeat(scale, axis=1)
