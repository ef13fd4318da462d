"""This process and its descendants, as /proc shows them."""

import contextlib
import os
import signal
import time
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_MIB = 1024**2
# Fields of /proc/<pid>/stat after the name, counted from 0 (proc_pid_stat(5)).
_STATE, _PARENT, _START = 0, 1, 19


def age_ms() -> int:
    """Give how long ago this process was started, in milliseconds (10 ms steps)."""
    started_s = int(_stat(os.getpid())[_START]) / _TICKS_PER_S
    return round(1000 * (time.clock_gettime(time.CLOCK_BOOTTIME) - started_s))


def descendants() -> set[int]:
    """Give the ids of all processes below this one; those that ended are left out."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                stat = _stat(int(entry.name))
                if stat[_STATE] not in ("Z", "X"):
                    children.setdefault(int(stat[_PARENT]), []).append(int(entry.name))
    found: set[int] = set()
    pending = [os.getpid()]
    while pending:
        new = [pid for pid in children.get(pending.pop(), ()) if pid not in found]
        found.update(new)
        pending.extend(new)
    return found


def memory_mb() -> int:
    """Give the memory that this process and its descendants hold, in MiB; shared parts once."""
    private = shared = 0
    for pid in {os.getpid(), *descendants()}:
        with contextlib.suppress(OSError, ValueError):
            _, resident, file_backed, *_ = (_PROC / str(pid) / "statm").read_text().split()
            private += int(resident) - int(file_backed)
            shared = max(shared, int(file_backed))
    return (private + shared) * _PAGE_BYTES // _MIB


def end(pids: set[int]) -> None:
    """End processes at once, and wait for those that are our children."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _stat(pid: int) -> list[str]:
    # The name may hold spaces and parentheses; what follows the last one does not.
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
