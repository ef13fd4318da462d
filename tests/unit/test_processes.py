"""Processes as the system shows them."""

import os
import subprocess
import sys
import time
from pathlib import Path

from fanreel.processes import cpu_s, descendants, kill_tree, named, runs

SLEEP = "import time; time.sleep(60)"


def test_a_process_tree_is_charged_as_a_whole() -> None:
    """A child's CPU time counts, while it runs and after it has ended."""
    spin = "import time\nwhile time.process_time() < 0.3: pass\n"
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {spin!r}])\ninput()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as parent:
        deadline = time.monotonic() + 60
        while cpu_s(parent.pid) < 0.3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        parent.communicate(b"\n")


def test_processes_are_found_by_a_word_of_their_command_line(tmp_path: Path) -> None:
    """It begins with what is looked for, or is the folder itself; a longer name is another."""
    folder = tmp_path / "profile"
    for word, is_found in (
        (f"--dir={folder}/inside", True),
        (f"--dir={folder}", True),
        (f"--dir={folder}-2", False),
        (f"x--dir={folder}", False),
    ):
        with subprocess.Popen([sys.executable, "-c", SLEEP, word]) as process:
            try:
                assert (process.pid in named(f"--dir={folder}/")) is is_found, word
            finally:
                process.kill()


def test_a_process_lives_until_it_has_ended() -> None:
    """One that nobody has waited for does not live any more, nor does one below it."""
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {SLEEP!r}])"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        deadline = time.monotonic() + 60
        while not (below := descendants(process.pid)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert runs(process.pid)
        assert runs(os.getpid())
        kill_tree(process.pid)
        assert not any(map(runs, {process.pid, *below}))
    assert not runs(process.pid)
