"""How fast this machine renders a project: the three steps timed over a few probe frames."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.engine.engine import Engine
from fanreel.engine.warm import keep_warm
from fanreel.errors import PlanProducedZeroChunks
from fanreel.files.plan_reading import read_manifest
from fanreel.formats import FORMATS
from fanreel.remote.estimates import DEFAULT_PROBE_FRAMES
from fanreel.remote.measured import (
    ASSUMED_ASSEMBLE_MS,
    ASSUMED_COLD_START_MS,
    Measured,
)
from fanreel.remote.metering import NOISE, Mark, Span
from fanreel.timing.timeline import ChunkPlan, resolve_chunk_plan

FRAME_PARALLEL = 1.5
"""
Processors that rendering keeps busy: 38 ms a frame with one, 25 with two (`bench/measure_chunk.py`,
`examples/launch`). Starting and planning keep one.
"""


_CROWDED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A project's speed here, and how its render would be cut."""

    measured: Measured
    cut: ChunkPlan


class _Clock:
    """Marks the begin of a chunk, its first frame, and the end of its first segment."""

    def __init__(self, segment_frames: int) -> None:
        self._per_segment = segment_frames
        self._frames = 0
        self._begun = Mark.now()
        self._marks: dict[int, Mark] = {}

    def __call__(self, frames_done: int) -> None:
        self._frames = frames_done
        if frames_done in (1, self._per_segment, self._per_segment + 1):
            self._marks[frames_done] = Mark.now()

    def pace(self) -> "Pace":
        """Return what the marks say; called when the chunk is done."""
        end = Mark.now()
        first = self._marks.get(1, end)
        frames = min(self._per_segment, self._frames)
        rendering = Span.between(first, self._marks.get(frames, end))
        boot = Span.between(self._begun, first)
        if frames < 2:  # noqa: PLR2004 (a span needs two marks)
            return Pace(frame=boot, segment_ms=0.0, boot_ms=0.0, others=boot.others)
        frame = Span(
            wall_ms=rendering.wall_ms / (frames - 1),
            cpu_ms=rendering.cpu_ms / (frames - 1),
            others=rendering.others,
        )
        frame_ms, segment_ms = frame.alone_ms(FRAME_PARALLEL), 0.0
        if after := self._marks.get(self._per_segment + 1):
            gap = Span.between(self._marks[self._per_segment], after)
            segment_ms = max(0.0, gap.alone_ms(1) - frame_ms)
        return Pace(
            frame=frame,
            segment_ms=segment_ms,
            boot_ms=max(0.0, boot.alone_ms(1) - segment_ms - frame_ms),
            others=max(boot.others, rendering.others),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Time of a chunk: per frame, per segment, and before the first."""

    frame: Span
    segment_ms: float
    boot_ms: float
    others: float
    """Most of the machine that was busy with something else."""


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
    # As a worker of a cloud keeps: its steps begin where imports are done.
    with keep_warm(), tempfile.TemporaryDirectory(prefix="fanreel-probe-") as folder:
        plan_dir, chunk_path = Path(folder, "plan"), Path(folder, "chunk")
        probing = config.replace(
            segment_frames=frames,
            chunk_size=2 * frames,
            target_chunk_frames=None,
            max_parallel_chunks=10_000,
        )
        engine = Engine()
        before = Mark.now()
        planned = engine.plan(project_dir, probing, plan_dir)
        planning = Span.between(before, Mark.now())
        if not FORMATS[config.format].pictures:
            return _sound_alone(planning.alone_ms(1), vcpus)
        if planned.chunk_count == 0:
            raise PlanProducedZeroChunks("the composition has no frames, nothing to estimate")
        clock = _Clock(frames)
        chunk = engine.render_chunk(plan_dir, planned.chunk_count // 2, chunk_path, heartbeat=clock)
        pace = clock.pace()
        assemble_ms = ASSUMED_ASSEMBLE_MS
        if planned.chunk_count == 1:
            sound = read_manifest(plan_dir).audio_path
            audio_path = plan_dir / sound if sound else None
            before = Mark.now()
            engine.assemble(plan_dir, [chunk_path], audio_path, Path(folder, "video"))
            assemble_ms = Span.between(before, Mark.now()).alone_ms(1)
    return Probed(
        measured=Measured(
            vcpus=vcpus or len(os.sched_getaffinity(0)),
            ms_per_frame=pace.frame.alone_ms(FRAME_PARALLEL),
            cpu_ms_per_frame=pace.frame.cpu_ms,
            boot_ms=pace.boot_ms,
            segment_ms=pace.segment_ms,
            plan_ms=planning.alone_ms(1),
            assemble_ms=assemble_ms,
            cold_start_ms=ASSUMED_COLD_START_MS,
            source=_source(chunk.frames_encoded, max(pace.others, planning.others)),
        ),
        cut=resolve_chunk_plan(
            planned.total_frames,
            chunk_size=config.chunk_size,
            max_parallel_chunks=config.max_parallel_chunks,
            target_chunk_frames=config.target_chunk_frames,
            segment_frames=config.segment_frames,
        ),
    )


def _source(frames: int, others: float) -> str:
    source = f"from {frames} frames rendered on this machine"
    if others <= NOISE:
        return source
    busy = f"{source}, by their CPU time: {others:.0%} of it was busy with something else"
    if others <= _CROWDED:
        return busy
    # Shared cores and caches make CPU time itself longer: nearly three times at a load of 50.
    return f"{busy}, which makes that longer too; measure again on a quiet machine"


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
