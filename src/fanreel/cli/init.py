"""`fanreel init`: a project to begin with."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fanreel.cli.render import Debug
from fanreel.starters.starting import example_names, start_project


def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made; must not be there.")],
    *,
    gsap: Annotated[
        bool, typer.Option("--gsap", help="Animate with GSAP (from the npm registry), not CSS.")
    ] = False,
    example: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"Start from an example: {', '.join(example_names())}."),
    ] = None,
    debug: Debug = False,  # noqa: ARG001 (read before parsing, where errors are told)
) -> None:
    """Start a project in FOLDER, ready to render: a title card with variables, or an example."""
    page = start_project(folder, gsap=gsap, example=example)
    sys.stdout.write(
        f"{page}\n"
        f"  fanreel preview {folder}                watch it while you change it\n"
        f"  fanreel render {folder} -o film.mp4     the video\n"
    )
