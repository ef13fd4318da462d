"""The three steps, as the function calls them."""

from collections.abc import Callable
from dataclasses import dataclass

from fanreel.assembly import AssembleResult, assemble
from fanreel.planning import PlanResult, plan
from fanreel.rendering import ChunkResult, render_chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Primitives:
    """fanreel's own; a test of the storage around them may put in others."""

    plan: Callable[..., PlanResult] = plan
    render_chunk: Callable[..., ChunkResult] = render_chunk
    assemble: Callable[..., AssembleResult] = assemble
