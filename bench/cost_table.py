#!/usr/bin/env python3
"""
Print time and cost of a 60 s video at 1080p30 by chunks and memory, from measured milliseconds.

    bench/cost_table.py bench/out/measured.json

Reads what `measure_chunk.py` wrote and the price table; next to it the figures that the
alternatives publish.
"""

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from fanreel.aws.cost.prices import ARCHITECTURES, PRICES_DATE, Prices, prices_for
from fanreel.aws.cost.render_cost import Cost, Shape, estimate_render, vcpus
from fanreel.remote.estimates import Estimate
from fanreel.remote.measured import Measured
from fanreel.timing.timeline import resolve_chunk_plan

TOTAL_FRAMES = 60 * 30
CHUNKS = (2, 4, 8, 16, 40)
MEMORY = {1769: "1.8 GB", 3538: "3.5 GB", 7076: "7 GB", 10240: "10 GB"}
PUBLISHED = (
    ("Remotion Lambda, 1 minute (published)", "15 to 19 s", "0.017 to 0.021"),
    ("HyperFrames on Lambda, 60 s 1080p30, 8 chunks (published)", "", "about 0.04"),
)


def read_measured(report: dict[str, Any]) -> list[Measured]:
    """Return the measurements of a report, by growing share of CPU."""
    names = {field.name for field in dataclasses.fields(Measured)}
    found = [
        Measured(**{name: value for name, value in one.items() if name in names})
        for one in report["measured"]
    ]
    return sorted(found, key=lambda one: one.vcpus)


def nearest(measured: list[Measured], memory_mb: int) -> tuple[Measured, bool]:
    """Return the measurement closest to what *memory_mb* buys, and whether it is that size."""
    wanted = vcpus(memory_mb)
    best = min(measured, key=lambda one: abs(one.vcpus - wanted))
    return best, abs(best.vcpus - wanted) < 0.1


def with_transfers(measured: Measured, s3_ms: float) -> Measured:
    """Let every step move bytes to and from S3 for *s3_ms*."""
    return dataclasses.replace(
        measured,
        plan_ms=measured.plan_ms + s3_ms,
        boot_ms=measured.boot_ms + s3_ms,
        assemble_ms=measured.assemble_ms + s3_ms,
    )


def estimate(measured: Measured, memory_mb: int, chunks: int, prices: Prices) -> Estimate[Cost]:
    """Foretell the video in *chunks* chunks."""
    cut = resolve_chunk_plan(
        TOTAL_FRAMES, chunk_size=-(-TOTAL_FRAMES // chunks), max_parallel_chunks=chunks
    )
    return estimate_render(Shape(cut=cut, memory_mb=memory_mb), measured, prices)


def table(measured: list[Measured], prices: Prices, s3_ms: float) -> list[str]:
    """Return the table as Markdown lines."""
    lines = [
        "| memory | vCPU | ms a frame | " + " | ".join(f"{n} chunks" for n in CHUNKS) + " |",
        "|---" * (3 + len(CHUNKS)) + "|",
    ]
    for memory_mb, name in MEMORY.items():
        base, exact = nearest(measured, memory_mb)
        found = [
            estimate(with_transfers(base, s3_ms), memory_mb, chunks, prices) for chunks in CHUNKS
        ]
        cells = [f"{one.duration_s:.0f} s, {one.cost.total_usd:.4f} USD" for one in found]
        mark = "" if exact else " *"
        row = [name + mark, f"{vcpus(memory_mb):.1f}", f"{found[0].ms_per_frame:.0f}", *cells]
        lines.append("| " + " | ".join(row) + " |")
    return lines


def main() -> None:
    """Print the table, where its figures are from, and the alternatives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("report", type=Path)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="x86_64")
    parser.add_argument(
        "--s3-ms", type=float, default=500.0, help="transfers of each step, assumed (default 500)"
    )
    options = parser.parse_args()
    report = json.loads(options.report.read_text())
    measured = read_measured(report)
    prices = prices_for(options.region, options.architecture)
    print(f"60 s, 1080p30, {report['project']}; {options.region}, {options.architecture}, "
          f"prices of {PRICES_DATE}\n")  # fmt: skip
    print("\n".join(table(measured, prices, options.s3_ms)))
    print()
    for one in measured:
        print(f"measured at {one.vcpus:.2f} vCPU, {one.source}: {one.ms_per_frame:.1f} ms a frame "
              f"({one.cpu_ms_per_frame:.1f} ms of CPU), chunk boot {one.boot_ms:.0f} ms, segment "
              f"{one.segment_ms:.0f} ms, plan {one.plan_ms:.0f} ms, assemble "
              f"{one.assemble_ms:.0f} ms, cold start {one.cold_start_ms:.0f} ms")  # fmt: skip
    if report.get("load_before", 0) > report.get("processors", 1):
        print(f"measured on a busy machine (load {report['load_before']:.1f} on "
              f"{report['processors']} processors): wall times are too long")  # fmt: skip
    print(f"assumed: {options.s3_ms:.0f} ms of S3 transfers in each step")
    print("* scaled from the nearest measured size: this machine has no more processors\n")
    print("| alternative | time | USD |\n|---|---|---|")
    for row in PUBLISHED:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
