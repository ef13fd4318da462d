#!/usr/bin/env python3
"""
Compare what `fanreel lambda estimate` foretells with what the image measured; status 1 if far off.

    bench/measure_chunk.py examples/launch --image fanreel:dev --memory 3538
    bench/estimate_check.py examples/launch bench/out/measured.json

Both are of a minute that is like the frames which the report measured, cut as by default, at each
measured memory: the beginning of a film may be lighter than its middle.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from cost_table import TOTAL_FRAMES, read_measured

from fanreel.aws.cost.estimating import estimate_cut
from fanreel.aws.cost.functions import FunctionSettings
from fanreel.config import RenderConfig
from fanreel.remote.probing import probe
from fanreel.timing.timeline import resolve_chunk_plan

REGION = "us-east-1"


def main() -> int:
    """Print both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("project", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--within", type=float, default=0.3, help="allowed, of 1 (default 0.3)")
    options = parser.parse_args()
    report = json.loads(options.report.read_text())
    same = RenderConfig(runtime_cap="lambda", frame_range=(0, report["frames"]))
    probed = probe(options.project, same, frames=report["frames"] // 2)
    cut = resolve_chunk_plan(TOTAL_FRAMES)
    worst = 0.0
    print("| memory | estimated | measured | time | cost |\n|---|---|---|---|---|")
    for row, measured in zip(report["measured"], read_measured(report), strict=True):
        function = FunctionSettings(memory_mb=row["memory_mb"])
        told = estimate_cut(cut, probed.measured, function, REGION)
        real = estimate_cut(cut, measured, function, REGION)
        time = told.duration_s / real.duration_s
        cost = told.cost.total_usd / real.cost.total_usd
        worst = max(worst, abs(time - 1), abs(cost - 1))
        print(
            f"| {row['memory_mb']} MB | {told.duration_s:.1f} s, {told.cost.total_usd:.4f} USD "
            f"| {real.duration_s:.1f} s, {real.cost.total_usd:.4f} USD | {time:.2f} | {cost:.2f} |"
        )
    print(f"\nload {os.getloadavg()[0]:.1f}, while measuring {report['load_before']:.1f}")
    for note in told.cost.notes:
        print(f"note: {note}")
    return 0 if worst <= options.within else 1


if __name__ == "__main__":
    sys.exit(main())
