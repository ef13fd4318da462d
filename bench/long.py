#!/usr/bin/env python3
"""
Renders what people really render, with fanreel and with the reference renderer.

    uv run bench/long.py [--seconds 180] [--only fanreel|reference] [--row long|4k]

`long` is three minutes of 1080p with 40 nested scenes, captions word by word, 6 videos and music
with effects (`long_project.py`); `4k` is the gsap bench at 3840x2160. Prints wall time, CPU
seconds, peak memory and size, seconds per minute of film, the ratios, fanreel's plan time (without
the mix, which a render makes beside its pictures, and with it), and how memory goes along: the
proportional set size at each eleventh of the run. Needs npm, ffmpeg and
chromium-headless-shell; everything it makes lies in bench/out.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import long_project
import reference
from metering import Cost, meter

BENCH = Path(__file__).parent
OUT = BENCH / "out"
FANREEL = [sys.executable, "-m", "fanreel"]
MIB = 1024**2
# As the reference's: each run is the first.
UNCACHED = os.environ | {"FANREEL_EXTRACT_CACHE_DIR": "off"}
ROWS = ("long", "4k")
RENDERERS = ("fanreel", "reference")
_GSAP_S = 10
_POINTS = 12


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds", type=int, default=long_project.SECONDS, help="of `long`; fewer to try"
    )
    parser.add_argument("--only", choices=RENDERERS, help="of the two")
    parser.add_argument("--row", choices=ROWS, help="of the two")
    asked = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    prepare = ["sh", str(BENCH / "projects" / "prepare.sh"), str(OUT / "projects")]
    subprocess.run(prepare, check=True)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    renderers = [asked.only] if asked.only else RENDERERS
    measure([asked.row] if asked.row else ROWS, asked.seconds, renderers)


def measure(rows: Sequence[str], seconds: int, renderers: Sequence[str] = RENDERERS) -> None:
    """Render each of *rows* once with each of *renderers*, and print all of it."""
    print(f"\n{'':22}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}{'MB':>8}{'s a minute':>12}")
    for row in rows:
        project, length_s = OUT / "projects" / "gsap", _GSAP_S
        if row == "long":
            project, length_s = OUT / "projects" / "long", seconds
            long_project.write(project, OUT / "projects" / "gsap", seconds)
        costs, sizes = [], []
        for name in renderers:
            output = OUT / f"{row}-{name}.mp4"
            costs.append(_RENDER[name](row, project, output))
            sizes.append(output.stat().st_size)
            _print(f"{row}, {name}", costs[-1], sizes[-1], length_s)
        if len(costs) == len(RENDERERS):
            _print_ratios(*costs, *sizes)
        if "fanreel" in renderers:
            plans = " and ".join(f"{_plan_s(row, project, *more):.1f}" for more in (["--mute"], []))
            print(f"{row}, plan without and with the mix: {plans} s", flush=True)


def _fanreel(row: str, project: Path, output: Path) -> Cost:
    size = ["--output-resolution", "4k"] if row == "4k" else []
    return meter(
        [*FANREEL, "render", str(project), "-o", str(output), "--quiet", "--no-resume", *size],
        UNCACHED,
    )


def _reference(row: str, project: Path, output: Path) -> Cost:
    programs = reference.install(OUT / "reference")
    size = ("--resolution", "4k") if row == "4k" else ()
    argv = reference.render_argv(programs, project, output, *size)
    return meter(argv, reference.environment(programs), OUT)


_RENDER: dict[str, Callable[[str, Path, Path], Cost]] = {
    "fanreel": _fanreel,
    "reference": _reference,
}


def _plan_s(row: str, project: Path, *options: str) -> float:
    """Plan once more, by itself; the render's own plan shares the machine with nothing else."""
    size = ["--output-resolution", "4k"] if row == "4k" else []
    plan_dir = OUT / f"{row}-plan"
    done = subprocess.run(
        [*FANREEL, "plan", str(project), str(plan_dir), "--json", *size, *options],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(json.loads(done.stdout.splitlines()[-1])["durationMs"]) / 1000


def _print_ratios(ours: Cost, theirs: Cost, size: int, their_size: int) -> None:
    print(
        f"{'ratio':22}{ours.wall_s / theirs.wall_s:9.2f}{ours.cpu_s / theirs.cpu_s:9.2f}"
        f"{ours.peak_bytes / theirs.peak_bytes:10.2f}{size / their_size:8.2f}"
    )


def _print(label: str, cost: Cost, size_bytes: int, seconds: int) -> None:
    print(
        f"{label:22}{cost.wall_s:9.1f}{cost.cpu_s:9.1f}{cost.peak_bytes / MIB:10.0f}"
        f"{size_bytes / 1e6:8.2f}{cost.wall_s * 60 / seconds:12.1f}"
    )
    last = len(cost.memory_bytes) - 1
    curve = [cost.memory_bytes[last * i // (_POINTS - 1)] for i in range(_POINTS)]
    print(f"{'':22}MiB along: " + " ".join(f"{size / MIB:.0f}" for size in curve), flush=True)


if __name__ == "__main__":
    main()
