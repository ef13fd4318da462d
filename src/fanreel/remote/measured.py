"""How fast a machine renders, and what follows for a render of many chunks on such machines."""

import dataclasses
import math
from dataclasses import asdict, dataclass
from typing import Any, Self

from fanreel.timing.timeline import ChunkPlan, build_chunk_slices

# Requests to the store of one invocation besides the segments it keeps: manifest, share of the
# artifacts, look-ups; heartbeats and its record. Rounded up from what a traced render does.
GETS_PER_INVOCATION = 12
PUTS_PER_INVOCATION = 4
HEARTBEAT_S = 2.0

# What a machine outside a cloud cannot measure of one: `bench/measure_chunk.py` takes both from the
# image under CPU limits, 0.6 s and 0.3 s. These stand in for `estimate`, whose notes say so, with
# room for what no bench shows: an image fetched in pieces, and the store's answers.
ASSUMED_COLD_START_MS = 1500.0
ASSUMED_ASSEMBLE_MS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """
    How long the three steps take with `vcpus` processors, in milliseconds.

    `ms_per_frame` is wall time; `cpu_ms_per_frame` is CPU time of the whole process tree, from
    which other sizes follow: a function never renders a frame faster than its share of CPU allows.
    """

    vcpus: float
    ms_per_frame: float
    cpu_ms_per_frame: float
    boot_ms: float
    """Once a chunk: verifying the plan, launching the browser."""
    segment_ms: float
    """Once a segment besides its frames: opening the page afresh, closing the file."""
    plan_ms: float
    assemble_ms: float
    cold_start_ms: float
    source: str = ""
    """Where the figures are from, for whoever reads the table."""

    def at(self, target_vcpus: float) -> Self:
        """Scale to *target_vcpus*: never faster than measured, slower by the missing CPU."""
        slower = max(1.0, min(1.0, self.vcpus) / target_vcpus)  # launches keep one processor busy
        return dataclasses.replace(
            self,
            vcpus=target_vcpus,
            ms_per_frame=max(self.ms_per_frame, self.cpu_ms_per_frame / target_vcpus),
            boot_ms=self.boot_ms * slower,
            segment_ms=self.segment_ms * slower,
            plan_ms=self.plan_ms * slower,
            assemble_ms=self.assemble_ms * slower,
            cold_start_ms=self.cold_start_ms * slower,
        )

    def chunk_ms(self, frames: int, segments: int) -> float:
        """Return how long a warm worker takes for a chunk."""
        return self.boot_ms + segments * self.segment_ms + frames * self.ms_per_frame

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a render is expected to take of its workers."""

    total_ms: float
    """From start to video."""
    billed_ms: tuple[float, ...]
    """Of each invocation."""
    rounds: int
    """Invocations for chunks."""
    chunk_count: int
    writes: int
    reads: int
    ms_per_frame: float


def forecast(cut: ChunkPlan, speed: Measured, *, at_once: int, timeout_s: float) -> Forecast:
    """
    Foretell a render cut as *cut* on workers of *speed*.

    The first wave of chunks starts cold, but for one in the planner's container; assembly is warm.

    Args:
        cut: Frames to chunks and segments.
        speed: Of one worker.
        at_once: Chunks at once; more than this take turns, on warm workers.
        timeout_s: After which a worker hands a chunk to another round.
    """
    slices = build_chunk_slices(cut)
    at_once = max(1, min(at_once, len(slices)))
    chunk_ms = [
        speed.chunk_ms(chunk.frames, math.ceil(chunk.frames / cut.segment_frames))
        for chunk in slices
    ]
    rounds = [math.ceil(ms / (timeout_s * 1000)) for ms in chunk_ms]
    chunk_ms = [ms + (n - 1) * speed.boot_ms for ms, n in zip(chunk_ms, rounds, strict=True)]
    cold_ms = [speed.cold_start_ms if i < at_once - 1 else 0.0 for i in range(len(slices))]
    plan_ms = speed.cold_start_ms + speed.plan_ms
    billed_ms = [plan_ms, *map(sum, zip(chunk_ms, cold_ms, strict=True)), speed.assemble_ms]
    waves = math.ceil(len(slices) / at_once)
    segments = math.ceil(cut.total_frames / cut.segment_frames)
    invocations = sum(rounds) + 2
    heartbeats = math.ceil(sum(billed_ms) / 1000 / HEARTBEAT_S)
    return Forecast(
        total_ms=plan_ms
        + max(cold_ms, default=0.0)
        + waves * max(chunk_ms, default=0.0)
        + speed.assemble_ms,
        # A round is billed as a part of its chunk's time; only the count of requests differs.
        billed_ms=(*billed_ms, *([0.0] * (invocations - len(billed_ms)))),
        rounds=sum(rounds),
        chunk_count=len(slices),
        writes=segments + PUTS_PER_INVOCATION * invocations + heartbeats,
        reads=2 * segments + GETS_PER_INVOCATION * invocations,
        ms_per_frame=speed.ms_per_frame,
    )
