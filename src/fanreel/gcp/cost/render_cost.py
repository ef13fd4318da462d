"""
What a render costs, from what its workers say that they were billed.

Counted: Cloud Run's time of processors and memory (/tmp among it), its requests, the steps of
Workflows, requests to Cloud Storage. Not counted: what clients ask of Cloud Storage, steps of
retries, instances that wait (`min_instances`), storing and sending the video, logs, free tiers.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from fanreel.gcp.cost.prices import PRICES_DATE, Prices, prices_for
from fanreel.gcp.workflow.settings import CALL_TIMEOUT_S
from fanreel.remote.estimates import Estimate
from fanreel.remote.measured import Measured, forecast
from fanreel.storage.invocations import to_ms
from fanreel.storage.progress import RenderActivity
from fanreel.timing.timeline import ChunkPlan

_STEPS_PER_RENDER = 39
_STEPS_PER_CHUNK = 3
_STEPS_PER_ROUND = 8
"""What the workflow takes; a test counts them as it runs."""


def steps(chunk_count: int, rounds: int) -> int:
    """Return the steps of a render of *chunk_count* chunks in *rounds* requests."""
    return _STEPS_PER_RENDER + _STEPS_PER_CHUNK * chunk_count + _STEPS_PER_ROUND * rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """An instance, as it is billed."""

    cpu: int
    memory_mb: int
    request_timeout_s: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Everything a render used that is billed."""

    seconds: float
    """Of instances that answered."""
    invocations: int
    steps: int
    writes: int
    reads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """USD by line; `notes` name what was estimated rather than read from a bill."""

    cpu_usd: float
    memory_usd: float
    requests_usd: float
    steps_usd: float
    storage_usd: float
    vcpu_seconds: float
    gib_seconds: float
    invocations: int
    steps: int
    region: str
    architecture: str = "x86_64"
    prices_date: str = PRICES_DATE
    notes: tuple[str, ...] = ()

    @property
    def total_usd(self) -> float:
        """Sum of the lines, in USD."""
        return sum(self.lines.values())

    @property
    def lines(self) -> dict[str, float]:
        """USD, by what for."""
        return {
            f"Cloud Run, {self.vcpu_seconds:.1f} vCPU-s": self.cpu_usd,
            f"Cloud Run, {self.gib_seconds:.1f} GiB-s": self.memory_usd,
            f"Cloud Run, {self.invocations} requests": self.requests_usd,
            f"Workflows, {self.steps} steps": self.steps_usd,
            "Cloud Storage requests": self.storage_usd,
        }

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object, the total first."""
        return {"total_usd": self.total_usd} | asdict(self)


def estimate_cut(
    cut: ChunkPlan, measured: Measured, machine: Machine, prices: Prices, at_once: int
) -> Estimate[Cost]:
    """Foretell a render cut as *cut*, *at_once* chunks on a *machine* each."""
    expected = forecast(
        cut,
        measured.at(machine.cpu),
        at_once=at_once,
        timeout_s=min(machine.request_timeout_s, CALL_TIMEOUT_S) - 60,
    )
    usage = Usage(
        seconds=sum(expected.billed_ms) / 1000,
        invocations=len(expected.billed_ms),
        steps=steps(expected.chunk_count, expected.rounds),
        writes=expected.writes,
        reads=expected.reads,
    )
    notes = (
        f"estimated {measured.source}".strip(),
        "cold start and assembly are assumed, not measured",
    )
    return Estimate(
        duration_s=expected.total_ms / 1000,
        cost=cost_of(usage, machine, prices, notes),
        total_frames=cut.total_frames,
        chunk_count=expected.chunk_count,
        memory_mb=machine.memory_mb,
        ms_per_frame=expected.ms_per_frame,
    )


def waiting_usd(machine: Machine, region: str, instances: int) -> float:
    """Return what *instances* that wait for requests cost a second."""
    prices = prices_for(region)
    cpu_usd = machine.cpu * prices.idle_vcpu_second_usd
    return instances * (cpu_usd + machine.memory_mb / 1024 * prices.gib_second_usd)


def used_so_far(
    activity: RenderActivity, machine: Machine, stopped_at: datetime | None
) -> tuple[Usage, tuple[str, ...]]:
    """
    Return what a render used, and notes on what of it is a guess.

    Requests that left no record were killed or still run: they are billed from their start to
    their last heartbeat, or to now.
    """
    lived_ms = [
        min(
            max(
                0, to_ms(c.last_seen if stopped_at else datetime.now(UTC)) - c.invocation.started_ms
            ),
            machine.request_timeout_s * 1000,
        )
        for c in activity.unended
    ]
    invocations = [record.invocation for record in activity.records]
    invocations += [counter.invocation for counter in activity.unended]
    notes = []
    if lived_ms:
        what = "killed" if stopped_at else "unfinished"
        notes.append(f"{len(lived_ms)} {what} invocations are counted by their heartbeats")
    return Usage(
        seconds=(sum(record.billed_ms for record in activity.records) + sum(lived_ms)) / 1000,
        invocations=len(invocations),
        steps=steps(len(activity.chunks), sum(one.chunk_index is not None for one in invocations)),
        writes=sum(record.s3_writes + 1 for record in activity.records),
        reads=sum(record.s3_reads for record in activity.records),
    ), tuple(notes)


def cost_of(usage: Usage, machine: Machine, prices: Prices, notes: Iterable[str] = ()) -> Cost:
    """Price *usage*."""
    vcpu_seconds = usage.seconds * machine.cpu
    gib_seconds = usage.seconds * machine.memory_mb / 1024
    return Cost(
        cpu_usd=vcpu_seconds * prices.vcpu_second_usd,
        memory_usd=gib_seconds * prices.gib_second_usd,
        requests_usd=usage.invocations * prices.request_usd,
        steps_usd=usage.steps * prices.step_usd,
        storage_usd=usage.writes * prices.write_usd + usage.reads * prices.read_usd,
        vcpu_seconds=vcpu_seconds,
        gib_seconds=gib_seconds,
        invocations=usage.invocations,
        steps=usage.steps,
        region=prices.region,
        notes=tuple(notes),
    )
