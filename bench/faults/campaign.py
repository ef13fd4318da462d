"""All faults, and one run: which fault it is, and what it ends in, follow from seed and number."""

import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from bench.faults import disks, files, processes, storage
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


FAULTS = (
    Fault("damaged archive", "plan", 15, files.archive),
    Fault("wrong event", "plan, render, assemble", 15, files.event),
    Fault("damaged plan", "render", 25, files.plan_before_render),
    Fault("damaged plan", "assemble", 10, files.plan_before_assembly),
    Fault("damaged segments", "render", 12, files.kept_segments),
    Fault("wrong chunks", "assemble", 10, files.chunks_at_assembly),
    Fault("lying S3", "plan, render, assemble", 6, _stored(storage.lying_storage)),
    Fault("worker fired twice", "render", 2, _stored(storage.fired_twice)),
    Fault("process killed", "local render", 1.5, processes.killed),
    Fault("process stopped", "local render", 0.7, processes.stopped),
    Fault("told to end", "local render", 0.7, processes.told_to_end),
    Fault("out of memory", "local render", 0.7, processes.short_of_memory),
    Fault("full disk", "local render", 0.9, disks.full),
    Fault("read-only disk", "local render", 0.5, disks.read_only),
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
