"""Children that are copies of one process: asked, lost and ended like others."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from fanreel.engine.answers import Done
from fanreel.engine.forking import ForkServer
from fanreel.engine.process import Child, ChildLost
from fanreel.engine.reach import Reach
from fanreel.engine.requests import Finish
from fanreel.engine.warm import start_server
from fanreel.processes import descendants, runs

_SCRIPT = """
import sys
from fanreel.engine.process import Child
from fanreel.engine.warm import start_server

server = start_server()
children = [Child(server=server) for _ in range(2)]
print(*[child.pid for child in children], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server() -> Iterator[ForkServer]:
    """Yield a fork server as a render starts it."""
    server = start_server()
    yield server
    server.close()


def test_forked_children_share_what_was_imported(server: ForkServer) -> None:
    """None of them imports anew, and none has another's pipe or the server's."""
    with Child(server=server) as one, Child(server=server) as other:
        for child in (one, other):
            child.confine(Reach(temp_dir=None, reads=()))
        assert psutil.Process(one.pid).ppid() == psutil.Process(other.pid).ppid() != os.getpid()
        end = time.monotonic() + 30
        while any(sockets_of(child.pid) != 1 for child in (one, other)):
            assert time.monotonic() < end
            time.sleep(0.02)
        assert one.finish().warnings == []
        assert other.finish().warnings == []
        assert not runs(one.pid)


def sockets_of(pid: int) -> int:
    """Return how many sockets between processes one holds; ports it holds for itself are none."""
    return len(psutil.Process(pid).net_connections(kind="unix"))


def test_a_killed_copy_is_told_by_its_signal(server: ForkServer) -> None:
    """Its parent is another process, and says how it ended."""
    with Child(server=server) as child:
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(ChildLost, match="SIGKILL"):
            child.ask(Finish(), Done)


def test_a_settled_server_only_waits(server: ForkServer) -> None:
    """It gives back the memory of all it has imported, and goes on to tell how children end."""
    with Child(server=server) as child:
        waiter = psutil.Process(psutil.Process(child.pid).ppid())
        before = waiter.memory_info().rss
        server.settle()
        with pytest.raises(OSError, match="settled"):
            Child(server=server)
        end = time.monotonic() + 30
        while waiter.memory_info().rss > before / 3:
            assert time.monotonic() < end
            time.sleep(0.02)
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(ChildLost, match="SIGKILL"):
            child.ask(Finish(), Done)


def test_a_lost_server_gives_no_child_and_takes_none_along(server: ForkServer) -> None:
    """Those that are there go on; whoever wants another starts an interpreter."""
    with Child(server=server) as child:
        [lost] = {psutil.Process(child.pid).ppid()}
        os.kill(lost, signal.SIGKILL)
        while runs(lost):
            time.sleep(0.01)
        with pytest.raises(OSError, match=r"gone|Broken pipe|reset"):
            Child(server=server)
        assert runs(child.pid)
        child.confine(Reach(temp_dir=None, reads=()))
        child.finish()
        assert not runs(child.pid)


def test_copies_and_server_go_with_the_parent() -> None:
    """However that ends: their pipes are all that they hear of it."""
    with subprocess.Popen(
        [sys.executable, "-c", _SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        children = {int(word) for word in parent.stdout.readline().split()}
        below = descendants(parent.pid)
        assert children < below
        parent.kill()
    end = time.monotonic() + 60
    while any(map(runs, below)):
        assert time.monotonic() < end
        time.sleep(0.05)
