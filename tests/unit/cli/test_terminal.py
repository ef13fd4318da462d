"""What a terminal shows of a render."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from fanreel.cli.terminal import bars, picture_of_blocks, shows_pictures
from fanreel.reporting.render_log import Current, RenderLog
from fanreel.results import RenderEvent
from fanreel.segments.times import SegmentRun

RED, BLUE = b"\xff\x00\x00", b"\x00\x00\xff"


def terminal(height: int = 40, **given: object) -> Console:
    """Return one that keeps what is written to it."""
    about = {"color_system": "truecolor", "force_terminal": True, "width": 100} | given
    return Console(file=io.StringIO(), height=height, **about)  # type: ignore[arg-type]


def test_two_pixels_share_a_cell() -> None:
    """The upper one is the block, the lower one what is behind it; an odd last row stands alone."""
    picture = picture_of_blocks(b"1 3\n" + RED + BLUE + BLUE)
    cells = [segment for segment in picture.segments if segment.style]
    assert [cell.text for cell in cells] == ["▀", "▀"]
    colours = [(cell.style.color, cell.style.bgcolor) for cell in cells if cell.style]
    shown = [tuple(c.triplet.hex for c in pair if c and c.triplet) for pair in colours]
    assert shown == [("#ff0000", "#0000ff"), ("#0000ff", "#0000ff")]


@pytest.mark.parametrize("junk", [b"", b"2 2\n", b"a b\nccc", b"-1 -1\n" + RED, b"9 9\n" + RED])
def test_what_is_no_picture_is_not_shown(junk: bytes) -> None:
    """A worker that was taken over may write anything."""
    with pytest.raises(ValueError, match=r"."):
        picture_of_blocks(junk)


def test_pictures_need_colours_and_room() -> None:
    """Not in a window of 24 lines, with eight colours, or without a terminal."""
    assert shows_pictures(terminal())
    assert not shows_pictures(terminal(24))
    assert not shows_pictures(terminal(color_system="standard"))
    assert not shows_pictures(terminal(force_terminal=False))


def test_each_worker_has_a_bar_while_it_renders(tmp_path: Path) -> None:
    """The newest picture is below them; at the end nothing is left."""
    console, log = terminal(), RenderLog(looks=True)
    for worker, start in enumerate((0, 60)):
        run = SegmentRun(worker=worker, start_frame=start, end_frame=start + 60, begin_s=0)
        log.current[worker] = Current(run, tmp_path / str(worker), frames=15)
    (tmp_path / "1.look").write_bytes(b"1 2\n" + RED + BLUE)
    with bars(console, log) as on_event:
        on_event(RenderEvent(stage="render", frames_done=30, total_frames=120, elapsed_s=2))
        on_event.screen.refresh()
        written = console.file.getvalue()  # type: ignore[attr-defined]
        assert "30/120" in written
        assert written.index("worker 1") < written.index("worker 2")
        assert "15/60" in written
        assert "▀" in written
        del log.current[1]
        (tmp_path / "1.look").unlink()
        console.file.truncate(0)
        on_event(RenderEvent(stage="render", frames_done=90, total_frames=120, elapsed_s=3))
        on_event.screen.refresh()
        written = console.file.getvalue()  # type: ignore[attr-defined]
        assert "worker 1" in written
        assert "worker 2" not in written
