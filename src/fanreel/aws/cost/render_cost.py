"""
What a render costs: from what was billed, or before the start from measured probe frames.

Counted: Lambda's GB-seconds (cold starts and failed attempts included), requests and `/tmp` over
512 MB, state transitions, S3 requests. Not counted: S3 requests of clients (uploads, looks at
progress, downloads) and of killed workers, which leave no record; state transitions of retries of
Plan and Assemble; storing the video, sending it to the internet, log lines (about 2 KB an
invocation), the free tier.
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from fanreel.aws.cost.prices import PRICES_DATE, Prices
from fanreel.timing.timeline import ChunkPlan, build_chunk_slices

FREE_TMP_MB = 512
MB_PER_VCPU = 1769
"""Lambda gives one vCPU's time per this much memory ("Configuring memory", AWS Lambda guide)."""
MAX_MEMORY_MB = 10_240
INLINE_MAP_LIMIT = 40
"""Most iterations a Map state runs at once without child executions."""

# Standard workflows bill the start, every state entered, every retry of one, and the end. A render
# enters twelve states besides its chunks; each round of a chunk enters three (the task, `Done`, and
# `NextRound` or `ChunkDone`). A test counts them in a real execution. Beyond 40 chunks each is an
# execution of its own, with a start and an end.
_TRANSITIONS_PER_RENDER = 14
_TRANSITIONS_PER_ROUND = 3
_TRANSITIONS_PER_CHILD = 2

# S3 requests of one invocation besides the segments it keeps: manifest, share of the artifacts,
# look-ups; heartbeats and its record. Rounded up from what a traced render does.
GETS_PER_INVOCATION = 12
PUTS_PER_INVOCATION = 4
HEARTBEAT_S = 2.0

# What a machine outside Lambda cannot measure of it: `bench/measure_chunk.py` takes both from the
# image under CPU limits; these stand in for `estimate`, whose notes say so.
ASSUMED_COLD_START_MS = 4000.0
ASSUMED_ASSEMBLE_MS = 2000.0


def transitions(chunk_count: int, rounds: int) -> int:
    """Return the state transitions of a render of *chunk_count* chunks in *rounds* invocations."""
    children = chunk_count if chunk_count > INLINE_MAP_LIMIT else 0
    return (
        _TRANSITIONS_PER_RENDER
        + _TRANSITIONS_PER_ROUND * rounds
        + _TRANSITIONS_PER_CHILD * children
    )


def vcpus(memory_mb: float) -> float:
    """Return how many vCPUs' time Lambda grants a function of *memory_mb*."""
    return memory_mb / MB_PER_VCPU


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """One Lambda invocation as billed: its time incl. initialisation, and the configured sizes."""

    billed_ms: int
    memory_mb: int
    tmp_mb: int = FREE_TMP_MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Everything a render used that AWS bills."""

    invocations: tuple[Billed, ...]
    transitions: int = 0
    s3_puts: int = 0
    s3_gets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """USD by line; `notes` name what was estimated rather than read from a bill."""

    compute_usd: float
    tmp_usd: float
    requests_usd: float
    transitions_usd: float
    s3_usd: float
    gb_seconds: float
    invocations: int
    transitions: int
    region: str
    architecture: str
    prices_date: str = PRICES_DATE
    notes: tuple[str, ...] = ()

    @property
    def total_usd(self) -> float:
        """Sum of the lines, in USD."""
        return (
            self.compute_usd + self.tmp_usd + self.requests_usd + self.transitions_usd + self.s3_usd
        )

    @property
    def lines(self) -> dict[str, float]:
        """USD, by what for."""
        return {
            f"Lambda, {self.gb_seconds:.1f} GB-s": self.compute_usd,
            "Lambda, /tmp over 512 MB": self.tmp_usd,
            f"Lambda, {self.invocations} requests": self.requests_usd,
            f"Step Functions, {self.transitions} transitions": self.transitions_usd,
            "S3 requests": self.s3_usd,
        }

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object, the total first."""
        return {"total_usd": self.total_usd} | asdict(self)


