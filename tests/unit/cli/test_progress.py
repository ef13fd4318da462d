"""Progress for terminals, logs and programs."""

import json

import pytest

from fanreel.cli.progress import choose_style, showing, write_event
from fanreel.results import RenderEvent

EVENTS = (
    RenderEvent(stage="plan", frames_done=0, total_frames=0, elapsed_s=0.1),
    RenderEvent(stage="render", frames_done=0, total_frames=90, elapsed_s=1.0),
    RenderEvent(stage="render", frames_done=30, total_frames=90, elapsed_s=2.0),
    RenderEvent(stage="render", frames_done=90, total_frames=90, elapsed_s=4.0),
    RenderEvent(stage="assemble", frames_done=90, total_frames=90, elapsed_s=4.1, message="x"),
    RenderEvent(stage="done", frames_done=90, total_frames=90, elapsed_s=4.2),
)


def test_programs_get_a_line_per_event(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is one JSON object; the result, written by the command, is the last."""
    with showing("json") as on_event:
        for event in EVENTS:
            on_event(event)
    write_event("done", {"sizeBytes": 3})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["progress"] * 5 + ["done"]
    assert lines[2] == {
        "event": "progress",
        "stage": "render",
        "framesDone": 30,
        "totalFrames": 90,
        "elapsedS": 2.0,
        "framesPerS": 30.0,
        "leftS": 2.0,
    }
    assert [line["leftS"] for line in lines if "leftS" in line] == [2.0, 0.0]
    assert lines[4]["message"] == "x"


def test_a_log_gets_a_line_per_stage(capsys: pytest.CaptureFixture[str]) -> None:
    """Not one per frame; standard output stays free for the result."""
    with showing("lines") as on_event:
        for event in EVENTS:
            on_event(event)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "planning",
        "rendering 0/90",
        "rendering 90/90 30.0 frames/s, 0.0 s left",
        "assembling 90/90 x",
    ]


def test_a_log_says_how_long_it_will_take(capsys: pytest.CaptureFixture[str]) -> None:
    """By the speed so far, in minutes where it is more than one."""
    with showing("lines") as on_event:
        for done, elapsed_s in ((0, 1.0), (100, 11.0)):
            on_event(
                RenderEvent(
                    stage="render", frames_done=done, total_frames=1000, elapsed_s=elapsed_s
                )
            )
    assert capsys.readouterr().err.splitlines() == [
        "rendering 0/1000",
        "rendering 100/1000 10.0 frames/s, 1:30.0 left",
    ]


def test_a_fast_render_does_not_flood_its_reader(capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand frames in a second are told a few times."""
    with showing("json") as on_event:
        for frame in range(1001):
            on_event(
                RenderEvent(
                    stage="render", frames_done=frame, total_frames=1000, elapsed_s=frame / 1000
                )
            )
    done = [json.loads(line)["framesDone"] for line in capsys.readouterr().out.splitlines()]
    assert len(done) == 6
    assert (done[0], done[-1]) == (0, 1000)


def test_a_terminal_gets_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames, rate and nothing left behind on standard output."""
    monkeypatch.setenv("FORCE_COLOR", "1")  # as a terminal would be
    with showing("bar") as on_event:
        for event in EVENTS:
            on_event(event)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Assembling" in captured.err


def test_quiet_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing at all."""
    with showing("quiet") as on_event:
        for event in EVENTS:
            on_event(event)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("as_json", "quiet", "style"),
    [(True, True, "json"), (False, True, "quiet"), (False, False, "lines")],
)
def test_the_style_is_what_was_asked(*, as_json: bool, quiet: bool, style: str) -> None:
    """Standard error of a test is no terminal."""
    assert choose_style(as_json=as_json, quiet=quiet) == style
