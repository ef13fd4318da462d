"""Work directories go with their owner, and nothing else ever does."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from fanreel.files.work_dir import open_work_dir

HOLD = """
import sys, time
from pathlib import Path
from fanreel.files.work_dir import open_work_dir
with open_work_dir(Path(sys.argv[1])) as path:
    print(path, flush=True)
    time.sleep(60)
"""


def age(path: Path) -> None:
    """Make *path* look two minutes old."""
    then = time.time() - 120
    os.utime(path, (then, then))


def test_the_directory_is_removed_at_the_end(tmp_path: Path) -> None:
    """Also when the block fails."""
    with open_work_dir(tmp_path) as path:
        (path / "file").write_text("x")
    assert not path.exists()


def test_what_is_written_by_those_who_die_meanwhile_goes_too(tmp_path: Path) -> None:
    """A browser makes its profile again for some moments after its owner was killed."""
    end = time.monotonic() + 0.3

    def write() -> None:
        while time.monotonic() < end:
            profile = path / "profile"
            with contextlib.suppress(OSError):
                profile.mkdir()
                (profile / "Local State").write_text("{}")

    with open_work_dir(tmp_path) as path:
        writer = threading.Thread(target=write)
        writer.start()
    writer.join()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_a_living_one_kept(tmp_path: Path) -> None:
    """A lock is the sign of life: the killed process's directory goes, the other stays."""
    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    with (
        subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as killed,
        subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as living,
    ):
        assert killed.stdout is not None
        assert living.stdout is not None
        left, kept = (Path(p.stdout.readline().strip()) for p in (killed, living) if p.stdout)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        age(left)
        age(kept)
        with open_work_dir(tmp_path):
            pass
        assert not left.exists()
        assert kept.exists()
        living.kill()


def test_directories_of_strangers_are_left_alone(tmp_path: Path) -> None:
    """A name that merely looks alike, or a directory without our lock file, is not ours."""
    for name in ("fanreel-2024-01-05", "fanreel-work-notes", "fanreel-99999999999999999999-x"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "final.mp4").write_text("film")
        age(tmp_path / name)
    with open_work_dir(tmp_path):
        pass
    assert len(list(tmp_path.glob("*/final.mp4"))) == 3
