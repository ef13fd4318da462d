"""
Tries thousands of faults, and prints what became of each.

    python -m bench.faults [--runs N] [--seed N] [--jobs N] [--only NAME ...] [--run NUMBER]

Every run is a film of twelve frames and one fault, both chosen by seed and number, so that
`--run NUMBER` tries one of them again. What was tried is kept in bench/out/faults/SEED.jsonl: the
same command goes on from there. Exits 1 if anything was lost. As root, or disks are left out.
"""

import argparse
import collections
import itertools
import json
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.faults.campaign import fault_of, try_one
from bench.faults.commands import undisturbed
from bench.faults.endings import Ending
from bench.faults.ground import make_ground
from fanreel.engine.warm import stay_warm

OUT = Path(__file__).parents[1] / "out" / "faults"


def main() -> int:
    """Try, keep, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[1])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="faults of these names")
    parser.add_argument("--run", type=int, help="this one alone, whether it was tried or not")
    asked = parser.parse_args()
    # A shell starts what runs in the background with Ctrl-C ignored, and commands inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    OUT.mkdir(parents=True, exist_ok=True)
    os.environ["POWERTOOLS_METRICS_DISABLED"] = "true"  # the function would print them here
    journal = OUT / f"{asked.seed}.jsonl"
    tried = [json.loads(line) for line in _lines(journal)]
    known = {line["run"] for line in tried}
    numbers = [asked.run] if asked.run is not None else range(asked.runs)
    todo = (n for n in numbers if asked.run is not None or n not in known)
    if asked.only:
        todo = (n for n in todo if fault_of(asked.seed, n).name in asked.only)
    with tempfile.TemporaryDirectory(prefix="ff-") as folder, journal.open("a") as kept:
        ground = make_ground(Path(folder))
        ground = replace(ground, undisturbed=undisturbed(ground, Path(folder)))
        context = multiprocessing.get_context("spawn")
        with context.Pool(asked.jobs, stay_warm) as pool:  # as a worker of a cloud
            for line in pool.imap_unordered(partial(try_one, asked.seed, ground), todo):
                kept.write(json.dumps(line) + "\n")
                kept.flush()
                tried.append(line)
                if line["ending"] == Ending.LOST:
                    print(f"run {line['run']}: {line['fault']}: {line['detail']}", flush=True)
    Console(width=120).print(matrix(tried))
    return int(any(line["ending"] == Ending.LOST for line in tried))


def matrix(tried: list[dict[str, object]]) -> Table:
    """Return fault × step against what became of them."""
    table = Table("fault", "step", "tried", *Ending, "refused with")
    rows = itertools.groupby(sorted(tried, key=_row), key=_row)  # in the order of their names
    total: collections.Counter[object] = collections.Counter()
    for (name, step), lines in rows:
        found = list(lines)
        counts = collections.Counter(line["ending"] for line in found)
        total += counts
        codes = collections.Counter(
            str(line["detail"]) for line in found if line["ending"] == Ending.REFUSED
        )
        table.add_row(
            name,
            step,
            str(len(found)),
            *(str(counts[ending] or "") for ending in Ending),
            ", ".join(code for code, _ in codes.most_common(4)),
        )
    table.add_section()
    table.add_row("all", "", str(len(tried)), *(str(total[ending] or "") for ending in Ending))
    return table


def _row(line: dict[str, object]) -> tuple[str, str]:
    return str(line["fault"]), str(line["step"])


def _lines(path: Path) -> Iterator[str]:
    if path.exists():
        yield from path.read_text().splitlines()


if __name__ == "__main__":
    sys.exit(main())
