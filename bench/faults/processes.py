"""Processes that are killed, stopped for a while, or short of memory, amid a local render."""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench.faults.endings import Ending, Verdict, lost, refused
from bench.faults.ground import OPTIONS, Ground
from fanreel.files.digest import sha256_file
from tests.media.hostile import Place

WHO = {
    "browser": "--user-data-dir=",
    "renderer": "--type=renderer",
    "gpu": "--type=gpu-process",
    "child": "fanreel.engine.child",
    "screen": "Xvfb",
    "parent": "fanreel render",
}
_MEMORY = (
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
    (
        Path("/sys/fs/cgroup"),
        "memory.max",
    ),
)
_END_S = 240.0
_POLL_S = 0.002


@contextlib.contextmanager
def a_place(folder: Path, ground: Ground) -> Iterator[Place]:
    """Give a render its own project, outputs and temporary files; the environment names them."""
    place = Place(ground.project, folder / "out", folder / "t")
    kept = folder / "resume"
    for path in (place.out, place.temp, kept):
        path.mkdir(exist_ok=True)
    names = {
        "TMPDIR": str(place.temp),
        "FANREEL_RESUME_DIR": str(kept),
        "FANREEL_EXTRACT_CACHE_DIR": "off",
    }
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield place
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def undisturbed_s(ground: Ground, folder: Path) -> float:
    """Return how long a render takes to which nothing happens; it has to be the same video."""
    started = time.monotonic()
    with a_place(folder, ground) as place:
        verdict = outcome(begin(place), place, ground)
    if verdict.ending is not Ending.RECOVERED:
        raise AssertionError(f"undisturbed, it ends in {verdict}")
    return time.monotonic() - started


def begin(place: Place) -> subprocess.Popen[str]:
    """Start a render as people do."""
    return place.command("render", place.project, "-o", "out.mp4", "--json", *OPTIONS)


def outcome(process: subprocess.Popen[str], place: Place, ground: Ground) -> Verdict:
    """Wait for the end, and judge it by the file, the error, and what is left."""
    try:
        _, err = process.communicate(timeout=_END_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return lost("no end")
    if "Traceback" in err:
        return lost(err.splitlines()[-1])
    verdict = _judged(process.returncode, err, place, ground)
    expected = [] if process.returncode else ["out.mp4"]
    if verdict.ending is Ending.LOST:
        return verdict
    # Where a page may be to blame its picture is kept for a person to look at.
    left = [name for name in place.outputs() if name != "out.error.png" or not process.returncode]
    if left != expected:
        return lost(f"left behind: {left}")
    try:
        place.check_nothing_left()
    except AssertionError as exc:
        return lost(f"left behind: {exc}")
    return verdict


def killed(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """One process, or whatever of its kind there is, is killed once or again and again."""
    who = rng.choice(list(WHO))
    again = 1 if who == "parent" else rng.choice((1, 1, 1, 2, 4))
    with a_place(folder, ground) as place:
        process = begin(place)
        for _ in range(again):
            time.sleep(rng.uniform(0, ground.render_s))
            for found in _of(place, who, process):
                with contextlib.suppress(psutil.Error):
                    found.kill()
        if who != "parent":
            return _named(who, outcome(process, place, ground))
        process.communicate(timeout=_END_S)
        _until_gone(place)
        # What it could not clean up is old by the time somebody renders again.
        for left in place.temp.iterdir():
            os.utime(left, (time.time() - 120,) * 2)
        return _named(who, outcome(begin(place), place, ground))


def stopped(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """A process stands still for some seconds, as on a machine that swaps."""
    who = rng.choice(list(WHO))
    with a_place(folder, ground) as place:
        process = begin(place)
        time.sleep(rng.uniform(0, ground.render_s))
        held = _of(place, who, process)
        for found in held:
            with contextlib.suppress(psutil.Error):
                found.suspend()
        time.sleep(rng.uniform(0.1, 5))
        for found in held:
            with contextlib.suppress(psutil.Error):
                found.resume()
        return _named(who, outcome(process, place, ground))


def told_to_end(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """Ctrl-C or SIGTERM at any moment; the next render goes on."""
    with a_place(folder, ground) as place:
        process = begin(place)
        time.sleep(rng.uniform(0, ground.render_s))
        number = rng.choice((signal.SIGINT, signal.SIGTERM))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(
                number
            )
        _, err = process.communicate(timeout=_END_S)
        if process.returncode not in (0, 130, 143, -number):
            return lost(f"exit status {process.returncode}: {err[-200:]}")
        return outcome(begin(place), place, ground)


def short_of_memory(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
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
            process = begin(place)
            with contextlib.suppress(ProcessLookupError):
                (group / "cgroup.procs").write_text(str(process.pid))
            status, said = _ending(process)
            if status == -signal.SIGKILL:  # the command itself, which can say nothing
                _until_gone(place)
                return Verdict(Ending.REFUSED, "killed by the kernel")
            return _judged(status, said, place, ground)
    finally:
        _remove(group)


def _ending(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=_END_S)
    return process.returncode, err


def _judged(status: int, said: str, place: Place, ground: Ground) -> Verdict:
    """Return the verdict by exit status, error and file; what is left is another question."""
    if status:
        return refused((said.splitlines() or [""])[-1].partition("[")[2].partition("]")[0])
    same = sha256_file(place.out / "out.mp4") == ground.sha256
    return Verdict(Ending.RECOVERED) if same else lost("other bytes")


def _of(place: Place, who: str, command: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes of that kind that there are at this moment."""
    if who == "parent":
        with contextlib.suppress(psutil.NoSuchProcess):
            return [psutil.Process(command.pid)]
        return []
    found = []
    for process in place.processes():
        line = " ".join(process.info["cmdline"] or [])
        if WHO[who] in line and ("--type=" not in line or who in {"renderer", "gpu"}):
            found.append(process)
    return found


def _named(who: str, verdict: Verdict) -> Verdict:
    return lost(f"{who}: {verdict.detail}") if verdict.ending is Ending.LOST else verdict


def _until_gone(place: Place) -> None:
    end = time.monotonic() + _END_S
    while place.processes() and time.monotonic() < end:
        time.sleep(_POLL_S)


def _remove(group: Path) -> None:
    end = time.monotonic() + _END_S
    while group.exists() and time.monotonic() < end:
        with contextlib.suppress(OSError):
            group.rmdir()
        time.sleep(0.05)
