"""The three steps, as the function calls them."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from fanreel.config import RenderConfig
from fanreel.media.cache import CacheSettings
from fanreel.results import AssembleResult, ChunkResult, PlanResult, StillResult
from fanreel.segments.stores import SegmentStore


class Primitives(Protocol):
    """What `fanreel.engine.engine.Engine` is; a test of the storage around it puts in another."""

    def cancel(self) -> None:
        """End the step that is under way, from another thread."""

    def resume(self) -> None:
        """Take steps again after a cancelled one."""

    def plan(
        self,
        project_dir: Path,
        config: RenderConfig,
        plan_dir: Path,
        *,
        temp_dir: Path | None = None,
    ) -> PlanResult:
        """Plan a project."""

    def render_chunk(  # noqa: PLR0913 (each is an option)
        self,
        plan_dir: Path,
        chunk_index: int,
        output_path: Path | None,
        *,
        store: SegmentStore | None = None,
        remaining_s: Callable[[], float] | None = None,
        heartbeat: Callable[[int], None] | None = None,
        cache: CacheSettings | None = None,
        temp_dir: Path | None = None,
        fetch: Callable[[], None] | None = None,
    ) -> ChunkResult:
        """Render a chunk, whose share of the plan *fetch* brings."""

    def assemble(
        self,
        plan_dir: Path,
        chunk_paths: Sequence[Path],
        audio_path: Path | None,
        output_path: Path,
        *,
        cfr: bool = False,
    ) -> AssembleResult:
        """Assemble the video."""

    def still(
        self, project_dir: Path, output: Path, at_s: Fraction, config: RenderConfig
    ) -> StillResult:
        """Save one frame."""

    def assemble_parts(
        self,
        plan_dir: Path,
        chunk_paths: Sequence[Path],
        audio_path: Path | None,
        parts_dir: Path,
        part_bytes: int,
    ) -> AssembleResult:
        """Assemble the video while its chunks come and its parts go."""
