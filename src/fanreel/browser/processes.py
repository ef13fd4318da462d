"""The processes of browsers and screens, found by their command lines."""

import contextlib
import os
from pathlib import Path


def processes_of(directory: Path) -> list[int]:
    """Give the process ids whose command line names a profile or screen in *directory*."""
    marks = os.fsencode(f"--user-data-dir={directory}/"), os.fsencode(f"{directory}/display-")
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if any((word + b"/").startswith(marks) for word in words):
                    found.append(int(entry.name))
    return found
