"""How a child that only decodes begins, and what becomes of one that cannot."""

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from fanreel.engine import process, warm
from fanreel.engine.answers import Described, Replied
from fanreel.engine.decoder import Decoder
from fanreel.engine.process import Child
from fanreel.engine.requests import AskMedia, Describe, ServeMedia
from fanreel.errors import BrowserCrashed, MissingPlanArtifact, RenderCancelled


def test_a_child_that_cannot_begin_is_not_kept(tmp_path: Path) -> None:
    """Each request tries anew and says why; one that holds no media would say something else."""
    media = ServeMedia(
        root_dir=tmp_path, entry_path="index.html", project_path="", plan_dir=tmp_path / "plan"
    )
    with Decoder("decoded", tmp_path, media=media) as decoder:
        for _ in range(2):
            with pytest.raises(MissingPlanArtifact):
                decoder.fetch(AskMedia(path="info/clip.mp4"))
        assert decoder._child is None


@pytest.mark.usefixtures("cold")
def test_a_child_that_is_lost_as_it_begins_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `start()` as by a request, and the next one takes its place."""
    media = ServeMedia(root_dir=tmp_path, entry_path="index.html", project_path="", plan_dir=None)
    with Decoder("decoded", tmp_path, media=media) as decoder:
        monkeypatch.setattr(
            process, "child_argv", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"]
        )
        with pytest.raises(BrowserCrashed, match="that decoded ended with exit status 3"):
            decoder.start()
        monkeypatch.undo()
        assert isinstance(decoder.fetch(AskMedia(path="nothing"))[0], Replied)


def test_closing_reaches_a_child_that_is_being_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There was nothing to end yet when it was closed."""
    started: list[Child] = []

    class Slow(Child):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self)
            closing.start()
            while not decoder._closed:
                time.sleep(0.01)

    monkeypatch.setattr(warm, "Child", Slow)
    decoder = Decoder("decoded", tmp_path).__enter__()
    closing = threading.Thread(target=decoder.close)
    with pytest.raises(RenderCancelled):
        decoder.ask(Describe(path=tmp_path), Described)
    closing.join()
    assert started[0].has_ended
