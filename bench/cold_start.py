#!/usr/bin/env python3
# ruff: noqa: PLC0415 (when each module is imported is what is measured)
"""
Take a worker's cold start apart: from the start of its process to the first frame of its chunk.

    bench/cold_start.py PROJECT --image fanreel:test

Runs the Lambda image under the CPU and memory limits of the given sizes, as Lambda would: root
read-only, no network, no shared memory. The image's files are in the machine's page cache from the
second run on; what Lambda takes to fetch an image is not in here. On a busy machine the wall time
says little; the CPU time says what it would be at least.
"""

import argparse
import importlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

MB_PER_VCPU = 1769
PARTS = (
    ("python_ms", "Python starts"),
    ("runtime_ms", "import the runtime client"),
    ("handler_ms", "import the handler, connect to S3; its child imports the three steps"),
    ("frame_ms", "verify the plan, start Xvfb and Chromium, load the page, first frame"),
)


def inside_plan(project: Path, plan_dir: Path) -> None:
    """Plan the project, so that the measured process has nothing of it in memory."""
    from fanreel.config import RenderConfig
    from fanreel.planning import plan

    plan(project, RenderConfig(), plan_dir)


def container_cpu_s() -> float:
    """Return the CPU seconds of all processes of this container, the ended ones included."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def inside_chunk(plan_dir: Path) -> dict[str, tuple[float, float]]:
    """Do what the first event of a container makes it do; give wall and CPU ms by part."""
    started = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    age_s = float(Path("/proc/uptime").read_text().split()[0]) - started / os.sysconf("SC_CLK_TCK")
    marks = [("python_ms", time.perf_counter(), container_cpu_s())]

    def mark(name: str) -> None:
        marks.append((name, time.perf_counter(), container_cpu_s()))

    importlib.import_module("awslambdaric.bootstrap")
    mark("runtime_ms")
    os.environ["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:9001"  # it makes its worker while importing
    importlib.import_module("handler.app")
    mark("handler_ms")
    from handler.app import _container_worker  # the engine in it has started its child

    with tempfile.TemporaryDirectory() as temp:
        engine = _container_worker()._primitives  # noqa: SLF001 (as its first event does)
        engine.render_chunk(
            plan_dir,
            0,
            Path(temp) / "chunk.mp4",
            heartbeat=lambda frames: mark("frame_ms") if frames == 1 else None,
            temp_dir=Path(temp),
        )
    first = {"python_ms": (age_s * 1000, marks[0][2] * 1000)}
    return first | {
        name: ((wall - wall_before) * 1000, (cpu - cpu_before) * 1000)
        for (_, wall_before, cpu_before), (name, wall, cpu) in itertools.pairwise(marks)
    }


def in_image(image: str, memory_mb: int, mounts: dict[Path, str], *task: str) -> str:
    """Run this script in the image under Lambda's limits; give what it prints."""
    memory = f"{memory_mb}m"
    argv = [
        "docker", "run", "--rm", "--read-only", "--network=none", "--ipc=none", "--cap-drop=ALL",
        "--tmpfs=/tmp:rw,exec,mode=1777", f"--memory={memory}", f"--memory-swap={memory}",
        f"--cpus={memory_mb / MB_PER_VCPU:.3f}", "--env=AWS_DEFAULT_REGION=us-east-1",
        # Without it X-Ray's library takes this for a server, and makes two clients of its service.
        "--env=LAMBDA_TASK_ROOT=/opt/fanreel",
        "--env=AWS_ACCESS_KEY_ID=none", "--env=AWS_SECRET_ACCESS_KEY=none",
        *(f"--volume={source}:{target}" for source, target in mounts.items()),
        "--entrypoint=python", image, "/bench/cold_start.py", *task,
    ]  # fmt: skip
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(argv)}\n{ended.stderr}")
    return ended.stdout


def main() -> None:
    """Print a table: a row for each part, a column for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("project", type=Path)
    parser.add_argument("--image", default="fanreel:dev")
    parser.add_argument("--memory", type=int, nargs="+", default=[1769, 3538], metavar="MB")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--inside", choices=["plan", "chunk"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside == "plan":
        inside_plan(options.project, Path("/plans/plan"))
        return
    if options.inside == "chunk":
        print(json.dumps(inside_chunk(Path("/plans/plan"))))
        return
    with tempfile.TemporaryDirectory() as plans:
        Path(plans).chmod(0o777)
        mounts = {
            options.project.resolve(): "/project:ro",
            Path(__file__).resolve().parent: "/bench:ro",
            Path(plans): "/plans",
        }
        in_image(options.image, 3538, mounts, "/project", "--inside=plan")
        columns = []
        for memory_mb in options.memory:
            runs = [
                json.loads(in_image(options.image, memory_mb, mounts, "/project", "--inside=chunk"))
                for _ in range(options.repeat)
            ]
            columns.append(
                {
                    name: [median(run[name][which] for run in runs) for which in (0, 1)]
                    for name, _ in PARTS
                }
            )
    print(f"medians of {options.repeat}, ms wall / ms CPU; load average {os.getloadavg()[0]:.1f}")
    print("| part | " + " | ".join(f"{mb} MB" for mb in options.memory) + " |")
    print("|---" * (1 + len(columns)) + "|")
    for name, words in PARTS:
        cells = [f"{column[name][0]:.0f} / {column[name][1]:.0f}" for column in columns]
        print(f"| {words} | " + " | ".join(cells) + " |")
    sums = [[sum(part[which] for part in c.values()) for which in (0, 1)] for c in columns]
    print("| together | " + " | ".join(f"{wall:.0f} / {cpu:.0f}" for wall, cpu in sums) + " |")


if __name__ == "__main__":
    main()
