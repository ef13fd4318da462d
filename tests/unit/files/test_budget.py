"""The size cap, on real files: links, holes, what vanishes, and what cannot be read."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanreel.config import RenderConfig
from fanreel.errors import DiskFull, PlanTooLarge
from fanreel.files.budget import (
    check_estimate,
    check_measured,
    directory_size,
    human_size,
    within_cap,
    without_lambda_cap,
)

NOBODY = 65534
MEASURE = """
import os, sys
from pathlib import Path
from fanreel.files.budget import directory_size
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
try:
    print(directory_size(Path(sys.argv[1])))
except OSError as exc:
    print(type(exc).__name__, exc.filename)
"""


def _write(path: Path, size_bytes: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size_bytes)
    return path


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (2 * 1024**3, "2.0 GiB"),
        (5 * 1024**4, "5120.0 GiB"),
    ],
)
def test_sizes_in_words(size_bytes: int, words: str) -> None:
    """Binary units, as the cap is one."""
    assert human_size(size_bytes) == words


def test_every_file_counts_once_where_it_lies(tmp_path: Path) -> None:
    """Any depth, hidden or not, empty directories for nothing."""
    _write(tmp_path / "a", 100)
    _write(tmp_path / "b" / "c" / ".d", 20)
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    assert directory_size(tmp_path) == 120


def test_symlinks_are_not_followed(tmp_path: Path) -> None:
    """To a file, to a directory, to its own parent, to nothing: each counts nothing."""
    outside = _write(tmp_path / "outside" / "large", 5000).parent
    plan = tmp_path / "plan"
    _write(plan / "file", 7)
    (plan / "to-file").symlink_to(outside / "large")
    (plan / "to-directory").symlink_to(outside)
    (plan / "to-parent").symlink_to(plan)
    (plan / "to-itself").symlink_to("to-itself")
    (plan / "to-nothing").symlink_to("nothing")
    assert directory_size(plan) == 7


def test_what_is_no_file_counts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes and sockets have no bytes, and are not opened."""
    monkeypatch.chdir(tmp_path)  # a socket's path has room for 107 characters
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert directory_size(tmp_path) == 0


def test_a_file_with_a_hole_counts_its_length(tmp_path: Path) -> None:
    """What is copied or uploaded is the length, not the blocks on this disk."""
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(3 * 1024**3)
    assert directory_size(tmp_path) == 3 * 1024**3
    with pytest.raises(PlanTooLarge, match=r"takes 3\.0 GiB, the cap is 2\.0 GiB"):
        check_measured(tmp_path, 2 * 1024**3)


def test_files_that_vanish_meanwhile_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file and a whole directory, gone between being listed and being looked at."""
    _write(tmp_path / "stays", 10)
    _write(tmp_path / "goes", 100)
    _write(tmp_path / "folder" / "goes-too", 1000)
    real = os.scandir

    def listed_then_gone(path: Path) -> Iterator[os.DirEntry[str]]:
        entries = list(real(path))
        monkeypatch.undo()
        (tmp_path / "goes").unlink()
        shutil.rmtree(tmp_path / "folder")
        return iter(entries)

    monkeypatch.setattr(os, "scandir", listed_then_gone)
    assert directory_size(tmp_path) == 10
    assert directory_size(tmp_path / "folder") == 0


def test_a_directory_that_cannot_be_read_is_an_error() -> None:
    """Its size is unknown, not zero: asked as somebody who is not root."""
    # Not below pytest's own directory, which is closed to others.
    with tempfile.TemporaryDirectory(prefix="budget-") as name:
        Path(name).chmod(0o755)
        _write(Path(name, "file"), 10)
        locked = _write(Path(name, "locked", "file"), 1000).parent
        locked.chmod(0o000)
        answer = subprocess.run(
            [sys.executable, "-c", MEASURE, name, str(NOBODY)],
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
        )
        locked.chmod(0o700)
    assert answer.stdout == f"PermissionError {locked}\n"


def test_the_cap_itself_fits(tmp_path: Path) -> None:
    """One byte more does not; the error has both sizes, and says what can be done."""
    _write(tmp_path / "file", 2048)
    assert check_measured(tmp_path, 2048) == 2048
    with pytest.raises(PlanTooLarge, match="raise planDirSizeLimitBytes") as caught:
        check_measured(tmp_path, 2047)
    assert (caught.value.size_bytes, caught.value.limit_bytes) == (2048, 2047)


def test_the_estimate_is_held_against_the_cap_and_the_disk(tmp_path: Path) -> None:
    """Work and plan lie side by side for a while, so twice the estimate has to be free."""
    space = os.statvfs(tmp_path)
    free_bytes = space.f_bavail * space.f_frsize
    plan_dir = tmp_path / "not" / "there" / "yet"
    check_estimate(free_bytes // 4, free_bytes, tmp_path, plan_dir)
    with pytest.raises(PlanTooLarge, match="will take about"):
        check_estimate(1001, 1000, tmp_path, plan_dir)
    with pytest.raises(DiskFull, match="free some space or plan elsewhere") as caught:
        check_estimate(free_bytes, free_bytes * 4, tmp_path, plan_dir)
    assert caught.value.facts["needed_bytes"] == free_bytes * 2


@pytest.mark.parametrize(
    ("asked", "cap"),
    [
        (RenderConfig(), 5000),
        (RenderConfig(plan_dir_size_limit_bytes=4000), 4000),
        (RenderConfig(plan_dir_size_limit_bytes=6000), 5000),
    ],
)
def test_a_stacks_cap_may_be_lowered_only(asked: RenderConfig, cap: int) -> None:
    """Who says nothing gets it, be it above the default or below."""
    assert within_cap(asked, 5000).plan_dir_size_limit_bytes == cap
    assert within_cap(RenderConfig(), 2**32).plan_dir_size_limit_bytes == 2**32


def test_the_cap_of_lambda_is_lifted_unless_it_was_asked_for() -> None:
    """What is rendered here has this machine's disk."""
    assert without_lambda_cap(RenderConfig()).plan_dir_size_limit_bytes == sys.maxsize
    for config in (
        RenderConfig(plan_dir_size_limit_bytes=1000),
        RenderConfig(runtime_cap="lambda"),
    ):
        assert without_lambda_cap(config) is config
