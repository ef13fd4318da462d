"""The bytes that show a picture in a terminal."""

import base64
import io
import struct
import zlib

import pytest
from rich.console import Console

from fanreel.cli.terminal_pictures import Look, forgetting, picture, way_of

RED, BLUE = b"\xff\x00\x00", b"\x00\x00\xff"


def terminal(height: int = 40, **given: object) -> Console:
    """Return one that keeps what is written to it."""
    about = {"color_system": "truecolor", "force_terminal": True, "width": 100} | given
    return Console(file=io.StringIO(), height=height, **about)  # type: ignore[arg-type]


def written(look: Look, way: str) -> str:
    """Return what is written for a picture."""
    console = terminal()
    console.print(picture(look, way), end="")  # type: ignore[arg-type]
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


@pytest.mark.parametrize("junk", [b"", b"2 2\n", b"a b\nccc", b"-1 -1\n" + RED, b"9 9\n" + RED])
def test_what_is_no_picture_is_not_shown(junk: bytes) -> None:
    """A worker that was taken over may write anything."""
    with pytest.raises(ValueError, match=r"."):
        Look.parse(junk)


def test_pictures_need_colours_and_room() -> None:
    """Not in a window of 24 lines, with eight colours, or without a terminal."""
    assert way_of(terminal(), {}) == "blocks"
    assert way_of(terminal(24), {}) is None
    assert way_of(terminal(color_system="standard"), {}) is None
    assert way_of(terminal(force_terminal=False), {"TERM": "xterm-kitty"}) is None


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"TERM": "xterm-256color"}, "blocks"),
        # Another terminal that was started from kitty.
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "blocks"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode", "KITTY_WINDOW_ID": "1"}, "blocks"),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "tmux", "TMUX": "socket,1,0"}, "blocks"),
        ({"TERM": "xterm-kitty", "TMUX": "socket,1,0"}, "blocks"),
        ({"TERM": "screen", "TERM_PROGRAM": "iTerm.app", "STY": "1.pts"}, "blocks"),
    ],
)
def test_a_terminal_is_known_by_what_it_calls_itself(environ: dict[str, str], way: str) -> None:
    """What is not known for certain gets half blocks, and so does all that lies between."""
    assert way_of(terminal(), environ) == way


def test_kitty_needs_all_colours() -> None:
    """The number of a picture is a colour: of 256 it would be another's."""
    assert way_of(terminal(color_system="256"), {"TERM": "xterm-kitty"}) == "blocks"


def test_two_pixels_share_a_cell() -> None:
    """The upper one is the block, the lower one what is behind it; an odd last row stands alone."""
    segments = picture(Look(1, 3, RED + BLUE + BLUE), "blocks").segments
    cells = [segment for segment in segments if segment.style]
    assert [cell.text for cell in cells] == ["▀", "▀"]
    colours = [(cell.style.color, cell.style.bgcolor) for cell in cells if cell.style]
    shown = [tuple(c.triplet.hex for c in pair if c and c.triplet) for pair in colours]
    assert shown == [("#ff0000", "#0000ff"), ("#0000ff", "#0000ff")]


def test_a_block_is_the_middle_of_its_pixels() -> None:
    """A picture for those who show it whole has three pixels each way for each half block."""
    row = (BLUE + RED + BLUE) * 64
    segments = picture(Look(192, 6, row * 6), "blocks").segments
    cells = [segment for segment in segments if segment.style]
    assert len(cells) == 64
    assert {cell.style.color.triplet.hex for cell in cells if cell.style} == {"#ff0000"}  # type: ignore[union-attr]


def test_kitty_is_sent_pixels_and_text_that_they_lie_in() -> None:
    """In chunks of 4096, without an answer; each line of text says which row it shows."""
    look = Look(64, 36, bytes(range(256)) * 27)
    text = written(look, "kitty")
    *sent, _ = text.split("\x1b\\")
    begins = "\x1b_Ga=T,U=1,f=24,i=6713964,s=64,v=36,c=64,r=18,q=2,m=1;"
    assert sent[0].startswith(begins)
    assert [chunk.partition(";")[0] for chunk in sent[1:]] == ["\x1b_Gm=1", "\x1b_Gm=0"]
    contents = [chunk.partition(";")[2] for chunk in sent]
    assert max(map(len, contents)) <= 4096
    assert base64.b64decode("".join(contents)) == look.rgb
    lines = text.rpartition("\x1b\\")[2].splitlines()
    assert len(lines) == 18
    assert lines[0] == f"\x1b[38;2;102;114;108m\U0010eeee\u0305\u0305{chr(0x10EEEE) * 63}\x1b[0m"
    assert "\U0010eeee\u0363\u0305\U0010eeee" in lines[17]
    (forgotten,) = forgetting("kitty").segments
    assert forgotten.text == "\x1b_Ga=d,d=I,i=6713964,q=2\x1b\\"
    assert forgetting("blocks").segments == forgetting("iterm").segments == []


def test_iterm_lays_a_file_over_lines_that_are_there() -> None:
    """From the last of them up, and the cursor is back where it was."""
    look = Look(4, 4, (RED * 2 + BLUE * 2) * 4)
    text = written(look, "iterm")
    before, drawn = text.split("\x1b7\x1b[1A\r\x1b]1337;File=inline=1;doNotMoveCursor=1;")
    place, _, content = drawn.partition(":")
    content, after = content.split("\x07\x1b8")
    assert (before, after) == (" \n ", "\n")
    png = base64.b64decode(content)
    assert place == f"size={len(png)};width=4;height=2;preserveAspectRatio=0"
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (4, 4)
    at = png.index(b"IDAT")
    (size,) = struct.unpack(">I", png[at - 4 : at])
    rows = zlib.decompress(png[at + 4 : at + 4 + size])
    assert rows == (b"\0" + RED * 2 + BLUE * 2) * 4
