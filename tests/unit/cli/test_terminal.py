"""What a terminal shows of a render."""

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from fanreel.cli.terminal import bars
from fanreel.reporting.render_log import Current, RenderLog
from fanreel.results import RenderEvent
from fanreel.segments.times import SegmentRun

RED, BLUE = b"\xff\x00\x00", b"\x00\x00\xff"


def terminal(height: int = 40, **given: object) -> Console:
    """Return one that keeps what is written to it."""
    about = {"color_system": "truecolor", "force_terminal": True, "width": 100} | given
    return Console(file=io.StringIO(), height=height, **about)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a terminal that is not known for pictures."""
    for name in ("TERM", "TERM_PROGRAM", "TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)


def test_workers_are_asked_for_pictures_where_they_can_be_shown() -> None:
    """In a window of 24 lines nobody draws any."""
    for height, wanted in ((40, True), (24, False)):
        log = RenderLog()
        with bars(terminal(height), log):
            assert log.looks is wanted


def test_kitty_is_sent_a_picture_once_and_forgets_it_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is drawn again is its text; the next picture is sent as the first was."""
    monkeypatch.setenv("TERM", "xterm-kitty")
    console, log = terminal(), RenderLog()
    run = SegmentRun(worker=0, start_frame=0, end_frame=60, begin_s=0)
    log.current[0] = Current(run, tmp_path / "0", frames=15)
    look = tmp_path / "0.look"
    with bars(console, log) as on_event:
        for red in (1, 2):
            look.write_bytes(b"1 2\n" + bytes((red, 0, 0)) * 2)
            os.utime(look, (red, red))
            on_event.screen.refresh()
            on_event.screen.refresh()
    written = console.file.getvalue()  # type: ignore[attr-defined]
    assert written.count("\x1b_Ga=T,") == 2
    assert written.count("\U0010eeee") >= 4
    assert written.count("\x1b_Ga=d,") == 1
    assert written.endswith("\x1b\\")


def test_each_worker_has_a_bar_while_it_renders(tmp_path: Path) -> None:
    """The newest picture is below them; at the end nothing is left."""
    console, log = terminal(), RenderLog()
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
