"""What the body of an invocation's record tells beyond its name: where the time went, and why."""

from fractions import Fraction
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from fanreel.errors import AssetNotFound, UnexpectedError
from fanreel.files.plan_dir import UsedFont
from fanreel.segments.times import SegmentRun
from fanreel.storage import layout
from fanreel.storage.invocations import InvocationRecord
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri

LIMIT_BYTES = 4 * 1024**2
"""A chunk's frames take about 40 bytes each."""


class Phase(BaseModel):
    """One stretch of an invocation, in milliseconds since it began."""

    model_config = ConfigDict(frozen=True)

    name: str
    begin_ms: int
    end_ms: int


class Film(BaseModel):
    """What was planned."""

    model_config = ConfigDict(frozen=True)

    fps: Fraction
    width: int
    height: int
    total_frames: int
    format: str


class Journal(BaseModel):
    """What an invocation tells of itself; fields that readers do not know are ignored."""

    model_config = ConfigDict(frozen=True)

    message: str = ""
    """Of a failure."""
    phases: tuple[Phase, ...] = ()
    memory: tuple[tuple[int, int], ...] = ()
    """Milliseconds since it began, and MiB in use."""
    segments: tuple[SegmentRun, ...] = ()
    """Those it rendered; seconds since its phase `render` began."""
    warnings: tuple[str, ...] = ()
    fonts: tuple[UsedFont, ...] = ()
    """Of a plan."""
    film: Film | None = None
    """Of a plan."""

    @classmethod
    def read(cls, record: InvocationRecord, render_folder: ObjectUri, store: ObjectStore) -> Self:
        """Read what an invocation left, with one GET; empty if it is gone, or no journal at all."""
        uri = layout.progress(render_folder).joined(record.name())
        try:
            return cls.model_validate_json(store.read_bytes(uri, limit_bytes=LIMIT_BYTES))
        except (AssetNotFound, UnexpectedError, ValidationError):  # none, too large, senseless
            return cls()
