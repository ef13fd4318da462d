"""`fanreel setup`: what pip does not bring, in one command."""

import sys
from typing import Annotated

import typer


def setup(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be installed.")
    ] = False,
) -> None:
    """Install Chromium, Xvfb and fonts (Debian, Ubuntu; as root or with sudo)."""
    from fanreel.doctor.installing import (  # noqa: PLC0415 (only this command needs them)
        fetch_families,
        install_packages,
        missing_packages,
    )

    missing = missing_packages()
    if missing:
        sys.stderr.write(f"installing {' '.join(missing)}\n")
        if not dry_run:
            install_packages(missing)
    if dry_run:
        sys.stderr.write("fetching the format's font families that are not here\n")
        return
    fetch_families(_say)
    sys.stderr.write("ready; `fanreel doctor` shows what is here\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
