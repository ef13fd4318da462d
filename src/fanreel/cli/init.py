"""`fanreel init`: a project to begin with."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fanreel.cli.render import Debug

_EXAMPLES = "bib, daylight, late-radio, launch, name-strap, tide"
"""Written out, so that no other command reads the table; a test compares."""


def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made; must not be there.")],
    *,
    gsap: Annotated[
        bool, typer.Option("--gsap", help="Animate with GSAP (from the npm registry), not CSS.")
    ] = False,
    example: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"Start from an example: {_EXAMPLES}."),
    ] = None,
    debug: Debug = False,  # noqa: ARG001 (read before parsing, where errors are told)
) -> None:
    """Start a project in FOLDER, ready to render: a title card with variables, or an example."""
    from fanreel.starters.starting import start_project  # noqa: PLC0415 (once it is asked for)

    page = start_project(folder, gsap=gsap, example=example)
    sys.stdout.write(
        f"{page}\n"
        f"  fanreel preview {folder}                watch it while you change it\n"
        f"  fanreel render {folder} -o film.mp4     the video\n"
    )
