"""`fanreel lint`: what a composition gets wrong, before it is rendered."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from fanreel.cli.options import build_config, split_project, with_config_options
from fanreel.cli.render import AsJson, Debug, Project, RootDir

if TYPE_CHECKING:
    from fanreel.files.plan_dir import UsedFont

_WAYS = {
    "project": "of the project",
    "built-in": "of the format",
    "substitute": "in its place",
    "web": "from the web",
    "generic": "for a generic family",
    "system": "of this machine",
}


@with_config_options
def lint(
    project: Project,
    *,
    root: RootDir = None,
    as_json: AsJson = False,
    debug: Debug = False,  # noqa: ARG001 (read before parsing, where errors are told)
    config_fields: dict[str, Any],
) -> None:
    """Check PROJECT against the format; the exit status is 2 where there are errors."""
    project_dir, fields = split_project(project, config_fields)
    config = build_config(fields)
    from fanreel.lint.linting import lint as check  # noqa: PLC0415 (once the options are right)

    fonts: list[UsedFont] = []
    findings = check(project_dir, config, root_dir=root, on_fonts=fonts.extend)
    for item in findings:
        if as_json:
            sys.stdout.write(json.dumps(asdict(item)) + "\n")
            continue
        place = f"{item.file}:{item.line}" if item.line else item.file
        sys.stdout.write(f"{place}: {item.severity}[{item.rule}] {item.element}\n")
        sys.stdout.write(f"    {item.message}\n    fix: {item.fix}\n")
    for font in fonts:
        _tell_font(font, as_json=as_json)
    errors = sum(item.severity == "error" for item in findings)
    if not as_json:
        sys.stderr.write(f"{errors} errors, {len(findings) - errors} warnings\n")
    if errors:
        raise typer.Exit(2)


def _tell_font(font: "UsedFont", *, as_json: bool) -> None:
    """Say which face a text is drawn with, and which way gave it."""
    if as_json:
        sys.stdout.write(json.dumps({"font": font.to_json()}) + "\n")
        return
    asked = ", ".join(font.families) or "no family"
    drawn = ", ".join(font.web_fonts + font.system_fonts)
    sys.stdout.write(f"font: {font.element}: {asked}: {drawn}, {_WAYS[font.way]}\n")
