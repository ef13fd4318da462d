"""`fanreel still` and `fanreel compositions`: a look at a project without rendering it."""

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from fanreel.cli.options import build_config, split_project, with_config_options
from fanreel.cli.render import AsJson, Debug, Project, RootDir
from fanreel.errors import InvalidConfig


@with_config_options
def still(
    project: Project,
    *,
    at: Annotated[str, typer.Option(metavar="SECONDS", help="Time on the timeline.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="The picture: .png, .jpg or .webp."),
    ],
    root: RootDir = None,
    as_json: AsJson = False,
    debug: Debug = False,  # noqa: ARG001 (read before parsing, where errors are told)
    config_fields: dict[str, Any],
) -> None:
    """Save the frame that PROJECT shows at one moment."""
    at_s = _seconds(at)
    project_dir, fields = split_project(project, config_fields)
    config = build_config(fields)
    from fanreel.cli.report import result_json  # noqa: PLC0415
    from fanreel.engine.engine import Engine  # noqa: PLC0415 (once the options are right)

    result = Engine().still(project_dir, output, at_s, config, root_dir=root)
    if as_json:
        sys.stdout.write(json.dumps(result_json(result)) + "\n")
        return
    for warning in result.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    sys.stdout.write(f"{output}: {at} s\n")


def compositions(project: Project, *, as_json: AsJson = False, debug: Debug = False) -> None:  # noqa: ARG001
    """List the compositions that PROJECT's pages declare."""
    from fanreel.cli.report import result_json  # noqa: PLC0415
    from fanreel.markup.outline import list_compositions  # noqa: PLC0415

    found = list_compositions(project.parent if project.is_file() else project)
    for item in found:
        if as_json:
            sys.stdout.write(json.dumps(result_json(item)) + "\n")
            continue
        size = f"{item.width}x{item.height}" if item.width and item.height else ""
        length = f"{item.duration_s} s" if item.duration_s else ""
        mounted = f"<- {item.src}" if item.src else ""
        words = [f"{item.composition_id:<16}", size, length, f"{item.file}:{item.line}", mounted]
        sys.stdout.write("  ".join(word for word in words if word) + "\n")
    if not found:
        sys.stderr.write(f"no element of {project} has data-composition-id\n")


def _seconds(text: str) -> Fraction:
    try:
        at_s = Fraction(text)
    except (ValueError, ZeroDivisionError):
        at_s = Fraction(-1)
    if at_s < 0:
        raise InvalidConfig(f"--at {text}: allowed: seconds from 0, such as 2.5")
    return at_s
