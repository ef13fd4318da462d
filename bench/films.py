"""
Shows the moments of the films in tests/films beside the reference renderer's.

    uv run python -m bench.films [NAME ...] [--write]

Prints the PSNR of each moment at full size and puts ours, theirs and the difference of each into
bench/out/films/NAME.png. `--write` keeps ours in tests/films as what is expected from now on: look
at them first. Needs npm, ffmpeg and chromium-headless-shell.
"""

import argparse
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from bench import reference
from bench.parity.agreement import over, psnr
from bench.parity.staging import is_other
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan
from fanreel.timing.moments import frame_at
from fanreel.work.planning import make_plan
from tests.media import films
from tests.media.sources import Picture
from tests.media.studio import as_rgba

OUT = Path(__file__).parent / "out"
_GREY = 160
_AMPLIFIED = 4


def main() -> None:
    """Film, compare, and keep what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", action="store_true", help="keep ours as what is expected")
    asked = parser.parse_args()
    programs = reference.install(OUT / "reference")
    for name in asked.names or films.names():
        work_dir = OUT / "films" / "work" / name
        for part in ("project", "plan"):
            shutil.rmtree(work_dir / part, ignore_errors=True)
        work_dir.mkdir(parents=True, exist_ok=True)
        found = films.lay_out(name, work_dir / "project")
        if is_other(work_dir / "project", work_dir / "project.sha256"):
            shutil.rmtree(work_dir / "stills", ignore_errors=True)
        ours, warnings = moments(found, work_dir)
        theirs = their_moments(found, programs, work_dir)
        marks = [psnr(one, other) for one, other in zip(ours, theirs, strict=True)]
        print(f"{name:24}", *(f"{mark:7.2f}" for mark in marks), flush=True)
        for warning in warnings:
            print(f"    warning: {warning}")
        sheet(ours, theirs).save(OUT / "films" / f"{name}.png")
        if asked.write:
            films.keep(name, ours)


def moments(found: films.Film, work_dir: Path) -> tuple[list[Picture], tuple[str, ...]]:
    """Film the moments of a film that is staged in *work_dir*; and the plan's warnings."""
    planned = make_plan(work_dir / "project", found.render_config, work_dir / "plan")
    plan = verify_plan(work_dir / "plan")
    frames = [frame_at(at_s, Fraction(plan.manifest.fps)) for at_s in found.at]
    with SegmentRenderer(plan, work_dir) as renderer:
        pictures = [as_rgba(picture, renderer.pixels) for picture in renderer.capture(frames)]
    return pictures, planned.warnings


def their_moments(found: films.Film, programs: Path, work_dir: Path) -> list[Picture]:
    """Let the reference renderer take the same moments, unless it has."""
    stills = work_dir / "stills"
    paths = [stills / f"at-{at_s:g}s.png" for at_s in found.at]
    if not all(path.is_file() for path in paths):
        argv = reference.snapshot_argv(programs, work_dir / "project", stills, found.at)
        environment = reference.environment(programs)
        subprocess.run(argv, check=True, env=environment, cwd=work_dir, capture_output=True)
    return [np.asarray(Image.open(path).convert("RGBA")) for path in paths]


def sheet(ours: list[Picture], theirs: list[Picture]) -> Image.Image:
    """Put ours above theirs above the difference, made plainer; a column for each moment."""
    columns = []
    for one, other in zip(ours, theirs, strict=True):
        pair = [over(one, _GREY), over(other, _GREY)]
        if pair[0].shape == pair[1].shape:
            pair.append(np.minimum(np.abs(pair[0] - pair[1]) * _AMPLIFIED, 255))
        columns.append([_narrow(picture) for picture in pair])
    height = sum(picture.height for picture in columns[0])
    whole = Image.new("RGB", (sum(column[0].width for column in columns), height))
    left = 0
    for column in columns:
        top = 0
        for picture in column:
            whole.paste(picture, (left, top))
            top += picture.height
        left += column[0].width
    return whole


def _narrow(picture: np.ndarray) -> Image.Image:
    shown = Image.fromarray(picture.astype(np.uint8))
    shown.thumbnail((640, 640))
    return shown


if __name__ == "__main__":
    main()
