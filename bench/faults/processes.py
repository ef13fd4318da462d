"""Processes that are killed, crash, stand still, or are short of memory, amid a command."""

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import psutil

from bench.faults.commands import (
    END_S,
    Command,
    a_place,
    begin,
    ending,
    judged,
    outcome,
    until_gone,
)
from bench.faults.damage import flip
from bench.faults.endings import Ending, Verdict, lost, refused
from bench.faults.ground import Ground
from tests.media.hostile import Place

WHO = {
    "browser": "--user-data-dir=",
    "renderer": "--type=renderer",
    "child": "fanreel.engine.child",
    "screen": "Xvfb",
    "parent": "fanreel",
}
_CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL)
_MEMORY = (
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
    (Path("/sys/fs/cgroup"), "memory.max"),
)


def killed(who: str, command: Command, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """One process, or whatever of its kind there is, is killed once or again and again."""
    again = 1 if who == "parent" else rng.choice((1, 1, 1, 2, 4))
    with a_place(folder, ground) as place:
        process = begin(command, place, ground)
        for _ in range(again):
            _wait(rng, command, ground)
            _send(signal.SIGKILL, _of(place, who, process))
        if who != "parent":
            return outcome(process, command, place, ground)
        process.communicate(timeout=END_S)
        until_gone(place)
        # What it could not clean up is old by the time somebody begins again.
        for left in place.temp.iterdir():
            os.utime(left, (time.time() - 120,) * 2)
        return outcome(begin(command, place, ground), command, place, ground)


def crashed(command: Command, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """The process that decodes is ended by a signal of its own making."""
    with a_place(folder, ground) as place:
        process = begin(command, place, ground)
        _wait(rng, command, ground)
        _send(rng.choice(_CRASHES), _of(place, "child", process))
        return outcome(process, command, place, ground)


def hung(command: Command, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """The process that decodes stands still for good; whoever waits ends it, and begins again."""
    with a_place(folder, ground) as place:
        process = begin(command, place, ground)
        _wait(rng, command, ground)
        _send(signal.SIGSTOP, _of(place, "child", process))
        time.sleep(rng.uniform(0, 2))
        return _ended_and_begun_again(rng, process, command, place, ground)


def told_to_end(command: Command, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """Ctrl-C or SIGTERM at any moment; the next one goes on."""
    with a_place(folder, ground) as place:
        process = begin(command, place, ground)
        _wait(rng, command, ground)
        return _ended_and_begun_again(rng, process, command, place, ground)


def stopped(
    who: str, command: Command, rng: random.Random, ground: Ground, folder: Path
) -> Verdict:
    """A process stands still for some seconds, as on a machine that swaps."""
    with a_place(folder, ground) as place:
        process = begin(command, place, ground)
        _wait(rng, command, ground)
        held = _of(place, who, process)
        _send(signal.SIGSTOP, held)
        time.sleep(rng.uniform(0.1, 5))
        _send(signal.SIGCONT, held)
        return outcome(process, command, place, ground)


def damaged_media(command: Command, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """A source has flipped bits, or is cut short: it is shown as it is, or refused by name."""
    with a_place(folder, ground) as place:
        project = folder / "project"
        project.mkdir()
        for path in ground.project.iterdir():
            (project / path.name).write_bytes(path.read_bytes())
        clip = project / "clip.mp4"
        content = clip.read_bytes()
        spoilt = (
            flip(rng, content) if rng.random() < 0.7 else content[: rng.randrange(len(content))]
        )
        clip.write_bytes(spoilt)
        damaged = Place(project, place.out, place.temp)
        status, said = ending(begin(command, damaged, ground))
        place.check_nothing_left()
        if status:
            return refused((said.splitlines() or [""])[-1].partition("[")[2].partition("]")[0])
        return Verdict(Ending.RECOVERED)


def short_of_memory(command: Command, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """The kernel kills whoever asks for more than the group may have."""
    found = [(root, name) for root, name in _MEMORY if os.access(root, os.W_OK)]
    if not found:
        return Verdict(Ending.IMPOSSIBLE, "no cgroup may be made here")
    root, limit = found[0]
    group = root / f"fanreel-faults-{os.getpid()}"
    group.mkdir(exist_ok=True)
    try:
        if not (group / limit).exists():
            return Verdict(Ending.IMPOSSIBLE, "no memory controller here")
        (group / limit).write_text(str(rng.randint(30, 300) * 1024**2))
        with a_place(folder, ground) as place:
            process = begin(command, place, ground)
            with contextlib.suppress(ProcessLookupError):
                (group / "cgroup.procs").write_text(str(process.pid))
            status, said = ending(process)
            if status == -signal.SIGKILL:  # the command itself, which can say nothing
                until_gone(place)
                return Verdict(Ending.REFUSED, "killed by the kernel")
            return judged(status, said, command, place, ground)
    finally:
        _remove(group)


def _ended_and_begun_again(
    rng: random.Random,
    process: subprocess.Popen[str],
    command: Command,
    place: Place,
    ground: Ground,
) -> Verdict:
    number = rng.choice((signal.SIGINT, signal.SIGTERM))
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    status, said = ending(process)
    if status not in (0, 130, 143, -number):
        return lost(f"exit status {status}: {said[-200:]}")
    return outcome(begin(command, place, ground), command, place, ground)


def _wait(rng: random.Random, command: Command, ground: Ground) -> None:
    time.sleep(rng.uniform(0, ground.undisturbed[command.step].seconds))


def _send(number: int, processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def _of(place: Place, who: str, command: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes of that kind that there are at this moment."""
    if who == "parent":
        with contextlib.suppress(psutil.NoSuchProcess):
            return [psutil.Process(command.pid)]
        return []
    found = []
    for process in place.processes():
        line = " ".join(process.info["cmdline"] or [])
        if WHO[who] in line and ("--type=" not in line or who == "renderer"):
            found.append(process)
    return found


def _remove(group: Path) -> None:
    end = time.monotonic() + END_S
    while group.exists() and time.monotonic() < end:
        with contextlib.suppress(OSError):
            group.rmdir()
        time.sleep(0.05)
