"""A render in tmux: what a person sees of it."""

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.hostile import page, script

PATIENCE_S = 240
PAGE = page(
    '<i style="position: fixed; inset: 0; background: #f00"></i>'
    # A frame takes so long that there is something to see.
    + script(
        """
        const seek = () => { for (let i = 0; i < 5e7; i += 1); };
        __timelines = { main: { duration: () => 4, seek } };
        """
    ),
    root='data-duration="4" data-width="320" data-height="180" data-no-timeline',
)
pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")


def tmux(*words: str) -> str:
    """Ask a server of these tests' own."""
    ran = subprocess.run(
        ["tmux", "-L", "fanreel-tests", "-f", "/dev/null", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout


@contextlib.contextmanager
def rendering(folder: Path, lines: int, colours: str) -> Iterator[None]:
    """Render in a pane of so many lines."""
    (folder / "project").mkdir()
    (folder / "project" / "index.html").write_text(PAGE)
    render = f"{sys.executable} -m fanreel render project -o film.mp4 --no-resume"
    options = "--workers 2 --segment-frames 30"
    # Pytest's own size of a terminal is not that of the pane.
    env = f"env -u LINES -u COLUMNS COLORTERM={colours}"
    command = f"cd {folder}; {env} {render} {options}; echo ended; sleep 600"
    tmux("new-session", "-d", "-s", folder.name, "-x", "100", "-y", str(lines), command)
    try:
        yield
    finally:
        tmux("kill-session", "-t", folder.name)


def panes(folder: Path) -> Iterator[str]:
    """Yield what the pane shows, again and again, until the render has ended."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        shown = tmux("capture-pane", "-p", "-t", folder.name)
        yield shown
        if "ended" in shown:
            return
        time.sleep(0.1)
    raise TimeoutError


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("lines", "colours", "pictures"), [(40, "truecolor", True), (24, "", False)]
)
def test_bars_pictures_and_a_summary(
    tmp_path: Path, *, lines: int, colours: str, pictures: bool
) -> None:
    """Nothing but words, bars and blocks; at the end only what was made and what it took."""
    seen = ""
    with rendering(tmp_path, lines, colours):
        for shown in panes(tmp_path):
            seen += shown
    assert "worker 1" in seen
    assert "worker 2" in seen
    assert ("▀" in seen) == pictures
    assert {letter for letter in seen if not letter.isascii()} <= set("━╸╺▀")
    assert "\x1b" not in seen
    assert "worker 1" not in shown
    assert "▀" not in shown
    assert "film.mp4: 4.0 s, 120 frames" in shown
    assert "2 workers: opening pages" in shown
