"""The commands that are disturbed: begun as people begin them, and judged by what they leave."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.faults.endings import Ending, Verdict, lost, refused
from bench.faults.ground import OPTIONS, Ground, Undisturbed
from fanreel.files.digest import sha256_file
from tests.media.hostile import Place

END_S = 240.0


@dataclass(frozen=True, slots=True)
class Command:
    """One `fanreel` command over the ground's film."""

    step: str
    output: str

    def argv(self, place: Place, ground: Ground) -> tuple[str | Path, ...]:
        """Return its words."""
        match self.step:
            case "chunk":
                return "chunk", ground.plan_dir, "0", "-o", self.output
            case "still":
                return "still", place.project, "--at", "0.2", "-o", self.output
            case _:
                return "render", place.project, "-o", self.output, "--json", *OPTIONS


RENDER = Command("local render", "out.mp4")
COMMANDS = (RENDER, Command("chunk", "chunk.mp4"), Command("still", "still.png"))


@contextlib.contextmanager
def a_place(folder: Path, ground: Ground) -> Iterator[Place]:
    """Give a command its own project, outputs and temporary files; the environment names them."""
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


def begin(command: Command, place: Place, ground: Ground) -> subprocess.Popen[str]:
    """Start it as people do."""
    return place.command(*command.argv(place, ground))


def undisturbed(ground: Ground, folder: Path) -> Mapping[str, Undisturbed]:
    """Return what each command takes and writes when nothing happens to it."""
    found = {}
    for command in COMMANDS:
        at = folder / command.step
        at.mkdir()
        started = time.monotonic()
        with a_place(at, ground) as place:
            status, said = ending(begin(command, place, ground))
            if status:
                raise AssertionError(f"undisturbed, {command.step} ends with {said}")
            took = Undisturbed(time.monotonic() - started, sha256_file(place.out / command.output))
            found[command.step] = took
    if found[RENDER.step].sha256 != ground.sha256:
        raise AssertionError("undisturbed, a render has other bytes than the three steps")
    return found


def ending(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end; return the exit status and what was said on standard error."""
    _, said = process.communicate(timeout=END_S)
    return process.returncode, said


def outcome(
    process: subprocess.Popen[str], command: Command, place: Place, ground: Ground
) -> Verdict:
    """Wait for the end, and judge it by the file, the error, and what is left."""
    try:
        status, said = ending(process)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return lost("no end")
    if "Traceback" in said:
        return lost(said.splitlines()[-1])
    verdict = judged(status, said, command, place, ground)
    if verdict.ending is Ending.LOST:
        return verdict
    # Where a page may be to blame its picture is kept for a person to look at.
    picture = f"{Path(command.output).stem}.error.png"
    left = [name for name in place.outputs() if name != picture or not status]
    if left != ([] if status else [command.output]):
        return lost(f"left behind: {left}")
    try:
        place.check_nothing_left()
    except AssertionError as exc:
        return lost(f"left behind: {exc}")
    return verdict


def judged(status: int, said: str, command: Command, place: Place, ground: Ground) -> Verdict:
    """Return the verdict by exit status, error and file; what is left is another question."""
    if status:
        return refused((said.splitlines() or [""])[-1].partition("[")[2].partition("]")[0])
    same = sha256_file(place.out / command.output) == ground.undisturbed[command.step].sha256
    return Verdict(Ending.RECOVERED) if same else lost("other bytes")


def until_gone(place: Place) -> None:
    """Wait until no process of the place is left."""
    end = time.monotonic() + END_S
    while place.processes() and time.monotonic() < end:
        time.sleep(0.002)
