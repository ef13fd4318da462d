"""A child that somebody took over reaches nothing of its parent; each way out is tried."""

import contextlib
import ctypes
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanreel.engine.answers import Done
from fanreel.engine.forking import ForkServer
from fanreel.engine.isolation import hidden_process
from fanreel.engine.process import Child, ChildLost
from fanreel.engine.reach import Reach
from fanreel.engine.requests import Finish
from fanreel.engine.warm import start_server
from fanreel.errors import RenderCancelled, UnexpectedError
from fanreel.processes import descendants, runs
from tests.media import escaping

ESCAPING = "tests.media.escaping"
_GET_DUMPABLE = 3
READ_PARENT = "import os; print(open(f'/proc/{os.getppid()}/environ').read())"


@pytest.fixture
def secret_fd(tmp_path: Path) -> Iterator[int]:
    """Open a file whose descriptor any child of this process may inherit."""
    (tmp_path / "secret").write_text("secret")
    fd = os.open(tmp_path / "secret", os.O_RDONLY)
    os.set_inheritable(fd, True)  # noqa: FBT003 (posix)
    yield fd
    os.close(fd)


def _tried(server: ForkServer | None) -> dict[str, Any]:
    with Child(ESCAPING, server) as child:
        child.confine(Reach(temp_dir=None, reads=()))
        with pytest.raises(UnexpectedError) as caught:
            child.ask(Finish(), Done)
        return caught.value.facts


@pytest.fixture(params=["interpreter", "copy"])
def server(request: pytest.FixtureRequest) -> Iterator[ForkServer | None]:
    """Yield what a child is a copy of: nothing, if it is an interpreter of its own."""
    if request.param == "interpreter":
        yield None
        return
    with contextlib.closing(start_server()) as server:
        yield server


def test_a_child_gets_nothing_of_its_parent(
    server: ForkServer | None, secret_fd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not its first environment, memory, descriptors; no debugger; root has no more rights."""
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_LAMBDA_RUNTIME_API", "GITHUB_TOKEN", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    facts = _tried(server)
    assert facts["got"] == {}
    assert "secret" not in facts["environ"].values()
    assert {name for name in facts["environ"] if name.startswith("AWS")} == set()
    assert facts["environ"]["TMPDIR"] == str(tmp_path)
    inherited = [line for line in facts["descriptors"] if int(line.split()[0]) > 2]
    assert len([line for line in inherited if "socket:" in line]) == 1
    assert not [line for line in inherited if "secret" in line]


def test_without_all_that_it_would() -> None:
    """The tries of the test above are good ones: an ordinary child reads what the parent has."""
    argv = [sys.executable, "-c", READ_PARENT]
    assert "PATH=" in subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_a_process_is_hidden_as_long_as_a_child_lives() -> None:
    """Afterwards debuggers may attach again, for instance to a notebook."""
    libc = ctypes.CDLL(None)
    before = libc.prctl(_GET_DUMPABLE, 0, 0, 0, 0)
    with hidden_process():
        with Child(ESCAPING):
            assert libc.prctl(_GET_DUMPABLE, 0, 0, 0, 0) == 0
        assert libc.prctl(_GET_DUMPABLE, 0, 0, 0, 0) == 0
    assert libc.prctl(_GET_DUMPABLE, 0, 0, 0, 0) == before


def test_a_cancelled_child_is_gone_with_all_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it does; whoever waits for it hears of the end at once."""
    monkeypatch.setattr("fanreel.engine.process.child_argv", _argv("hang"))
    before = descendants()
    with Child() as child:
        end = time.monotonic() + 30
        while len(started := descendants() - before) < 2:
            assert time.monotonic() < end
            time.sleep(0.02)
        thread = threading.Timer(0.2, child.cancel)
        thread.start()
        began = time.monotonic()
        with pytest.raises(RenderCancelled):
            child.ask(Finish(), Done)
        assert time.monotonic() - began < 5
        thread.join()
        assert not any(runs(pid) for pid in started)


def test_what_a_child_says_is_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle would run its code in the parent; here it is an answer that makes no sense."""
    trace = Path("/tmp/fanreel-pwned")  # noqa: S108
    monkeypatch.setattr("fanreel.engine.process.child_argv", _argv("lie"))
    with Child() as child, pytest.raises(ChildLost, match="makes no sense"):
        child.ask(Finish(), Done)
    assert not trace.exists()


def _argv(name: str) -> Any:
    def argv(_module: str, fd: int) -> list[str]:
        return [sys.executable, "-c", f"from {escaping.__name__} import {name}; {name}({fd})"]

    return argv


def test_a_child_goes_with_its_parent(tmp_path: Path) -> None:
    """However that ends: its pipe is all that it hears of it."""
    script = (
        "import os, sys; from fanreel.engine.process import Child; child = Child(); "
        "print(child.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert runs(pid)
        parent.kill()
    end = time.monotonic() + 60
    while runs(pid):
        assert time.monotonic() < end
        time.sleep(0.05)
    with contextlib.suppress(OSError):
        assert list(tmp_path.iterdir()) == []
