"""What an action works with, and what comes of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fanreel.errors import InvalidConfig
from fanreel.files.plan_dir import PlanManifest, UsedFont
from fanreel.media.cache import CacheSettings
from fanreel.segments.times import SegmentRun
from fanreel.storage.endpoints import OutputStores
from fanreel.storage.invocations import DONE
from fanreel.storage.journal import Film
from fanreel.storage.projects import ProjectSources
from fanreel.storage.store import ObjectStore
from handler.heartbeat import Heartbeat
from handler.primitives import Primitives


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What an action works with."""

    store: ObjectStore
    outputs: OutputStores
    sources: ProjectSources
    primitives: Primitives
    work_dir: Path
    temp_dir: Path
    """Where the steps put what is there only meanwhile."""
    heartbeat: Heartbeat
    remaining_s: Callable[[], float]
    """Seconds until Lambda ends the process."""
    plan_dir_size_limit_bytes: int
    assembly_room_bytes: int | None
    """Of the disk, that assembling may take; None for all that is free."""
    cache: CacheSettings | None
    phase: Callable[[str], AbstractContextManager[None]]
    """Marks what takes the time, for the trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The reply, and what the invocation's record says of it."""

    reply: dict[str, Any]
    outcome: str = DONE
    numbers: dict[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    segments: tuple[SegmentRun, ...] = ()
    fonts: tuple[UsedFont, ...] = ()
    film: Film | None = None


def check_format(asked: str | None, manifest: PlanManifest) -> None:
    """Refuse a format that the plan was not made for. Raises `InvalidConfig`."""
    if asked not in (None, manifest.format):
        raise InvalidConfig(f"Format {asked!r}: the plan is for {manifest.format!r}")
