"""All faults, and one run: which fault it is, and what it ends in, follow from seed and number."""

import itertools
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

from bench.faults import clocks, copies, disks, files, processes, storage
from bench.faults.commands import COMMANDS, RENDER, Command
from bench.faults.endings import Verdict, lost
from bench.faults.ground import Ground

Try = Callable[[random.Random, Ground, Path], Verdict]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong at a step, and how often it is tried beside the others."""

    name: str
    step: str
    weight: float
    attempt: Try


@cache
def _storage() -> storage.Storage:
    return storage.Storage()


def _stored(attempt: Callable[[storage.Storage, random.Random, Ground, Path], Verdict]) -> Try:
    return lambda rng, ground, folder: attempt(_storage(), rng, ground, folder)


def _amid(command: Command) -> Iterator[Fault]:
    """Yield what may happen to the processes of a command, and to the clock."""
    for who in processes.WHO:
        killed = partial(processes.killed, who, command)
        yield Fault(f"{who} killed", command.step, 0.3, killed)
        stopped = partial(processes.stopped, who, command)
        yield Fault(f"{who} stands still", command.step, 0.12, stopped)
    for name, attempt in (
        ("decoder crashes", processes.crashed),
        ("decoder hangs", processes.hung),
        ("told to end", processes.told_to_end),
        ("out of memory", processes.short_of_memory),
        ("clock jumps", clocks.jumps),
    ):
        yield Fault(name, command.step, 0.3, partial(attempt, command))


FAULTS = (
    Fault("damaged archive", "plan", 15, files.archive),
    Fault("wrong event", "plan, render, assemble", 15, files.event),
    Fault("damaged plan", "render", 25, files.plan_before_render),
    Fault("damaged plan", "assemble", 10, files.plan_before_assembly),
    Fault("damaged segments", "render", 12, files.kept_segments),
    Fault("wrong chunks", "assemble", 10, files.chunks_at_assembly),
    Fault("lying S3", "plan, render, assemble", 6, _stored(storage.lying_storage)),
    Fault("worker fired twice", "render", 2, _stored(storage.fired_twice)),
    Fault("damaged plan", "assemble by parts", 5, files.plan_before_assembly_by_parts),
    Fault("wrong chunks", "assemble by parts", 5, files.chunks_at_assembly_by_parts),
    *itertools.chain.from_iterable(map(_amid, COMMANDS)),
    Fault("fork server killed", "chunk", 1, partial(copies.server_lost, signal.SIGKILL)),
    Fault("fork server stands still", "chunk", 0.3, partial(copies.server_lost, signal.SIGSTOP)),
    Fault("damaged media", "still", 0.5, partial(processes.damaged_media, COMMANDS[2])),
    Fault("full disk", RENDER.step, 0.9, partial(disks.full, RENDER)),
    Fault("read-only disk", RENDER.step, 0.5, partial(disks.read_only, RENDER)),
)


def fault_of(seed: int, number: int) -> Fault:
    """Return the fault of a run."""
    rng = random.Random(f"{seed}:{number}:fault")  # noqa: S311 (repeatable, not secret)
    return rng.choices(FAULTS, [fault.weight for fault in FAULTS])[0]


def try_one(seed: int, ground: Ground, number: int) -> dict[str, object]:
    """Try one fault in a folder of its own; return what is kept of it."""
    fault = fault_of(seed, number)
    rng = random.Random(f"{seed}:{number}")  # noqa: S311 (repeatable, not secret)
    folder = Path(tempfile.mkdtemp(prefix="ff-"))  # short: Chromium's sockets limit a path
    started = time.monotonic()
    try:
        verdict = fault.attempt(rng, ground, folder)
    except Exception as exc:  # noqa: BLE001 (one run's defect ends no campaign)
        verdict = lost(f"{type(exc).__name__}: {exc}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "run": number,
        "fault": fault.name,
        "step": fault.step,
        **asdict(verdict),
        "seconds": round(time.monotonic() - started, 2),
    }
