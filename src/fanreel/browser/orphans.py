"""The processes of browsers and screens, found by their command lines, and ended."""

from pathlib import Path

from fanreel.processes import kill_all, named


def processes_of(directory: Path) -> list[int]:
    """Return the ids of browsers and screens with a profile or display below *directory*."""
    # A screen's is a word of its own, at whatever depth: planning has a folder to itself.
    return named(f"--user-data-dir={directory}/", f"{directory}/")


def kill_orphans(temp_dir: Path) -> None:
    """End browsers and screens below *temp_dir* whose owners are no more; harmless without any."""
    kill_all(processes_of(temp_dir))
