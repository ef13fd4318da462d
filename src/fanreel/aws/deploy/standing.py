"""
What a deployed stack costs between renders, by the month.

Counted: alarms, the dashboard, custom metrics, the image in ECR, and the secret of a webhook. Not
counted: videos, plans and logs in the account, which depend on what was rendered; the free tier.
"""

from dataclasses import asdict, dataclass
from typing import Any

from fanreel.aws.deploy.stack_settings import Settings

# US dollars a month, us-east-1; the pricing pages of CloudWatch, ECR and Secrets
# Manager, read in PRICES_DATE.
_ALARM_USD = 0.10
_DASHBOARD_USD = 3.00
_METRIC_USD = 0.30
_IMAGE_GB_USD = 0.10

_SECRET_USD = 0.40

ALARMS = 4
ALARMS_OF_FUNCTIONS = 3
"""Those of the alarms that watch each function: billed by the metric, not by the alarm."""
METRICS = 9
"""Billed, MemoryUsed and Failures, of each of the three steps (`handler/telemetry.py`)."""
IMAGE_GB = 0.5
"""As ECR keeps it, compressed; every version that was deployed stays until it is deleted there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingCost:
    """USD a month."""

    alarms_usd: float
    dashboard_usd: float
    metrics_usd: float
    image_usd: float
    webhook_usd: float = 0.0
    """Its secret."""

    @property
    def total_usd(self) -> float:
        """Sum of the lines."""
        return (
            self.alarms_usd
            + self.dashboard_usd
            + self.metrics_usd
            + self.image_usd
            + self.webhook_usd
        )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object, the total first."""
        return {"total_usd_per_month": self.total_usd} | asdict(self)


def standing_cost(settings: Settings) -> StandingCost:
    """Return what a stack with *settings* costs a month when nothing is rendered."""
    watched = ALARMS + ALARMS_OF_FUNCTIONS * len(settings.functions)
    architectures = {settings.architecture, *(one.architecture for one in settings.choices)}
    return StandingCost(
        alarms_usd=watched * _ALARM_USD,
        dashboard_usd=_DASHBOARD_USD if settings.dashboard else 0.0,
        metrics_usd=METRICS * _METRIC_USD if settings.custom_metrics else 0.0,
        image_usd=len(architectures) * IMAGE_GB * _IMAGE_GB_USD,
        webhook_usd=_SECRET_USD if settings.webhook_url else 0.0,
    )
