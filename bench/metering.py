"""A command's wall time, CPU seconds and peak memory, its whole process tree counted."""

import contextlib
import ctypes
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_SAMPLE_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run took."""

    wall_s: float
    cpu_s: float
    """User and system time of every process the command started, orphans too."""
    peak_bytes: int
    """
    Largest sum of proportional set sizes over the tree, sampled four times a second.

    Memory that n processes share counts one n-th in each, whoever they are: with other Chromiums on
    the machine it comes out up to a tenth lower than alone.
    """
    memory_bytes: Sequence[int] = (0,)
    """All of those sums, in order."""


def meter(
    argv: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Cost:
    """
    Run *argv* to its end.

    Raises:
        subprocess.CalledProcessError: It failed; what it said is on standard error.
    """
    # Orphans (a browser's zygotes) come to us to be waited for, and so into the accounting.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    before = _cpu_s()
    started = time.monotonic()
    process = subprocess.Popen(
        argv, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    sampler = _Sampler()
    with sampler:
        output, _ = process.communicate()
    wall_s = time.monotonic() - started
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    if process.returncode:
        sys.stderr.buffer.write(output)
        raise subprocess.CalledProcessError(process.returncode, list(argv), output)
    return Cost(
        wall_s=wall_s,
        cpu_s=_cpu_s() - before,
        peak_bytes=max(sampler.samples),
        memory_bytes=sampler.samples,
    )


class _Sampler:
    def __init__(self) -> None:
        self.samples = [0]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            self.samples.append(tree_bytes())


def tree_bytes() -> int:
    """Return the proportional set size of all our descendants, in bytes."""
    total = 0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(OSError, psutil.Error):
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            [line] = [line for line in rollup.splitlines() if line.startswith("Pss:")]
            total += int(line.split()[1]) * 1024
    return total


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
