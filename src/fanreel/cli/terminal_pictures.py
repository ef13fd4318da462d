"""
Pictures in a terminal: by the protocol it is known to have, else half blocks.

A terminal is known by what it calls itself. It is not asked: its answer would come among the keys
that are typed. Libraries for this (textual-image) ask, and bring Pillow for what is a few lines
where a picture is RGB already.
"""

import base64
import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rich.color import Color
from rich.console import Console
from rich.segment import ControlType, Segment, Segments
from rich.style import Style

Way = Literal["blocks", "kitty", "iterm"]

_COLOURS = frozenset({"truecolor", "256"})
_LEAST_LINES = 30
"""The picture takes up to 18 of them, and what was written before is to be seen too."""
_COLUMNS, _LINES = 64, 18
_MOST_LOOK_BYTES = 100_000
_KITTY = frozenset({"xterm-kitty", "xterm-ghostty"})
_ITERM = frozenset({"iTerm.app", "WezTerm"})
_BETWEEN = ("TMUX", "STY")
"""Set by tmux and screen, which hand pictures on in ways of their own, if at all."""

# "Unicode placeholders" of https://sw.kovidgoyal.net/kitty/graphics-protocol/
_KITTY_ID = 0x66_72_6C
_KITTY_CHUNK = 4096
_PLACEHOLDER = "\U0010eeee"
_ROWS = (
    "\u0305\u030d\u030e\u0310\u0312\u033d\u033e\u033f\u0346"
    "\u034a\u034b\u034c\u0350\u0351\u0352\u0357\u035b\u0363"
)  # fmt: skip
"""Marks that say which row of a picture a placeholder shows, and for its column the same."""


@dataclass(frozen=True, slots=True)
class Look:
    """A small picture as workers leave it."""

    width: int
    height: int
    rgb: bytes

    @classmethod
    def parse(cls, content: bytes) -> "Look":
        """
        Read width and height, a line feed, RGB.

        Raises:
            ValueError: It is no picture.
        """
        head, _, rgb = content[:_MOST_LOOK_BYTES].partition(b"\n")
        width, height = map(int, head.split())
        if not (width > 0 and height > 0 and len(rgb) == width * height * 3):
            raise ValueError("no picture")
        return cls(width, height, rgb)

    @property
    def step(self) -> int:
        """Pixels for each half block."""
        return max(math.ceil(self.width / _COLUMNS), math.ceil(self.height / (2 * _LINES)))

    @property
    def cells(self) -> tuple[int, int]:
        """Columns and lines that it takes."""
        return math.ceil(self.width / self.step), math.ceil(self.height / self.step / 2)


def way_of(console: Console, environ: Mapping[str, str]) -> Way | None:
    """Return how a terminal shows pictures; None where it has no colours or room for them."""
    if not console.is_terminal or console.height < _LEAST_LINES:
        return None
    if console.color_system not in _COLOURS:
        return None
    if any(environ.get(name) for name in _BETWEEN):
        return "blocks"
    # The colour of a placeholder is the number of its picture, so it has to arrive as it is.
    if environ.get("TERM") in _KITTY and console.color_system == "truecolor":
        return "kitty"
    return "iterm" if environ.get("TERM_PROGRAM") in _ITERM else "blocks"


def picture(look: Look, way: Way) -> Segments:
    """Return what a terminal shows as *look*."""
    match way:
        case "kitty":
            return _of_kitty(look)
        case "iterm":
            return _of_iterm(look)
        case "blocks":
            return _of_blocks(look)


def forgetting(way: Way) -> Segments:
    """Return what frees what a terminal has kept of pictures that are gone from the screen."""
    if way != "kitty":
        return Segments([])
    return Segments([_control(f"\x1b_Ga=d,d=I,i={_KITTY_ID},q=2\x1b\\")])


def without_controls(shown: Segments) -> Segments:
    """Return the text of a picture that a terminal has been sent."""
    return Segments([segment for segment in shown.segments if not segment.control])


def _of_blocks(look: Look) -> Segments:
    """
    Return a picture of half blocks, two pixels in each: plain text in two colours.

    It needs no protocol for images, and can leave nothing odd on a screen that has none.
    """
    columns, lines = look.cells

    def colour(x: int, y: int) -> Color:
        middle = look.step // 2
        x, y = min(x * look.step + middle, look.width - 1), y * look.step + middle
        at = 3 * (min(y, look.height - 1) * look.width + x)
        return Color.from_rgb(*look.rgb[at : at + 3])

    cells = []
    for y in range(0, 2 * lines, 2):
        cells += [
            Segment("▀", Style(color=colour(x, y), bgcolor=colour(x, y + 1)))
            for x in range(columns)
        ]
        cells.append(Segment.line())
    return Segments(cells)


def _of_kitty(look: Look) -> Segments:
    """Return a picture that lies in text: what erases the text erases it."""
    columns, lines = look.cells
    content = base64.b64encode(look.rgb).decode()
    chunks = [content[at : at + _KITTY_CHUNK] for at in range(0, len(content), _KITTY_CHUNK)]
    about = f"a=T,U=1,f=24,i={_KITTY_ID},s={look.width},v={look.height},c={columns},r={lines},q=2,"
    sent = "".join(
        f"\x1b_G{'' if at else about}m={int(at + 1 < len(chunks))};{chunk}\x1b\\"
        for at, chunk in enumerate(chunks)
    )
    style = Style(color=Color.from_rgb(*_KITTY_ID.to_bytes(3)))
    cells = [_control(sent)]
    for row in range(lines):
        # Those behind it are of the same row, each of the next column.
        first = _PLACEHOLDER + _ROWS[row] + _ROWS[0]
        cells += [Segment(first + _PLACEHOLDER * (columns - 1), style), Segment.line()]
    return Segments(cells)


def _of_iterm(look: Look) -> Segments:
    """Return empty lines, and a picture that is laid over them once they are there."""
    columns, lines = look.cells
    png = _png(look)
    content = base64.b64encode(png).decode()
    size = f"size={len(png)};width={columns};height={lines};preserveAspectRatio=0"
    place = f"inline=1;doNotMoveCursor=1;{size}"
    up = f"\x1b[{lines - 1}A" if lines > 1 else ""
    drawn = f"\x1b7{up}\r\x1b]1337;File={place}:{content}\x07\x1b8"
    empty = [Segment(" "), Segment.line()] * lines
    return Segments([*empty[:-1], _control(drawn), Segment.line()])


def _png(look: Look) -> bytes:
    row = 3 * look.width
    rows = [look.rgb[at : at + row] for at in range(0, len(look.rgb), row)]
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", look.width, look.height, 8, 2, 0, 0, 0),
        b"IDAT": zlib.compress(b"".join(b"\0" + one for one in rows), level=1),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts.items()
    )


def _control(sequence: str) -> Segment:
    """Return what is written as it is, and takes no room."""
    return Segment(sequence, None, [(ControlType.CURSOR_MOVE_TO_COLUMN, 0)])
