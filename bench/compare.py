"""
Renders the bench projects with fanreel and with the reference renderer, in turn, in one run.

    uv run bench/compare.py [--runs 3] [--project gsap|video|alpha|long|4k ...] [--seconds 60]

`alpha` is examples/name-strap in ProRes 4444, whose colours are compared over black. Prints wall
time, CPU seconds, peak memory and size of both, the ratios, and how close both are to lossless
frames of the same page and to each other; `long` (of so many seconds) and `4k` are rendered once,
without that last comparison (`long.py`). All takes a quarter of an hour on two cores. Needs npm,
ffmpeg and chromium-headless-shell for the reference; everything it makes lies in bench/out.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
from pathlib import Path

import long
import reference
from fidelity import Fidelity, compare
from metering import Cost, meter

BENCH = Path(__file__).parent
OUT = BENCH / "out"
ALPHA_PROJECT = BENCH.parent / "examples" / "name-strap"
FANREEL = [sys.executable, "-m", "fanreel", "render"]
PROJECTS = ["gsap", "video", "alpha"]
MIB = 1024**2
# As the reference's: each run is the first.
UNCACHED = os.environ | {"FANREEL_EXTRACT_CACHE_DIR": "off"}


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--project", action="append", choices=[*PROJECTS, *long.ROWS])
    parser.add_argument("--seconds", type=int, default=60, help="of `long`")
    asked = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    subprocess.run(
        ["sh", str(BENCH / "projects" / "prepare.sh"), str(OUT / "projects")], check=True
    )
    compile_python()
    programs = reference.install(OUT / "reference")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {asked.runs} runs, medians")
    chosen = asked.project or [*PROJECTS, *long.ROWS]
    for name in PROJECTS:
        if name in chosen:
            report(name, programs, asked.runs)
    if rows := [row for row in long.ROWS if row in chosen]:
        long.measure(rows, asked.seconds)


def compile_python() -> None:
    """
    Write the bytecode that an installer, or a user's first run, leaves behind.

    uv leaves it out here, and a run that must not write it compiles in each of its processes.
    """
    import fanreel  # noqa: PLC0415 (only to find it)

    libraries = sysconfig.get_path("purelib")
    source = str(Path(fanreel.__file__).parent)
    subprocess.run([sys.executable, "-m", "compileall", "-q", source, libraries], check=False)


def report(name: str, programs: Path, runs: int) -> None:
    """Measure one project and print its table."""
    project, suffix, options = OUT / "projects" / name, ".mp4", ()
    if name == "alpha":
        suffix, options = ".mov", ("--format", "mov")
        # A copy, since the reference keeps notes of its own in a project.
        shutil.copytree(ALPHA_PROJECT, project, dirs_exist_ok=True)
    ours, theirs = OUT / f"{name}{suffix}", OUT / f"{name}-ref{suffix}"
    costs: dict[str, list[Cost]] = {"fanreel": [], "reference": []}
    for _ in range(runs):  # in turn: the machine's speed drifts
        costs["fanreel"].append(
            meter([*FANREEL, str(project), "-o", str(ours), "--quiet", *options], UNCACHED)
        )
        costs["reference"].append(
            meter(
                reference.render_argv(programs, project, theirs, *options),
                reference.environment(programs),
                OUT,
            )
        )
    lossless = OUT / f"{name}-frames"
    subprocess.run(
        [*FANREEL, str(project), "-o", str(lossless), "--format", "png-sequence", "--quiet"],
        check=True,
    )
    print(
        f"\n{name:12}{'wall s':>9}{'CPU s':>9}{'CPU ms/frame':>14}{'peak MiB':>10}{'MB':>8}", end=""
    )
    print(f"{'RGB dB':>9}{'min':>8}{'luma dB':>9}")
    frames = compare(ours, lossless)
    rows = {
        "fanreel": (_median(costs["fanreel"]), ours, frames),
        "reference": (_median(costs["reference"]), theirs, compare(theirs, lossless)),
    }
    for label, (cost, video, fidelity) in rows.items():
        _print_row(label, cost, video.stat().st_size, fidelity)
    _print_ratios(rows["fanreel"][0], rows["reference"][0], ours, theirs)
    _print_agreement("fanreel against reference", compare(ours, theirs))
    if name == "video":
        _print_lossless_sources(project, programs, ours)


def _print_lossless_sources(project: Path, programs: Path, ours: Path) -> None:
    """The reference extracts source frames as JPEG; as PNG it shows what its page shows."""
    exact = OUT / "video-ref-png.mp4"
    subprocess.run(
        reference.render_argv(programs, project, exact, "--video-frame-format", "png"),
        check=True,
        env=reference.environment(programs),
        cwd=OUT,
        stdout=subprocess.DEVNULL,
    )
    _print_agreement("fanreel against reference, source frames as PNG", compare(ours, exact))
    _print_agreement(
        "reference against itself, source frames as PNG", compare(OUT / "video-ref.mp4", exact)
    )


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        wall_s=statistics.median(cost.wall_s for cost in costs),
        cpu_s=statistics.median(cost.cpu_s for cost in costs),
        peak_bytes=round(statistics.median(cost.peak_bytes for cost in costs)),
    )


def _print_row(label: str, cost: Cost, size_bytes: int, fidelity: Fidelity) -> None:
    print(
        f"{label:12}{cost.wall_s:9.1f}{cost.cpu_s:9.1f}{1000 * cost.cpu_s / fidelity.frames:14.0f}"
        f"{cost.peak_bytes / MIB:10.0f}{size_bytes / 1e6:8.2f}{fidelity.mean_rgb_db:9.2f}"
        f"{fidelity.min_rgb_db:8.2f}{fidelity.mean_luma_db:9.2f}"
    )


def _print_ratios(ours: Cost, theirs: Cost, video: Path, reference_video: Path) -> None:
    size = video.stat().st_size / reference_video.stat().st_size
    print(
        f"{'ratio':12}{ours.wall_s / theirs.wall_s:9.2f}{ours.cpu_s / theirs.cpu_s:9.2f}{'':14}"
        f"{ours.peak_bytes / theirs.peak_bytes:10.2f}{size:8.2f}"
    )


def _print_agreement(what: str, fidelity: Fidelity) -> None:
    print(
        f"{what}: RGB mean {fidelity.mean_rgb_db:.2f} dB, "
        f"min {fidelity.min_rgb_db:.2f} dB at frame {fidelity.min_rgb_frame}"
    )


if __name__ == "__main__":
    main()
