"""Which changes of files are told."""

import threading
import time
from pathlib import Path

import pytest

from fanreel.preview.render_job import free_name
from fanreel.preview.watching import Watcher


class Changes:
    """Counts what is told."""

    def __init__(self) -> None:
        self.count, self._told = 0, threading.Event()

    def __call__(self) -> None:
        """Be told."""
        self.count += 1
        self._told.set()

    def comes(self, within_s: float) -> bool:
        """Wait for the next."""
        came = self._told.wait(within_s)
        self._told.clear()
        return came


@pytest.fixture(name="changes")
def _changes() -> Changes:
    return Changes()


def made(file: Path) -> bool:
    """Take one name for that of a video."""
    return file.name == "film.mp4"


def test_a_save_is_told_and_what_renders_write_is_not(tmp_path: Path, changes: Changes) -> None:
    """Pages, styles and data are the project's; hidden files and its own videos are not."""
    page = tmp_path / "index.html"
    page.write_text("one")
    with Watcher(tmp_path, changes, made):
        time.sleep(0.3)  # until it watches
        (tmp_path / ".index.html.swp").write_text("editor")
        (tmp_path / "film.mp4").write_text("video")
        assert not changes.comes(0.6)
        page.write_text("two")
        assert changes.comes(5)


def test_files_are_not_written_over(tmp_path: Path) -> None:
    """A second render of the day has a name of its own."""
    assert free_name(tmp_path, "film", ".mp4").name == "film.mp4"
    (tmp_path / "film.mp4").touch()
    (tmp_path / "film-2.mp4").touch()
    assert free_name(tmp_path, "film", ".mp4").name == "film-3.mp4"
