"""`fanreel watch`: a film that follows its project."""

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from queue import Queue

import pytest

from fanreel.comparison.frames import read_frames

PATIENCE_S = 120
PAGE = """<!doctype html>
<style>#main {{ width: 64px; height: 36px; background: {colour}; }}</style>
<div id="main" data-composition-id="main" data-duration="0.2" data-width="64" data-height="36"
  data-no-timeline></div>
"""


def keep(stream: Iterable[str], lines: "Queue[str]") -> None:
    """Hand on each line."""
    for line in stream:
        lines.put(line)


@contextlib.contextmanager
def watching(project: Path, film: Path) -> Iterator["Queue[str]"]:
    """Run the command; yield the lines that it writes. Ctrl-C ends it."""
    command = [sys.executable, "-m", "fanreel", "watch", str(project), "-o", str(film)]
    lines: Queue[str] = Queue()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        reader = threading.Thread(target=keep, args=(process.stdout, lines))
        reader.start()
        try:
            yield lines
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 130
            reader.join()


def wait_for(lines: "Queue[str]", text: str) -> None:
    """Read on until a line holds *text*."""
    while text not in lines.get(timeout=PATIENCE_S):
        pass


@pytest.mark.timeout(600)
def test_a_change_is_rendered_and_an_error_is_not_the_end(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The film lies in the project, and is none of its changes."""
    page, film = tmp_path / "index.html", tmp_path / "film.mp4"
    page.write_text(PAGE.format(colour="#ff0000"))
    monkeypatch.setenv("FANREEL_RESUME_DIR", str(tmp_path_factory.mktemp("resume")))
    with watching(tmp_path, film) as lines:
        wait_for(lines, "film.mp4: ")
        assert next(read_frames(film))[5, 5, 0] > 200
        page.write_text("no composition")
        wait_for(lines, "error[INVALID_COMPOSITION]")
        assert next(read_frames(film))[5, 5, 0] > 200
        page.write_text(PAGE.format(colour="#0000ff"))
        wait_for(lines, "film.mp4: ")
        assert next(read_frames(film))[5, 5, 2] > 200
        # An edit that is taken back, or a file saved as it was, costs no frame.
        page.write_text(PAGE.format(colour="#ff0000"))
        wait_for(lines, "6 frames were there already")
        assert next(read_frames(film))[5, 5, 0] > 200
        assert lines.empty()
