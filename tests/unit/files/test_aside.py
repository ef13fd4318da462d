"""Outputs appear whole or not at all."""

import contextlib
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fanreel.errors import DiskFull, InvalidConfig
from fanreel.files import aside
from fanreel.files.aside import clearing_beside, naming_write_errors, written_aside


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    """And not before; its folder is made."""
    path = tmp_path / "new" / "out.txt"
    with written_aside(path) as aside:
        aside.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert _names(path.parent) == ["out.txt"]


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_what_was_there(tmp_path: Path, interruption: type[BaseException]) -> None:
    """The old file stays, the new one is gone, and the error is the block's own."""
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(interruption):
        _write_and_raise(path, interruption)
    assert path.read_text() == "old"
    assert _names(tmp_path) == ["out.txt"]


def _write_and_raise(path: Path, interruption: type[BaseException]) -> None:
    with written_aside(path) as aside:
        aside.write_text("half")
        raise interruption


@pytest.mark.parametrize(
    "entries", [[], ["plan.json", "compiled"], ["frame_000001.png", "audio.wav"]]
)
def test_a_directory_of_ours_is_replaced(tmp_path: Path, entries: list[str]) -> None:
    """An empty one, a plan, or a sequence of frames; nothing of the old one stays."""
    path = tmp_path / "out"
    path.mkdir()
    for name in entries:
        (path / name).write_text('{"protocol": 1, "plan_hash": "5f"}')
    with written_aside(path) as aside:
        aside.mkdir()
        (aside / "new").touch()
    assert _names(path) == ["new"]
    assert _names(tmp_path) == ["out"]


def test_a_directory_of_somebody_elses_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even by another name, and before any work is done."""
    (tmp_path / "thesis.odt").touch()
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path, Path()):
        with pytest.raises(InvalidConfig, match=r"thesis\.odt"), written_aside(path):
            pytest.fail("the block must not run")
    assert _names(tmp_path) == ["thesis.odt"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, DiskFull), (errno.EROFS, InvalidConfig), (errno.EACCES, InvalidConfig)],
)
def test_refusals_to_write_are_named(number: int, expected: type[Exception]) -> None:
    """With the path and what to do."""
    with pytest.raises(expected, match=r"out\.mp4"), naming_write_errors(Path("out.mp4")):
        raise OSError(number, os.strerror(number))


def test_other_errors_pass(tmp_path: Path) -> None:
    """What is not about writing is not renamed."""
    with pytest.raises(ValueError, match="other"), naming_write_errors(tmp_path):
        raise ValueError("other")


LEAVE = """
import os, sys
from pathlib import Path
from fanreel.files.aside import written_aside
with written_aside(Path(sys.argv[1])) as aside:
    aside.write_text("half")
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    """By the next that writes this output, and only what is its own: name, machine, end."""
    path = tmp_path / "out.mp4"
    subprocess.run([sys.executable, "-c", LEAVE, str(path)], check=False)
    [left] = _names(tmp_path)
    others = {
        left.replace("out.mp4", "other.mp4"),
        re.sub(r"mp4\.\w+-", "mp4.00000000-", left),
        re.sub(r"-\d+-\d+", f"-{os.getpid()}-999999", left),  # no name this process takes itself
        left + "ner",
        "out.mp4.part",
    }
    for name in others:
        (tmp_path / name).touch()
    with written_aside(path) as fresh:
        assert left not in _names(tmp_path)
        fresh.touch()
    assert set(_names(tmp_path)) == {"out.mp4", *others}


def test_what_a_killed_child_left_is_cleared_by_its_parent(tmp_path: Path) -> None:
    """Also where the parent gives up for an error of its own."""
    path = tmp_path / "out.mp4"
    with contextlib.suppress(KeyboardInterrupt), clearing_beside(path, None):
        subprocess.run([sys.executable, "-c", LEAVE, str(path)], check=False)
        assert len(_names(tmp_path)) == 1
        raise KeyboardInterrupt
    assert _names(tmp_path) == []


def test_a_directory_set_aside_by_a_killed_process_comes_back(tmp_path: Path) -> None:
    """It died between the two renames; nothing else holds what was there."""
    path = tmp_path / "out"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    old = path.with_name(aside._beside(path, "old").name.replace(f"{os.getpid()}", f"{ended.pid}"))
    old.mkdir()
    (old / "frame_000001.png").touch()
    with pytest.raises(RuntimeError):
        _write_and_raise(path, RuntimeError)
    assert _names(tmp_path) == ["out"]
    assert _names(path) == ["frame_000001.png"]
