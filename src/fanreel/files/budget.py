"""The size cap on plan directories: Lambda's /tmp has to hold the plan and the work beside it."""

import os
import stat
import sys
from collections import Counter
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.errors import DiskFull, PlanTooLarge
from fanreel.settings import named


def human_size(size_bytes: int) -> str:
    """
    Return a size for people.

    >>> human_size(2 * 1024**3)
    '2.0 GiB'
    """
    size = float(size_bytes)
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:  # noqa: PLR2004 (binary units)
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def without_lambda_cap(config: RenderConfig) -> RenderConfig:
    """Lift the cap that is for Lambda's `/tmp`, where planning is for this machine only."""
    if config.runtime_cap is not None or "plan_dir_size_limit_bytes" in config.model_fields_set:
        return config
    return config.replace(plan_dir_size_limit_bytes=sys.maxsize)


def within_cap(config: RenderConfig, limit_bytes: int) -> RenderConfig:
    """Give a configuration the cap of a stack, which whoever asks may lower but not raise."""
    if "plan_dir_size_limit_bytes" in config.model_fields_set:
        limit_bytes = min(config.plan_dir_size_limit_bytes, limit_bytes)
    return config.replace(plan_dir_size_limit_bytes=limit_bytes)


def check_estimate(estimate_bytes: int, limit_bytes: int, work_dir: Path, plan_dir: Path) -> None:
    """
    Refuse a plan that will not fit, before the expensive stages.

    Args:
        estimate_bytes: What the plan directory will hold, about.
        limit_bytes: The cap.
        work_dir: Where files lie that are downloaded or recorded, before they are in the plan.
        plan_dir: Where the plan will be; it need not exist.
    Raises:
        PlanTooLarge: The estimate exceeds the cap. Terminal.
        DiskFull: A file system has less room than the peak needs. Retryable.
    """
    _check_cap(estimate_bytes, limit_bytes, "will take about")
    plan_parent = next(path for path in plan_dir.absolute().parents if path.is_dir())
    # Where both are on one disk, both need their room there at once.
    shares = Counter(path.stat().st_dev for path in (work_dir, plan_parent))
    for directory in (work_dir, plan_parent):
        space = os.statvfs(directory)
        free_bytes = space.f_bavail * space.f_frsize
        peak_bytes = estimate_bytes * shares[directory.stat().st_dev]
        if free_bytes < peak_bytes:
            raise DiskFull(
                f"planning needs up to {human_size(peak_bytes)} in {directory}, which has "
                f"{human_size(free_bytes)} free; free some space or plan elsewhere",
                free_bytes=free_bytes,
                needed_bytes=peak_bytes,
            )


def check_measured(plan_dir: Path, limit_bytes: int) -> int:
    """
    Return the size of a finished plan directory in bytes.

    Raises:
        PlanTooLarge: It exceeds the cap. Terminal.
    """
    size_bytes = directory_size(plan_dir)
    _check_cap(size_bytes, limit_bytes, "takes")
    return size_bytes


def directory_size(directory: Path) -> int:
    """
    Add up the bytes of all files below *directory*.

    A file that vanishes meanwhile counts nothing; symlinks are not followed.

    Raises:
        OSError: A directory cannot be read: its size is unknown, not zero.
    """
    total = 0
    try:
        entries = list(os.scandir(directory))
    except FileNotFoundError:
        return 0
    for entry in entries:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(status.st_mode):
            total += directory_size(Path(entry.path))
        elif stat.S_ISREG(status.st_mode):
            total += status.st_size
    return total


def _check_cap(size_bytes: int, limit_bytes: int, verb: str) -> None:
    if size_bytes <= limit_bytes:
        return
    cap = named("planDirSizeLimitBytes")
    raise PlanTooLarge(
        f"the plan {verb} {human_size(size_bytes)}, the cap is {human_size(limit_bytes)}; use "
        f"smaller or shorter source media, or raise {cap['said']} where the disk allows it",
        settings=[cap],
        size_bytes=size_bytes,
        limit_bytes=limit_bytes,
    )
