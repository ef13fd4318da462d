"""What a render costs, or is expected to: what every cloud tells of it, and limits on it."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

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


class Estimate(Protocol):
    """What a render is expected to take: seconds from start to video, and USD."""

    @property
    def duration_s(self) -> float:
        """From start to video."""

    @property
    def cost(self) -> Cost:
        """All of it."""

    @property
    def total_frames(self) -> int:
        """Of the timeline."""

    @property
    def chunk_count(self) -> int:
        """Of the plan."""

    @property
    def memory_mb(self) -> int:
        """Of a worker."""

    @property
    def ms_per_frame(self) -> float:
        """On such a worker."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""


def require_affordable(estimate: Estimate, max_cost_usd: float) -> None:
    """
    Refuse a render that is expected to cost more than *max_cost_usd*.

    Raises:
        InvalidConfig: It is; with `estimated_usd` and `max_cost_usd`. Terminal.
    """
    _refuse_above(max_cost_usd, "the render is", estimate.cost.total_usd)


def require_affordable_batch(
    configs: Iterable[RenderConfig],
    max_cost_usd: float,
    estimate: Callable[[RenderConfig], Estimate],
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
