"""What the steps and a render give back; without the libraries that the steps themselves need."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from fanreel.files.plan_dir import UsedFont
from fanreel.media.cache import CacheStats
from fanreel.problems import Problem
from fanreel.segments.times import SegmentRun

EventStage = Literal["plan", "render", "assemble", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """What was planned."""

    plan_dir: Path
    plan_hash: str
    chunk_count: int
    total_frames: int
    fps: Fraction
    width: int
    """Of the output, in pixels."""
    height: int
    format: str
    has_audio: bool
    ffmpeg_version: str
    producer_version: str
    duration_ms: int
    """How long planning took."""
    size_bytes: int
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    """The warnings as data: rule, element, file, line."""
    fonts: tuple[UsedFont, ...] = ()
    """What the texts ask for and are drawn with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkResult:
    """What one call of `render_chunk()` did."""

    chunk_index: int
    path: Path | None
    start_frame: int
    end_frame: int
    done: bool
    next_frame: int
    """First frame not rendered yet; `end_frame` when done."""
    frames_encoded: int
    """Frames this call rendered; those of segments found in the store are not counted."""
    segments_rendered: int
    segments_found: int
    size_bytes: int
    sha256: str
    """Of the chunk file, or of its segments' digests where no file was asked for."""
    cache: CacheStats = field(default_factory=CacheStats)
    """What the extraction cache saved and cost; zeroes where there is none."""
    runs: tuple[SegmentRun, ...] = ()
    """The segments this call rendered, with where their time went; seconds since it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembleResult:
    """The finished video."""

    output_path: Path
    frames_encoded: int
    size_bytes: int
    sha256: str
    duration_ms: int

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "output_path": str(self.output_path),
            "frames_encoded": self.frames_encoded,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "duration_ms": self.duration_ms,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StillResult:
    """What was saved."""

    output_path: Path
    at_s: float
    frame: int
    """Of the composition's timeline, from 0."""
    width: int
    """In pixels."""
    height: int
    size_bytes: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderEvent:
    """How far a render is."""

    stage: EventStage
    frames_done: int
    total_frames: int
    """0 until the plan knows it."""
    elapsed_s: float
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderResult:
    """A finished video, or directory of frames."""

    output_path: Path
    total_frames: int
    """None of a sound alone: 0."""
    fps: Fraction
    width: int
    height: int
    duration_s: float
    size_bytes: int
    sha256: str
    plan_hash: str
    stages: dict[str, float]
    """Seconds spent in `plan`, `render` and `assemble`."""
    warnings: tuple[str, ...] = ()
    cache: CacheStats = field(default_factory=CacheStats)
    """What the extraction cache saved and cost; zeroes where it is off."""
    fonts: tuple[UsedFont, ...] = ()
    """What the texts ask for and are drawn with."""
    frames_resumed: int = 0
    """Rendered by an earlier, identical render that did not come to its end."""

    def _repr_html_(self) -> str:
        """Show the film in a notebook; IPython asks for this."""
        from fanreel.reporting.notebook import film_html  # noqa: PLC0415

        return film_html(self)
