"""Disks that are full, fill up, or may only be read."""

import contextlib
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.faults.commands import Command, a_place, begin, outcome
from bench.faults.endings import Ending, Verdict
from bench.faults.ground import Ground


def full(command: Command, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """The output's, the temporary or the resume directory has little room."""
    return _on_a_disk(command, rng, ground, folder, f"size={rng.randint(8, 6000)}k")


def read_only(command: Command, rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """Nothing may be written to one of them."""
    return _on_a_disk(command, rng, ground, folder, "size=8m,ro")


def _on_a_disk(
    command: Command, rng: random.Random, ground: Ground, folder: Path, options: str
) -> Verdict:
    which = rng.choice(("out", "t", "resume"))
    target = folder / which
    target.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"{options},mode=0700", "tmpfs", str(target)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        return Verdict(Ending.IMPOSSIBLE, "nothing may be mounted here")
    with _unmounted(target), a_place(folder, ground) as place:
        return outcome(begin(command, place, ground), command, place, ground)


@contextlib.contextmanager
def _unmounted(target: Path) -> Iterator[None]:
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", os.fspath(target)], check=True)
