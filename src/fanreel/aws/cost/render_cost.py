"""
What a render costs: from what was billed, or before the start from measured probe frames.

Counted: Lambda's GB-seconds (cold starts and failed attempts included), requests and `/tmp` over
512 MB, state transitions, S3 requests. Not counted: S3 requests of clients (uploads, looks at
progress, downloads) and of killed workers, which leave no record; state transitions of retries of
Plan and Assemble; storing the video, sending it to the internet, log lines (about 2 KB an
invocation), the free tier.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from fanreel.aws.cost.prices import PRICES_DATE, Prices
from fanreel.remote.estimates import Estimate
from fanreel.remote.measured import Forecast, Measured, forecast
from fanreel.timing.timeline import ChunkPlan

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
class Shape:
    """How a render is cut, and what the function that renders it is given."""

    cut: ChunkPlan
    memory_mb: int
    tmp_mb: int = MAX_MEMORY_MB
    concurrency: int = 1000
    """Chunks at once; more chunks than this take turns, in warm containers."""
    timeout_s: float = 900.0


def estimate_render(shape: Shape, measured: Measured, prices: Prices) -> Estimate[Cost]:
    """Foretell time and cost of a render of *shape* from *measured* speed."""
    expected = forecast(
        shape.cut,
        measured.at(vcpus(shape.memory_mb)),
        at_once=shape.concurrency,
        timeout_s=shape.timeout_s,
    )
    return Estimate(
        duration_s=expected.total_ms / 1000,
        cost=cost_of(
            _expected_usage(shape, expected),
            prices,
            notes=(f"estimated {measured.source}".strip(),),
        ),
        total_frames=shape.cut.total_frames,
        chunk_count=expected.chunk_count,
        memory_mb=shape.memory_mb,
        ms_per_frame=expected.ms_per_frame,
    )


def _expected_usage(shape: Shape, expected: Forecast) -> Usage:
    return Usage(
        invocations=tuple(
            Billed(billed_ms=math.ceil(ms), memory_mb=shape.memory_mb, tmp_mb=shape.tmp_mb)
            for ms in expected.billed_ms
        ),
        transitions=transitions(shape.cut.chunk_count, expected.rounds),
        s3_puts=expected.writes,
        s3_gets=expected.reads,
    )
