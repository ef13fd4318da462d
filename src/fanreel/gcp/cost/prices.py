"""
What Google Cloud charges: the one dated table.

US dollars, first usage tier, without the free tier, discounts or tax; Cloud Run billed by request.
As the pricing pages of Cloud Run, Workflows and Cloud Storage and Cloud Run's list of regions by
tier have them in public copies, none younger than the date below; nobody has compared them with a
bill yet.
"""

from dataclasses import dataclass

PRICES_DATE = "2026-11"
"""Month in which they were looked up."""
REFERENCE_REGION = "us-central1"

_DEARER = frozenset({
    "africa-south1", "asia-east2", "asia-northeast3", "asia-south1", "asia-south2",
    "asia-southeast1", "asia-southeast2", "australia-southeast1", "australia-southeast2",
    "europe-central2", "europe-west10", "europe-west12", "europe-west2", "europe-west3",
    "europe-west6", "me-central1", "me-central2", "northamerica-northeast1",
    "northamerica-northeast2", "southamerica-east1", "southamerica-west1", "us-west2", "us-west3",
    "us-west4",
})  # fmt: skip
"""Regions of Cloud Run's second tier; the others are of the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Of one region, in USD."""

    region: str
    vcpu_second_usd: float
    gib_second_usd: float
    idle_vcpu_second_usd: float
    """Of an instance that is kept and has no request; memory is as dear as ever."""
    request_usd: float = 0.40 / 1_000_000
    step_usd: float = 0.01 / 1_000
    """Of Workflows, one inside Google Cloud, as calls of Cloud Run by `run.app` are."""
    write_usd: float = 0.005 / 1_000
    """Of Cloud Storage, class A in one region."""
    read_usd: float = 0.0004 / 1_000
    """Class B."""


def prices_for(region: str) -> Prices:
    """Return the list prices of *region*."""
    busy, memory = (0.0000336, 0.0000035) if region in _DEARER else (0.000024, 0.0000025)
    return Prices(
        region=region, vcpu_second_usd=busy, gib_second_usd=memory, idle_vcpu_second_usd=memory
    )
