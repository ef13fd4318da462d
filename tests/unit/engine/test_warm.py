"""A process that is kept for the steps of this one: copied, lost, replaced and ended."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

import fanreel
from fanreel.engine import forking
from fanreel.engine.process import Child
from fanreel.engine.reach import Reach
from fanreel.engine.warm import is_warm, keep_warm, new_child
from fanreel.processes import runs

_FORKED = """
import os
from fanreel.engine.warm import is_warm, stay_warm

stay_warm()
if os.fork() == 0:
    print(is_warm(), flush=True)
    os._exit(0)
os.wait()
print(is_warm())
"""


@pytest.fixture(autouse=True)
def _cold(cold: None) -> None:
    """Begin without the process that other tests keep."""


def _parent(child: Child) -> int:
    return psutil.Process(child.pid).ppid()


def test_children_are_copies_of_one_process_while_it_is_kept() -> None:
    """Of the same one in nested blocks; after the last it is gone."""
    with fanreel.keep_warm():
        with keep_warm(), new_child() as one:
            kept = _parent(one)
        with new_child() as other:
            assert _parent(other) == kept != os.getpid()
    assert not is_warm()
    assert not runs(kept)
    with new_child() as own:
        assert _parent(own) == os.getpid()


def test_a_child_outlives_what_it_is_a_copy_of() -> None:
    """A block that ends in one thread takes no step of another along."""
    with keep_warm():
        child = new_child()
    with child:
        assert runs(child.pid)
        child.confine(Reach(temp_dir=None, reads=()))
        child.finish()
        assert not runs(child.pid)


def test_a_process_that_was_lost_is_replaced() -> None:
    """As by a system without memory: the step that finds out starts by itself."""
    with keep_warm():
        with new_child() as child:
            lost = _parent(child)
        os.kill(lost, signal.SIGKILL)
        while runs(lost):
            time.sleep(0.01)
        with new_child() as own:
            assert _parent(own) == os.getpid()
        with new_child() as child:
            assert _parent(child) not in {os.getpid(), lost}


def test_a_process_that_stands_still_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it for good, nor for what it would tell of the children that it has."""
    monkeypatch.setattr(forking, "_SILENCE_S", 2.0)
    monkeypatch.setattr(forking, "_REPORT_S", 0.2)
    with keep_warm():
        child = new_child()
        os.kill(_parent(child), signal.SIGSTOP)
        child.kill()
        assert child.how() == "exit status 255"
        with new_child() as own:
            assert _parent(own) == os.getpid()
        with new_child() as copy:
            assert _parent(copy) != os.getpid()


def test_threads_get_children_at_once() -> None:
    """Each its own, whoever asks first."""
    children: list[Child] = []
    with keep_warm():
        threads = [threading.Thread(target=lambda: children.append(new_child())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pids = {child.pid for child in children}
        assert len(pids) == len(threads)
        children[0].kill()
        assert [runs(child.pid) for child in children] == [False, True, True, True]
        for child in children:
            child.kill()
        assert not any(map(runs, pids))


def test_a_copy_has_what_its_caller_has_by_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not what that had when the process was started: its folder, its variables, no others."""
    with keep_warm():
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("FANREEL_FONTS_DIR", "changed")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        with new_child("tests.unit.engine.telling") as child:
            child.confine(Reach(temp_dir=tmp_path, reads=()))
            told = child.receive_bytes().decode().splitlines()
    assert told[0] == str(tmp_path)
    assert "FANREEL_FONTS_DIR=changed" in told
    assert not [line for line in told if "secret" in line]


def test_a_process_that_forks_keeps_none_of_its_parents() -> None:
    """Two that speak to one server would get each other's children."""
    ran = subprocess.run([sys.executable, "-c", _FORKED], capture_output=True, check=True)
    assert ran.stdout.split() == [b"False", b"True"]
