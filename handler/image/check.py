"""
Render a few frames and look at them: the last step of the build is `python -m handler.image.check`.

The build fails if Chromium, Xvfb, the codecs, WebGL or a writing's fonts are not what renders need.
Arguments choose some of the `LOOKS`.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from fanreel.config import RenderConfig
from fanreel.doctor.examination import examine
from fanreel.engine.engine import Engine
from fanreel.engine.warm import keep_warm
from fanreel.files.plan_reading import read_encoder

HERE = Path(__file__).parent
CELL = 64
WRITINGS = ("Latin", "Han", "Hangul", "kana", "Arabic", "Devanagari", "Tamil", "Thai", "emoji")
COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
COLOUR_TOLERANCE = 12
"""4:2:0 and limited range cost pure colours a few levels."""
INK_DIFFERENCE = 4
"""Mean difference of two cells, of 255; 40 pixel glyphs differ by 10 and more."""

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def film(project: Path, output_format: str, work_dir: Path) -> tuple[list[Picture], str]:
    """Plan, render two chunks and assemble as invocations would; give the frames and the engine."""
    config = RenderConfig.from_json(
        {"format": output_format, "maxParallelChunks": 2, "chunkSize": 12, "runtimeCap": "lambda"}
    )
    plan_dir = work_dir / "plan"
    engine = Engine()
    planned = engine.plan(project, config, plan_dir)
    names = [f"chunk-{index:05}.{output_format}" for index in range(planned.chunk_count)]
    for index, name in enumerate(names):
        engine.render_chunk(plan_dir, index, work_dir / name)
    output = work_dir / f"film.{output_format}"
    engine.assemble(plan_dir, [work_dir / name for name in names], None, output)
    return decoded(output), read_encoder(plan_dir).engine


def decoded(path: Path) -> list[Picture]:
    """Return each frame as height × width × 3, RGB."""
    with av.open(str(path)) as container:
        return [
            frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)
        ]


def cell(frame: Picture, column: int, row: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """Cut one cell out of a frame."""
    part = frame[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL]
    return part.astype(np.int16)


def problems_of_writing(frames: list[Picture]) -> list[str]:
    """Look for boxes instead of glyphs, wrong colours, and a picture that stands still."""
    first, last = frames[0], frames[-1]
    problems = []
    nothing = cell(first, len(WRITINGS), 0)
    for column, name in enumerate(WRITINGS):
        ink = cell(first, column, 0)
        if np.abs(ink - nothing).mean() < INK_DIFFERENCE:
            problems.append(f"no font for {name}")
    if np.ptp(cell(first, len(WRITINGS) - 1, 0), axis=2).max() < CELL:
        problems.append("emoji have no colour")
    for column, expected in enumerate(COLOURS):
        middle = cell(first, column, 1)[16:48, 16:48].mean(axis=(0, 1))
        if np.abs(middle - expected).max() > COLOUR_TOLERANCE:
            problems.append(f"colour {expected} became {tuple(middle.round())}")
    if np.abs(cell(first, 0, 2) - cell(last, 0, 2)).mean() < INK_DIFFERENCE:
        problems.append("nothing moves")
    return problems


def problems_of_webgl(frames: list[Picture]) -> list[str]:
    """Look for the colour the page clears to."""
    middle = cell(frames[0], 4, 1).mean(axis=(0, 1))
    wrong = np.abs(middle - (0, 255, 0)).max() > COLOUR_TOLERANCE
    return [f"WebGL drew {tuple(middle.round())} instead of green"] if wrong else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One film and what has to be seen in it."""

    project: str
    output_format: str
    engine: str
    frames: int
    problems: Callable[[list[Picture]], list[str]]


LOOKS = {
    "mp4": Look(
        project="writing",
        output_format="mp4",
        engine="xvfb",
        frames=24,
        problems=problems_of_writing,
    ),
    "mov": Look(
        project="writing",
        output_format="mov",
        engine="xvfb",
        frames=24,
        problems=problems_of_writing,
    ),
    "webgl": Look(
        project="webgl",
        output_format="mp4",
        engine="xvfb",
        frames=6,
        problems=problems_of_webgl,
    ),
}


def look_at(look: Look) -> list[str]:
    """Make a film and give what is wrong with it."""
    with tempfile.TemporaryDirectory() as work_dir:
        frames, engine = film(HERE / look.project, look.output_format, Path(work_dir))
    if len(frames) != look.frames:
        return [f"{len(frames)} frames, not {look.frames}"]
    problems = look.problems(frames)
    if engine != look.engine:
        problems.append(f"engine {engine}, not {look.engine}")
    return problems


def check(names: Sequence[str]) -> list[str]:
    """Return everything that is wrong with this image."""
    problems = [
        f"{finding.name}: {finding.detail}"
        for finding in examine(start_browser=False)
        if finding.state == "missing"
    ]
    with keep_warm():  # as the worker does
        for name in names or LOOKS:
            started = time.monotonic()
            found = look_at(LOOKS[name])
            sys.stdout.write(f"{name}: {time.monotonic() - started:.1f} s\n")
            problems += [f"{name}: {problem}" for problem in found]
    return problems


if __name__ == "__main__":
    complaints = check(sys.argv[1:])
    sys.stdout.write(
        "".join(f"WRONG  {complaint}\n" for complaint in complaints) or "all is well\n"
    )
    sys.exit(bool(complaints))
