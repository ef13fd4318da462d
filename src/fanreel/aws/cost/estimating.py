"""What a render will take and cost, told before it starts, from a few frames rendered here."""

import dataclasses
from pathlib import Path

from fanreel.aws.cost.functions import FunctionSettings
from fanreel.aws.cost.prices import prices_for
from fanreel.aws.cost.quotas import USUAL_CONCURRENCY
from fanreel.aws.cost.render_cost import Cost, Shape, estimate_render
from fanreel.config import RenderConfig
from fanreel.remote.estimates import DEFAULT_PROBE_FRAMES, Estimate
from fanreel.remote.measured import Measured
from fanreel.timing.timeline import ChunkPlan


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AtOnce:
    """How many chunks of a render run together, and by whose limit that is."""

    chunks: int
    limit: str
    """In words; empty where nothing unusual limits it."""


def estimate_project(
    project_dir: Path,
    config: RenderConfig,
    function: FunctionSettings,
    region: str,
    *,
    probe_frames: int = DEFAULT_PROBE_FRAMES,
    at_once: AtOnce | None = None,
) -> Estimate[Cost]:
    """
    Probe *project_dir* on this machine and scale the result to *function*.

    *at_once* is how many chunks run together; None takes what the services grant usually.

    Raises:
        PlanProducedZeroChunks: The composition has no frames. Terminal.
        RenderError: As planning and rendering it would raise.
    """
    from fanreel.remote.probing import probe  # noqa: PLC0415 (a backend needs no Chromium until here)

    probed = probe(project_dir, config, frames=probe_frames)
    return estimate_cut(probed.cut, probed.measured, function, region, at_once)


def chunks_at_once(max_concurrency: int, concurrency: int | None) -> AtOnce:
    """
    Return the smaller of what a render asks for and what the account has.

    Args:
        max_concurrency: Of the render or its deployment; 0 is no limit.
        concurrency: Of the account, unreserved; None if it is not known.
    """
    account = USUAL_CONCURRENCY if concurrency is None else concurrency
    if max_concurrency and max_concurrency <= account:
        return AtOnce(chunks=max_concurrency, limit="")
    unknown = "assumed, not asked" if concurrency is None else "the account's concurrency"
    return AtOnce(chunks=account, limit=f"{account} chunks at once: {unknown}")


def estimate_cut(
    cut: ChunkPlan,
    measured: Measured,
    function: FunctionSettings,
    region: str,
    at_once: AtOnce | None = None,
) -> Estimate[Cost]:
    """Foretell a render cut as *cut* on *function* in *region*, at the *measured* speed."""
    at_once = at_once or chunks_at_once(0, None)
    shape = Shape(
        cut=cut,
        concurrency=at_once.chunks,
        memory_mb=function.memory_mb,
        tmp_mb=function.tmp_mb,
        timeout_s=function.timeout_s,
    )
    found = estimate_render(shape, measured, prices_for(region, function.architecture))
    notes = (
        "cold start and assembly are assumed, not measured",
        *(("function settings are the defaults",) if function.assumed else ()),
        *((at_once.limit,) if at_once.limit and cut.chunk_count > at_once.chunks else ()),
    )
    cost = dataclasses.replace(found.cost, notes=(*found.cost.notes, *notes))
    return dataclasses.replace(found, cost=cost)
