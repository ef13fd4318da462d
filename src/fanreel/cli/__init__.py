"""The command line: each command a few lines over the package's functions."""

import sys


def main() -> None:
    """Run the command that the process was started with, and end the process with its status."""
    from fanreel.cli.app import app  # noqa: PLC0415 (`import fanreel.cli` costs nothing)
    from fanreel.cli.failures import run  # noqa: PLC0415

    sys.exit(run(app, sys.argv[1:]))
