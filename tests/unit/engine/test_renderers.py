"""Renderers in children of their own: what a child that was taken over may not tell."""

from pathlib import Path

import pytest

from fanreel.engine.process import Child
from fanreel.engine.reach import Reach
from fanreel.engine.renderers import ChildRenderer, Losses
from fanreel.engine.requests import Open
from fanreel.errors import BrowserCrashed
from fanreel.segments.stores import SegmentKey

BOASTER = """
from fanreel.engine.answers import Done, Rendered
from fanreel.engine.messages import send_answer
from fanreel.engine.requests import Open, Render
from fanreel.engine.serving import requests, serve_parent
from fanreel.segments.times import SegmentTimes


def serve(connection):
    for request in requests(connection):
        if isinstance(request, Open):
            send_answer(connection, Done())
        elif isinstance(request, Render):
            frames = len(request.path.name)
            send_answer(connection, Rendered(times=SegmentTimes(wait=[1.0] * frames)))


def main(connection_fd):
    serve_parent(connection_fd, serve)
"""


def test_times_of_more_frames_than_asked_for_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would be kept and shown: the child counts as lost, and so does its successor."""
    (tmp_path / "boaster.py").write_text(BOASTER)
    monkeypatch.chdir(tmp_path)  # where the child finds it
    plan = Open(plan_dir=tmp_path, chunk_index=None, temp_dir=tmp_path, cache=None)
    key = SegmentKey(plan_hash="0" * 64, start_frame=4, end_frame=7)
    started: list[Child] = []

    def start() -> Child:
        started.append(Child("boaster"))
        started[-1].confine(Reach(temp_dir=None, reads=()))
        return started[-1]

    renderer = ChildRenderer(start(), plan, Losses(), start)
    try:
        assert renderer.render(key, Path("abc"), lambda _: None).wait == [1.0] * 3
        with pytest.raises(BrowserCrashed, match="more frames than it was asked for"):
            renderer.render(key, Path("abcd"), lambda _: None)
        assert len(started) == 2
        assert all(child.has_ended for child in started)
    finally:
        for child in started:
            child.kill()
