"""`fanreel plan`, `chunk` and `assemble`: the three steps, for people with their own queue."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from fanreel.cli.options import build_config, split_project, with_config_options
from fanreel.cli.render import AsJson, Debug, Project, RootDir

PlanDir = Annotated[Path, typer.Argument(metavar="PLAN_DIR", help="As `fanreel plan` wrote it.")]


@with_config_options
def plan(
    project: Project,
    plan_dir: Annotated[Path, typer.Argument(metavar="PLAN_DIR", help="Made by this command.")],
    *,
    root: RootDir = None,
    as_json: AsJson = False,
    debug: Debug = False,  # noqa: ARG001 (read before parsing, where errors are told)
    config_fields: dict[str, Any],
) -> None:
    """Plan PROJECT: freeze what it needs and decide how it is cut into chunks."""
    project_dir, fields = split_project(project, config_fields)
    config = build_config(fields)
    from fanreel.engine.engine import Engine  # noqa: PLC0415
    from fanreel.segments.evidence import keeping_screenshot  # noqa: PLC0415

    with keeping_screenshot(plan_dir):
        result = Engine().plan(project_dir, config, plan_dir, root_dir=root)
    for warning in result.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    chunks = (
        f"{result.total_frames} frames at {result.fps} frames/s, "
        f"{result.width}x{result.height}, in {result.chunk_count} chunks; "
        f"render each of 0 to {result.chunk_count - 1} with `fanreel chunk`"
    )
    sound = "a sound alone, without chunks; `fanreel assemble` writes it"
    _tell(result, f"{plan_dir}: {chunks if result.chunk_count else sound}", as_json=as_json)


def chunk(
    plan_dir: PlanDir,
    index: Annotated[int, typer.Argument(metavar="INDEX", help="Chunk number, from 0.")],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The chunk's file to write.")
    ],
    as_json: AsJson = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Render one chunk of a plan."""
    from fanreel.engine.engine import Engine  # noqa: PLC0415
    from fanreel.media.cache import cache_settings  # noqa: PLC0415

    result = Engine().render_chunk(plan_dir, index, output, cache=cache_settings(os.environ))
    for warning in result.cache.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    _tell(
        result,
        f"{output}: frames {result.start_frame} to {result.end_frame - 1}",
        as_json=as_json,
    )


def assemble(
    plan_dir: PlanDir,
    chunks: Annotated[
        list[Path] | None,
        typer.Argument(metavar="CHUNK...", help="Every chunk's file, in order; none of a sound."),
    ] = None,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The video to write.")
    ],
    cfr: Annotated[bool, typer.Option("--cfr", help="Constant frame rate; always so.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Join a plan's chunks and its sound into the video."""
    from fanreel.engine.engine import Engine  # noqa: PLC0415
    from fanreel.files.plan_reading import read_manifest  # noqa: PLC0415

    sound = read_manifest(plan_dir).audio_path
    audio_path = None if sound is None else plan_dir / sound
    result = Engine().assemble(plan_dir, chunks or [], audio_path, output, cfr=cfr)
    _tell(result, f"{output}: {result.frames_encoded} frames", as_json=as_json)


def _tell(result: Any, sentence: str, *, as_json: bool) -> None:
    from fanreel.cli.report import result_json  # noqa: PLC0415

    sys.stdout.write((json.dumps(result_json(result)) if as_json else sentence) + "\n")
