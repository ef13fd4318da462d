"""How fast this machine renders a project: the three steps timed over a few probe frames."""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from fanreel.aws.cost.render_cost import (
    ASSUMED_ASSEMBLE_MS,
    ASSUMED_COLD_START_MS,
    DEFAULT_PROBE_FRAMES,
    Measured,
)
from fanreel.config import RenderConfig
from fanreel.engine.engine import Engine
from fanreel.errors import PlanProducedZeroChunks
from fanreel.files.plan_dir import read_manifest
from fanreel.formats import FORMATS
from fanreel.processes import cpu_s
from fanreel.timing.timeline import ChunkPlan, resolve_chunk_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A project's speed here, and how its render would be cut."""

    measured: Measured
    cut: ChunkPlan


class _Clock:
    """When each frame was done, and the CPU time at the first and the last of a segment."""

    def __init__(self, segment_frames: int) -> None:
        self._segment_frames = segment_frames
        self._done_s: list[float] = []
        self._cpu_s: list[float] = []
        self._begun_s = time.perf_counter()

    def __call__(self, frames_done: int) -> None:
        self._done_s.append(time.perf_counter())
        if frames_done in (1, self._segment_frames):
            self._cpu_s.append(cpu_s(os.getpid()))

    def rates(self) -> "Pace":
        """Return what the marks say."""
        per_segment = self._segment_frames
        frames = min(per_segment, len(self._done_s))
        first_ms = (self._done_s[0] - self._begun_s) * 1000
        if frames < 2:  # noqa: PLR2004 (a span needs two marks)
            return Pace(frame_ms=first_ms, cpu_ms=first_ms, segment_ms=0.0, boot_ms=0.0)
        frame_ms = (self._done_s[frames - 1] - self._done_s[0]) * 1000 / (frames - 1)
        cpu_ms = frame_ms
        if len(self._cpu_s) == 2:  # noqa: PLR2004 (first and last)
            cpu_ms = (self._cpu_s[1] - self._cpu_s[0]) * 1000 / (frames - 1)
        segment_ms = 0.0
        if len(self._done_s) > frames:
            gap_ms = (self._done_s[frames] - self._done_s[frames - 1]) * 1000
            segment_ms = max(0.0, gap_ms - frame_ms)
        boot_ms = max(0.0, first_ms - segment_ms - frame_ms)
        return Pace(frame_ms=frame_ms, cpu_ms=cpu_ms, segment_ms=segment_ms, boot_ms=boot_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Milliseconds of a chunk: per frame (wall, CPU), per segment, and before the first."""

    frame_ms: float
    cpu_ms: float
    segment_ms: float
    boot_ms: float


def probe(
    project_dir: Path,
    config: RenderConfig,
    *,
    frames: int = DEFAULT_PROBE_FRAMES,
    vcpus: float | None = None,
) -> Probed:
    """
    Plan *project_dir* and render a chunk of two segments of *frames* from its middle.

    If that is all of it (a `frame_range`), it is assembled too.

    Args:
        project_dir: The composition.
        config: As for the real render; only segment and chunk length are changed.
        frames: Length of each of the two segments.
        vcpus: Processors this process may use, if a limit does not show in its affinity.
    Raises:
        PlanProducedZeroChunks: The composition has no frames. Terminal.
        RenderError: As planning and rendering it would raise.
    """
    with tempfile.TemporaryDirectory(prefix="fanreel-probe-") as folder:
        plan_dir, chunk_path = Path(folder, "plan"), Path(folder, "chunk")
        probing = config.replace(
            segment_frames=frames,
            chunk_size=2 * frames,
            target_chunk_frames=None,
            max_parallel_chunks=10_000,
        )
        engine = Engine()
        began_s = time.perf_counter()
        planned = engine.plan(project_dir, probing, plan_dir)
        planned_s = time.perf_counter()
        if not FORMATS[config.format].pictures:
            return _sound_alone(1000 * (planned_s - began_s), vcpus)
        if planned.chunk_count == 0:
            raise PlanProducedZeroChunks("the composition has no frames, nothing to estimate")
        clock = _Clock(frames)
        chunk = engine.render_chunk(plan_dir, planned.chunk_count // 2, chunk_path, heartbeat=clock)
        pace = clock.rates()
        rendered_s = time.perf_counter()
        if planned.chunk_count == 1:
            sound = read_manifest(plan_dir).audio_path
            audio_path = plan_dir / sound if sound else None
            engine.assemble(plan_dir, [chunk_path], audio_path, Path(folder, "video"))
        assembled_s = time.perf_counter()
    return Probed(
        measured=Measured(
            vcpus=vcpus or len(os.sched_getaffinity(0)),
            ms_per_frame=pace.frame_ms,
            cpu_ms_per_frame=pace.cpu_ms,
            boot_ms=pace.boot_ms,
            segment_ms=pace.segment_ms,
            plan_ms=(planned_s - began_s) * 1000,
            assemble_ms=(assembled_s - rendered_s) * 1000
            if planned.chunk_count == 1
            else ASSUMED_ASSEMBLE_MS,
            cold_start_ms=ASSUMED_COLD_START_MS,
            source=f"from {chunk.frames_encoded} frames rendered on this machine",
        ),
        cut=resolve_chunk_plan(
            planned.total_frames,
            chunk_size=config.chunk_size,
            max_parallel_chunks=config.max_parallel_chunks,
            target_chunk_frames=config.target_chunk_frames,
            segment_frames=config.segment_frames,
        ),
    )


def _sound_alone(plan_ms: float, vcpus: float | None) -> Probed:
    """Planning mixes it, and nothing else takes time."""
    return Probed(
        measured=Measured(
            vcpus=vcpus or len(os.sched_getaffinity(0)),
            ms_per_frame=0.0,
            cpu_ms_per_frame=0.0,
            boot_ms=0.0,
            segment_ms=0.0,
            plan_ms=plan_ms,
            assemble_ms=ASSUMED_ASSEMBLE_MS,
            cold_start_ms=ASSUMED_COLD_START_MS,
            source="from planning on this machine",
        ),
        cut=ChunkPlan(total_frames=0, segment_frames=1, chunk_count=0),
    )
