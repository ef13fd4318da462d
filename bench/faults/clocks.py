"""
A system clock that is set while a command runs.

The real one belongs to everybody on the machine. So the command runs in a mount namespace whose
/etc/ld.so.preload names `clock.c`: it, its children and their browsers all see the same moved time,
from one call to the next. libfaketime reads where to only every ten seconds unless a variable says
otherwise, which children do not get, and moves the monotonic clock too, which nobody can set.
"""

import random
import shutil
import struct
import subprocess
import time
from pathlib import Path

from bench.faults.commands import Command, a_place, outcome
from bench.faults.endings import Ending, Verdict
from bench.faults.ground import Ground
from tests.media.hostile import Place

_SOURCE = Path(__file__).parent / "clock.c"
_FAR_S = (1.0, 60.0, 3600.0, 86_400.0, 3e7, 3e8)


def jumps(command: Command, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """The time goes forth and back, by seconds or years, some times over."""
    moved = folder / "moved"
    moved.write_bytes(struct.pack("q", 0))
    try:
        etc = _etc_with_clock(folder, moved)
    except (OSError, subprocess.SubprocessError) as exc:
        return Verdict(Ending.IMPOSSIBLE, f"no clock of its own: {exc}")
    with a_place(folder, ground) as place:
        process = _begin(etc, command, place, ground)
        for _ in range(rng.randint(1, 4)):
            time.sleep(rng.uniform(0, ground.undisturbed[command.step].seconds / 2))
            by_s = rng.choice(_FAR_S) * rng.uniform(-1, 1)
            with moved.open("r+b") as file:
                file.write(struct.pack("q", int(by_s * 1e9)))
        return outcome(process, command, place, ground)


def _etc_with_clock(folder: Path, moved: Path) -> Path:
    """Return a copy of /etc that preloads the clock."""
    library = folder / "clock.so"
    define = f'-DMOVED_BY="{moved}"'
    argv = ["cc", "-O1", "-shared", "-fPIC", define, str(_SOURCE), "-o", str(library), "-ldl"]
    subprocess.run(argv, check=True, capture_output=True)
    subprocess.run(["unshare", "--mount", "true"], check=True, capture_output=True)
    etc = Path(shutil.copytree("/etc", folder / "etc", symlinks=True))
    (etc / "ld.so.preload").write_text(f"{library}\n")
    return etc


def _begin(etc: Path, command: Command, place: Place, ground: Ground) -> subprocess.Popen[str]:
    script = f'mount --bind {etc} /etc && exec "$@"'
    return place.command(
        *command.argv(place, ground), before=("unshare", "--mount", "sh", "-c", script, "sh")
    )
