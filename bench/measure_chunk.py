#!/usr/bin/env python3
"""
Measure the three steps under a CPU limit like Lambda's, and write what `cost_table.py` reads.

    bench/measure_chunk.py PROJECT --image fanreel:local -o bench/out/measured.json

With `--image` the real image runs in Docker as on Lambda: `--cpus`, `--memory`, read-only root, no
network, no shared memory. Without, this checkout runs on the host, pinned to whole processors. A
size above the machine's processors cannot be measured: the table scales from the nearest one.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

MEMORY_MB = (1769, 3538, 7076, 10240)
MB_PER_VCPU = 1769
# What the function does first: once this is imported, it can take an event.
COLD = "import handler.app"


def inside(project: Path, frames: int, vcpus: float) -> dict[str, Any]:
    """Probe in this process, whatever limits it runs under."""
    from fanreel.config import RenderConfig  # noqa: PLC0415
    from fanreel.remote.probing import probe  # noqa: PLC0415 (the measured environment's own)

    config = RenderConfig(frame_range=(0, 2 * frames))
    return probe(project, config, frames=frames, vcpus=vcpus).measured.to_json()


def docker_argv(image: str, project: Path, vcpus: float, memory_mb: int) -> list[str]:
    """Return the start of a `docker run` under limits; the program's arguments follow."""
    memory = f"{memory_mb}m"
    options = {
        "--cpus": f"{vcpus:.3f}",
        "--memory": memory,
        "--memory-swap": memory,
        "--network": "none",
        "--ipc": "none",
        "--cap-drop": "ALL",
        "--tmpfs": "/tmp:exec,size=4g",  # noqa: S108 (the only place to write, as on Lambda)
        "--entrypoint": "python",
    }
    mounts = {project: "/project", Path(__file__).resolve().parent: "/bench"}
    argv = ["docker", "run", "--rm", "--read-only"]
    argv += [part for option in options.items() for part in option]
    for source, inside_path in mounts.items():
        argv += ["--volume", f"{source}:{inside_path}:ro"]
    return [*argv, image]


def host_argv(vcpus: float) -> list[str]:
    """Return the start of a process pinned to whole processors of this machine."""
    processors = sorted(os.sched_getaffinity(0))[: round(vcpus)]
    return ["taskset", "-c", ",".join(map(str, processors)), sys.executable]


def run(argv: list[str]) -> tuple[str, float]:
    """Run to the end; give standard output and wall milliseconds."""
    began_s = time.perf_counter()
    repository = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    ended = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    if ended.returncode:
        sys.exit(f"{' '.join(argv)}\n{ended.stderr}")
    return ended.stdout, (time.perf_counter() - began_s) * 1000


def measure(options: argparse.Namespace, memory_mb: int) -> dict[str, Any]:
    """Measure under the share of CPU that *memory_mb* buys, `options.repeat` times."""
    vcpus = memory_mb / MB_PER_VCPU
    if options.image:
        start = docker_argv(options.image, options.project, vcpus, memory_mb)
        script, project = "/bench/measure_chunk.py", "/project"
    else:
        vcpus = float(max(1, round(vcpus)))
        start, script, project = host_argv(vcpus), __file__, str(options.project)
    task = [script, project, "--inside", "--frames", str(options.frames), "--vcpus", str(vcpus)]
    runs = []
    for _ in range(options.repeat):
        _, cold_ms = run([*start, "-c", COLD])
        measured = json.loads(run([*start, *task])[0])
        runs.append(measured | {"cold_start_ms": cold_ms})
        print(f"  {memory_mb} MB, {vcpus:.2f} vCPU: {measured['ms_per_frame']:.1f} ms a frame, "
              f"load {os.getloadavg()[0]:.1f}", file=sys.stderr)  # fmt: skip
    # What else the machine does only ever adds time, so the quickest run is the nearest to none.
    best: dict[str, Any] = min(runs, key=lambda one: one["ms_per_frame"])
    where = options.image or "processor affinity"
    source = f"best of {len(runs)}, {where}, load average {os.getloadavg()[0]:.1f}"
    return best | {"memory_mb": memory_mb, "source": source, "runs": runs}


def main() -> None:
    """Measure each size that fits this machine."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("project", type=Path)
    parser.add_argument("--image", help="Docker image to measure instead of this checkout")
    parser.add_argument("--memory", type=int, nargs="+", default=list(MEMORY_MB), metavar="MB")
    parser.add_argument("--frames", type=int, default=60, help="of each of the two segments")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, default=Path("bench/out/measured.json"))
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--vcpus", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(inside(options.project, options.frames, options.vcpus)))
        return
    options.project = options.project.resolve()
    processors = len(os.sched_getaffinity(0))
    sizes = [mb for mb in options.memory if mb / MB_PER_VCPU <= processors + 0.1]
    report = {
        "project": options.project.name,
        "frames": 2 * options.frames,
        "processors": processors,
        "load_before": os.getloadavg()[0],
        "measured": [measure(options, memory_mb) for memory_mb in sizes],
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1) + "\n")
    print(options.output)


if __name__ == "__main__":
    main()
