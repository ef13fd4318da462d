"""
What an AWS account lets a render use, and what memory fits it.

New accounts start with 10 concurrent executions and functions of at most 3008 MB; AWS raises both
with use or on request. The first has an API, the second shows only when a deployment fails, so it
is inferred from the first.
"""

from dataclasses import asdict, dataclass
from typing import Any

import boto3

from fanreel.aws.cost.render_cost import MAX_MEMORY_MB, vcpus
from fanreel.aws.storage.failures import aws_errors

NEW_ACCOUNT_CONCURRENCY = 10
USUAL_CONCURRENCY = 1000
DEFAULT_MAX_CONCURRENCY = 200
"""Chunks of one render at once when neither the input nor the deployment says otherwise."""
NEW_ACCOUNT_MEMORY_MB = 3008
DEFAULT_MEMORY_MB = 3538
"""Two vCPUs: what the browser and the encoder keep busy together."""
_UNRESERVED_MINIMUM = 100
"""Lambda keeps this much concurrency unreserved, so reserving needs an account above it."""

INCREASE_URL = (
    "https://{region}.console.aws.amazon.com/servicequotas/home/services/lambda/quotas/L-B99A9384"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """The account's Lambda limits in one region, and what they mean for renders."""

    region: str
    concurrency: int
    unreserved_concurrency: int
    memory_limit_mb: int
    """Largest function; for small accounts what AWS usually grants them."""
    warnings: tuple[str, ...]

    @property
    def is_new_account(self) -> bool:
        """Whether the concurrency is that of an account AWS has not raised yet."""
        return self.concurrency < _UNRESERVED_MINIMUM

    @property
    def reservable(self) -> int:
        """Concurrency that a function may reserve for itself."""
        return max(0, self.unreserved_concurrency - _UNRESERVED_MINIMUM)

    @property
    def memory_mb(self) -> int:
        """Memory to deploy with: two vCPUs, or what a new account may have."""
        return min(DEFAULT_MEMORY_MB, self.memory_limit_mb)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self) | {"memory_mb": self.memory_mb, "is_new_account": self.is_new_account}


def judge_quotas(region: str, concurrency: int, unreserved: int) -> Quotas:
    """Derive limits and warnings from the two numbers AWS tells."""
    warnings = []
    memory_limit_mb = MAX_MEMORY_MB
    if concurrency < _UNRESERVED_MINIMUM:
        memory_limit_mb = NEW_ACCOUNT_MEMORY_MB
        warnings.append(
            f"This account runs {concurrency} functions at once in {region}, the limit of new "
            f"accounts; a render of more chunks waits in turns. Ask for {USUAL_CONCURRENCY} "
            f"(free, usually within a day): {INCREASE_URL.format(region=region)}"
        )
        warnings.append(
            f"Accounts with this limit may not deploy functions above {NEW_ACCOUNT_MEMORY_MB} MB, "
            f"so {NEW_ACCOUNT_MEMORY_MB} MB ({vcpus(NEW_ACCOUNT_MEMORY_MB):.1f} vCPU) is chosen; "
            "it goes up with the same request."
        )
    elif unreserved < _UNRESERVED_MINIMUM + NEW_ACCOUNT_CONCURRENCY:
        warnings.append(
            f"Other functions reserve all but {unreserved} of {concurrency} concurrent executions."
        )
    return Quotas(
        region=region,
        concurrency=concurrency,
        unreserved_concurrency=unreserved,
        memory_limit_mb=memory_limit_mb,
        warnings=tuple(warnings),
    )


def read_quotas(session: boto3.Session | None = None, *, endpoint_url: str | None = None) -> Quotas:
    """
    Ask Lambda for the account's limits.

    Raises:
        InvalidConfig: AWS refused (credentials, rights). Terminal.
        StorageUnavailable: AWS did not answer. Retryable.
    """
    session = session or boto3.Session()
    with aws_errors("reading the account's Lambda limits"):
        client = session.client("lambda", endpoint_url=endpoint_url)
        limit = client.get_account_settings()["AccountLimit"]
    return judge_quotas(
        client.meta.region_name,
        int(limit.get("ConcurrentExecutions", 0)),
        int(limit.get("UnreservedConcurrentExecutions", 0)),
    )
