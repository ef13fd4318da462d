"""What a render may take: time and money, checked by every worker while it works."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from fanreel.errors import RenderCostLimit, RenderTimedOut
from fanreel.storage.progress import RenderActivity, read_progress_of
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri


class Limits(BaseModel):
    """Limits of one render, as the workflow hands them to each of its tasks."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_pascal)

    started_at: AwareDatetime | None = None
    """When the execution was started."""
    timeout_seconds: float | None = Field(default=None, gt=0)
    max_cost_usd: float | None = Field(default=None, gt=0)


@dataclass(frozen=True, slots=True)
class Watched:
    """The limits of one render, and what is needed to tell whether one is passed."""

    limits: Limits
    store: ObjectStore
    folder: ObjectUri
    spent_usd: Callable[[RenderActivity], float]

    def check_time(self) -> None:
        """Raise `RenderTimedOut` once the render's time is over."""
        limits = self.limits
        if limits.started_at is None or limits.timeout_seconds is None:
            return
        taken_s = (datetime.now(UTC) - limits.started_at).total_seconds()
        if taken_s > limits.timeout_seconds:
            raise RenderTimedOut(
                f"render {self.folder.name} has taken {taken_s:.0f} s, and was given "
                f"{limits.timeout_seconds:g} (TimeoutSeconds); start it anew with more: finished "
                "segments are found",
                taken_s=round(taken_s),
                limit_s=limits.timeout_seconds,
            )

    def check_cost(self) -> None:
        """Raise `RenderCostLimit` once all workers together have cost more than is allowed."""
        limit_usd = self.limits.max_cost_usd
        if limit_usd is None:
            return
        spent_usd = self.spent_usd(read_progress_of(self.folder, self.store))
        if spent_usd > limit_usd:
            raise RenderCostLimit(
                f"render {self.folder.name} has cost {spent_usd:.4f} USD, and was given "
                f"{limit_usd:g} (MaxCostUsd); start it anew with more: finished segments are found",
                spent_usd=spent_usd,
                limit_usd=limit_usd,
            )