def cost_of(usage: Usage, prices: Prices, notes: Iterable[str] = ()) -> Cost:
    """Price *usage*."""
    # Lambda's "GB" is 1024 MB, for memory and `/tmp` alike.
    gb_seconds = sum(i.memory_mb / 1024 * i.billed_ms / 1000 for i in usage.invocations)
    tmp_gb_seconds = sum(
        max(0, i.tmp_mb - FREE_TMP_MB) / 1024 * i.billed_ms / 1000 for i in usage.invocations
    )
    return Cost(
        compute_usd=gb_seconds * prices.gb_second_usd,
        tmp_usd=tmp_gb_seconds * prices.tmp_gb_second_usd,
        requests_usd=len(usage.invocations) * prices.request_usd,
        transitions_usd=usage.transitions * prices.transition_usd,
        s3_usd=usage.s3_puts * prices.s3_put_usd + usage.s3_gets * prices.s3_get_usd,
        gb_seconds=gb_seconds,
        invocations=len(usage.invocations),
        transitions=usage.transitions,
        region=prices.region,
        architecture=prices.architecture,
        notes=(*prices.notes, *notes),
    )


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
class Shape:
    """How a render is cut, and what the function that renders it is given."""

    cut: ChunkPlan
    memory_mb: int
    tmp_mb: int = MAX_MEMORY_MB
    concurrency: int = 1000
    """Chunks at once; more chunks than this take turns, in warm containers."""
    timeout_s: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a render is expected to take: seconds from start to video, and USD."""

    duration_s: float
    cost: Cost
    total_frames: int
    chunk_count: int
    memory_mb: int
    ms_per_frame: float

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self) | {"cost": self.cost.to_json()}


def estimate_render(shape: Shape, measured: Measured, prices: Prices) -> Estimate:
    """
    Foretell time and cost of a render of *shape* from *measured* speed.

    The first wave of chunks starts cold, but for one in the planner's container; assembly is warm.
    """
    speed = measured.at(vcpus(shape.memory_mb))
    cut = shape.cut
    slices = build_chunk_slices(cut)
    at_once = max(1, min(shape.concurrency, len(slices)))
    chunk_ms = [
        speed.chunk_ms(chunk.frames, math.ceil(chunk.frames / cut.segment_frames))
        for chunk in slices
    ]
    rounds = [math.ceil(ms / (shape.timeout_s * 1000)) for ms in chunk_ms]
    chunk_ms = [ms + (n - 1) * speed.boot_ms for ms, n in zip(chunk_ms, rounds, strict=True)]
    cold_ms = [speed.cold_start_ms if i < at_once - 1 else 0.0 for i in range(len(slices))]
    plan_ms = speed.cold_start_ms + speed.plan_ms
    billed_ms = [plan_ms, *map(sum, zip(chunk_ms, cold_ms, strict=True)), speed.assemble_ms]
    waves = math.ceil(len(slices) / at_once)
    total_ms = (
        plan_ms + max(cold_ms, default=0.0) + waves * max(chunk_ms, default=0.0) + speed.assemble_ms
    )
    return Estimate(
        duration_s=total_ms / 1000,
        cost=cost_of(
            _expected_usage(shape, billed_ms, sum(rounds)),
            prices,
            notes=(f"estimated {measured.source}".strip(),),
        ),
        total_frames=cut.total_frames,
        chunk_count=len(slices),
        memory_mb=shape.memory_mb,
        ms_per_frame=speed.ms_per_frame,
    )


def _expected_usage(shape: Shape, billed_ms: Sequence[float], rounds: int) -> Usage:
    segments = math.ceil(shape.cut.total_frames / shape.cut.segment_frames)
    invocations = rounds + 2
    heartbeats = math.ceil(sum(billed_ms) / 1000 / HEARTBEAT_S)
    return Usage(
        # A round is billed as a part of its chunk's time; only the count of requests differs.
        invocations=tuple(
            Billed(billed_ms=math.ceil(ms), memory_mb=shape.memory_mb, tmp_mb=shape.tmp_mb)
            for ms in (*billed_ms, *([0.0] * (invocations - len(billed_ms))))
        ),
        transitions=transitions(shape.cut.chunk_count, rounds),
        s3_puts=segments + PUTS_PER_INVOCATION * invocations + heartbeats,
        s3_gets=2 * segments + GETS_PER_INVOCATION * invocations,
    )
