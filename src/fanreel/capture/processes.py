"""The processes of browsers and screens, found by their command lines."""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

_DEATH_TIMEOUT_S, _DEATH_POLL_S = 5.0, 0.01


def processes_of(directory: Path) -> list[int]:
    """Give the process ids whose command line names a profile or screen in *directory*."""
    marks = os.fsencode(f"--user-data-dir={directory}/"), os.fsencode(f"{directory}/display-")
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if any((word + b"/").startswith(marks) for word in words):
                    found.append(int(entry.name))
    return found


def kill(pids: Sequence[int]) -> None:
    """End processes, and wait until they have; some may be gone already."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    # What dies may still write into the directory that is removed next.
    end = time.monotonic() + _DEATH_TIMEOUT_S
    while any(map(_runs, pids)) and time.monotonic() < end:
        time.sleep(_DEATH_POLL_S)


def _runs(pid: int) -> bool:
    """Tell whether there is a process *pid* that has not ended; one nobody waited for has."""
    try:
        status = Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}
