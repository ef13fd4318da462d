"""The processes of browsers and screens, found by their command lines, and ended."""

from pathlib import Path

from fanreel.processes import descendants, kill_all, named


def processes_of(directory: Path) -> set[int]:
    """Return the ids of browsers and screens with a profile or display below *directory*."""
    # A screen's is a word of its own, at whatever depth: planning has a folder to itself.
    options = [f"--{name}={directory}/" for name in ("user-data-dir", "database")]
    owners = named(*options, f"{directory}/")
    # Chromium's services write to the profile, and name no directory.
    return {*owners, *(pid for owner in owners for pid in descendants(owner))}


def kill_orphans(temp_dir: Path) -> None:
    """End browsers and screens below *temp_dir* whose owners are no more; harmless without any."""
    kill_all(processes_of(temp_dir))
