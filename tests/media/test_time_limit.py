"""A decoder that hangs, and a child that stands still, end by name; a slow one is waited for."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fanreel import plan
from fanreel.config import RenderConfig
from fanreel.engine import process
from fanreel.engine.answers import Described, Done
from fanreel.engine.decoder import Decoder
from fanreel.engine.process import Child
from fanreel.engine.reach import Reach
from fanreel.engine.requests import Describe, Finish
from fanreel.errors import BrowserCrashed, MediaUnreadable, NotMedia, UnexpectedError
from fanreel.media import time_limit
from fanreel.media.opening import open_media
from tests.media import slow
from tests.media.hostile import Place, page
from tests.media.sources import numbered, write_video

TOO_LONG = r"^large\.mov cannot be decoded: libav was at one step of it for more than 0\.06 s; "


@pytest.fixture(name="large", scope="module")
def _large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one picture of 25 million pixels, which takes a tenth of a second to decode."""
    return write_video(
        tmp_path_factory.mktemp("large") / "large.mov",
        [np.zeros((5000, 5000, 3), np.uint8)],
        codec="png",
        pixel_format="rgb24",
        options={"compression_level": "1"},
    )


@pytest.mark.usefixtures("cold")
def test_a_file_that_takes_too_long_is_named(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child ends, for nothing interrupts a call into libav; the next file gets another."""
    clip = write_video(tmp_path / "clip.mp4", [numbered(0)])
    monkeypatch.setattr(process, "child_argv", _argv(slow.impatient_decoder.__name__))
    with Decoder("decoded", large, clip) as decoder:
        with pytest.raises(MediaUnreadable, match=TOO_LONG) as caught:
            decoder.ask(Describe(path=large), Described)
        assert caught.value.facts["path"] == str(large)
        monkeypatch.undo()
        assert decoder.ask(Describe(path=clip), Described).result.picture


@pytest.mark.usefixtures("cold")
def test_a_plan_says_which_video_took_too_long(
    large: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends the step, with all that it started."""
    shutil.copy(large, place.project)
    place.write({"index.html": page('<video id="v" src="large.mov" data-start="0"></video>')})
    monkeypatch.setattr(process, "child_argv", _argv(slow.impatient.__name__))
    with pytest.raises(MediaUnreadable, match=TOO_LONG):
        plan(place.project, RenderConfig(), place.out / "plan")
    assert place.outputs() == []
    place.check_nothing_left()


def test_what_is_done_with_items_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what libav takes for each; a block has its time as a whole."""
    monkeypatch.setattr(time_limit, "CALL_S", 2.0)
    here = Path("here.mp4")
    for _ in time_limit.paced(here, range(3)):
        assert [time_limit.tick() for _ in range(4)] == [None] * 4
    with time_limit.timed(here):
        assert [time_limit.tick() for _ in range(2)] == [None] * 2
        with time_limit.timed(here, 10):
            assert (late := time_limit.tick())
    assert late.message.startswith("here.mp4 cannot be decoded: ")
    assert time_limit.tick() is None


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_only_files_are_opened(kind: str, tmp_path: Path) -> None:
    """A pipe that nobody writes to would never open."""
    path = tmp_path / "clip.mp4"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(NotMedia, match=r"clip\.mp4 is not a file but a pipe or a device"):
        open_media(path)


def test_a_child_that_stands_still_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pipe stays open, but it gives no sign of life; another takes its place."""
    clip = write_video(tmp_path / "clip.mp4", [numbered(0)])
    with Decoder("decoded", clip) as decoder:
        monkeypatch.setattr(process, "_SILENCE_S", 0.5)
        decoder.start()
        assert decoder._child
        os.kill(decoder._child.pid, signal.SIGSTOP)
        with pytest.raises(BrowserCrashed, match=r"ended with no sign of life for 0\.5 s"):
            decoder.ask(Describe(path=clip), Described)
        monkeypatch.undo()
        assert decoder.ask(Describe(path=clip), Described).result.picture


def test_a_child_that_is_only_slow_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says again and again that it runs."""
    monkeypatch.setattr(process, "child_argv", _argv(slow.late.__name__))
    monkeypatch.setattr(process, "_SILENCE_S", 4.0)
    with Child() as child:
        child.confine(Reach(temp_dir=None, reads=()))
        with pytest.raises(UnexpectedError, match="at last"):
            child.ask(Finish(), Done)


def _argv(name: str) -> Callable[[str, int], list[str]]:
    def argv(_module: str, fd: int) -> list[str]:
        code = f"from {slow.__name__} import {name}; {name}({fd})"
        return [sys.executable, "-c", code]

    return argv
