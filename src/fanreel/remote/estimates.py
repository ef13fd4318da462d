"""What a render costs, or is expected to: what every cloud tells of it, and limits on it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any, Generic, Protocol, TypeVar

from fanreel.config import RenderConfig
from fanreel.errors import InvalidConfig
from fanreel.files.digest import canonical_json

DEFAULT_PROBE_FRAMES = 30
"""Frames of each of the two segments that an estimate renders."""


class Cost(Protocol):
    """USD by line; `notes` name what was estimated rather than read from a bill."""

    @property
    def total_usd(self) -> float:
        """Sum of the lines."""

    @property
    def lines(self) -> dict[str, float]:
        """USD, by what for."""

    @property
    def invocations(self) -> int:
        """How often a worker was asked."""

    @property
    def region(self) -> str:
        """Where prices are of."""

    @property
    def architecture(self) -> str:
        """Of the workers' processors."""

    @property
    def prices_date(self) -> str:
        """Of the price list."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object, the total first."""


Cost_co = TypeVar("Cost_co", bound=Cost, covariant=True)
"""A cloud's own kind of cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(Generic[Cost_co]):
    """What a render is expected to take: seconds from start to video, and USD."""

    duration_s: float
    cost: Cost_co
    total_frames: int
    chunk_count: int
    memory_mb: int
    """Of a worker."""
    ms_per_frame: float
    """On such a worker."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return told | {"cost": self.cost.to_json()}


def require_affordable(estimate: Estimate[Cost], max_cost_usd: float) -> None:
    """
    Refuse a render that is expected to cost more than *max_cost_usd*.

    Raises:
        InvalidConfig: It is; with `estimated_usd` and `max_cost_usd`. Terminal.
    """
    _refuse_above(max_cost_usd, "the render is", estimate.cost.total_usd)


def require_affordable_batch(
    configs: Iterable[RenderConfig],
    max_cost_usd: float,
    estimate: Callable[[RenderConfig], Estimate[Cost]],
) -> None:
    """
    Refuse renders of one project that are expected to cost more than *max_cost_usd* together.

    Those that differ in nothing but their variables are measured once, by the first of them.

    Args:
        configs: What is rendered; at least one.
        max_cost_usd: For all of them.
        estimate: Measures one.
    Raises:
        InvalidConfig: As `require_affordable()`. Terminal.
        RenderError: As *estimate* raises.
    """
    known_usd: dict[bytes, float] = {}
    count, total_usd = 0, 0.0
    for config in configs:
        alike = canonical_json(config.to_json() | {"variables": {}})
        if alike not in known_usd:
            known_usd[alike] = estimate(config).cost.total_usd
        count, total_usd = count + 1, total_usd + known_usd[alike]
    _refuse_above(max_cost_usd, f"the batch of {count} renders is", total_usd)


def _refuse_above(max_cost_usd: float, what: str, total_usd: float) -> None:
    if total_usd > max_cost_usd:
        raise InvalidConfig(
            f"{what} estimated to cost {total_usd:.4f} USD, more than the limit of "
            f"{max_cost_usd:g} USD; raise the limit, or lower resolution, frame rate or quality",
            estimated_usd=total_usd,
            max_cost_usd=max_cost_usd,
        )
