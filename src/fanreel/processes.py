"""Processes as the system shows them: which live, which descend from which, and their end."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable

import psutil

_MIB = 1024**2
_DEATH_TIMEOUT_S, _DEATH_POLL_S = 5.0, 0.01


def runs(pid: int) -> bool:
    """Tell whether there is a process *pid* that has not ended; one nobody waited for has."""
    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.AccessDenied:
        return True
    except (psutil.NoSuchProcess, OverflowError, ValueError):
        return False


def descendants(pid: int | None = None) -> set[int]:
    """Return the ids of all processes below *pid*, or this one; those that ended are left out."""
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return set()
    return {process.pid for process in below if runs(process.pid)}


def named(*beginnings: str) -> list[int]:
    """Return the processes with a word on their command line that begins with one of these."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(f"{word}/".startswith(beginnings) for word in process.cmdline()):
                found.append(process.pid)
    return found


def kill_all(pids: Iterable[int]) -> None:
    """End processes at once, hung or not, and wait for that; harmless for any that has ended."""
    ended = set(pids)
    for pid in ended:
        with contextlib.suppress(ProcessLookupError, PermissionError, OverflowError):
            os.kill(pid, signal.SIGKILL)
    # What dies may still write into the directory that is removed next.
    end = time.monotonic() + _DEATH_TIMEOUT_S
    while any(map(runs, ended)) and time.monotonic() < end:
        time.sleep(_DEATH_POLL_S)


def kill_tree(pid: int) -> None:
    """End process *pid*, which does not get to do anything more, and all below it."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        process.suspend()  # or it might start another while these are counted
        below = descendants(pid)
        kill_all({pid, *below})


def age_ms() -> int:
    """Return how long ago this process was started, in milliseconds (10 ms steps)."""
    return round(1000 * max(0.0, time.time() - psutil.Process().create_time()))


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process and all below it, those it has waited for included."""
    spent = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                spent += times.user + times.system + times.children_user + times.children_system
    return spent


def memory_mb() -> int:
    """Return the memory that this process and its descendants hold, in MiB; shared parts once."""
    private = shared = 0
    for pid in {os.getpid(), *descendants()}:
        with contextlib.suppress(psutil.Error):
            memory = psutil.Process(pid).memory_info()
            private += memory.rss - memory.shared
            shared = max(shared, memory.shared)
    return (private + shared) // _MIB
