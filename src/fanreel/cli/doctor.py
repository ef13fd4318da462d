"""`fanreel doctor`: what is here, which version, what is missing and how to get it."""

import json
import sys
from typing import Annotated

import typer

from fanreel.browser.locate import INSTALL_ALL
from fanreel.cli.render import AsJson

_SIGNS = {"ok": "ok     ", "weak": "weak   ", "missing": "MISSING"}


def doctor(
    *,
    as_json: AsJson = False,
    quick: Annotated[bool, typer.Option("--quick", help="Do not start the browser.")] = False,
) -> None:
    """Say what is present, which version, and how to install what is missing."""
    from fanreel.doctor.examination import examine  # noqa: PLC0415 (PyAV)

    missing = installable = False
    for finding in examine(start_browser=not quick):
        missing |= finding.state == "missing"
        installable |= "apt-get" in (finding.fix or "")
        if as_json:
            sys.stdout.write(json.dumps(finding.to_json()) + "\n")
            continue
        sys.stdout.write(f"{_SIGNS[finding.state]} {finding.name:<16} {finding.detail}\n")
        if finding.fix is not None:
            sys.stdout.write(f"{'':24} fix: {finding.fix}\n")
    if installable and not as_json:
        sys.stdout.write(f"\n`{INSTALL_ALL}` installs all of these at once\n")
    if missing:
        raise typer.Exit(1)
