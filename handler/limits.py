"""What a render may take: time and money, checked by every worker while it works."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from fanreel.errors import RenderCostLimit, RenderTimedOut
from fanreel.storage.progress import RenderActivity, read_progress_of
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri
from fanreel.versions import architecture
from handler.settings import Settings


class Limits(BaseModel):
    """Limits of one render, as the state machine hands them to each of its tasks."""

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
    settings: Settings

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
        spent_usd = _spent_usd(read_progress_of(self.folder, self.store), self.settings)
        if spent_usd > limit_usd:
            raise RenderCostLimit(
                f"render {self.folder.name} has cost {spent_usd:.4f} USD, and was given "
                f"{limit_usd:g} (MaxCostUsd); start it anew with more: finished segments are found",
                spent_usd=spent_usd,
                limit_usd=limit_usd,
            )


def _spent_usd(activity: RenderActivity, settings: Settings) -> float:
    # The prices are of no use to a render without a limit, and a cold start reads no more than it
    # needs.
    from fanreel.aws.cost.functions import FunctionSettings  # noqa: PLC0415
    from fanreel.aws.cost.prices import REFERENCE_REGION, prices_for  # noqa: PLC0415
    from fanreel.aws.cost.render_cost import cost_of  # noqa: PLC0415
    from fanreel.aws.cost.usage import used_so_far  # noqa: PLC0415

    function = FunctionSettings(
        memory_mb=settings.memory_mb,
        tmp_mb=settings.tmp_mb,
        architecture="arm64" if architecture() == "arm64" else "x86_64",
    )
    usage, _ = used_so_far(activity, function, None)
    region = os.environ.get("AWS_REGION", REFERENCE_REGION)
    return cost_of(usage, prices_for(region, function.architecture)).total_usd
