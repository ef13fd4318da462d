"""
What AWS charges, per region and architecture: the one dated table.

US dollars, on demand, first usage tier, without the free tier, discounts or tax. Lambda figures
are those of AWS's own price list (calculator.aws, `lambda.json`), state transitions and S3
requests those of the pricing pages. Prices change seldom: compare with the date below.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

PRICES_DATE = "2026-02"
"""Month of the youngest copy of AWS's lists that the figures were read from."""

Architecture = Literal["x86_64", "arm64"]
ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
REFERENCE_REGION = "us-east-1"

# Region: [x86 GB-s, arm64 GB-s, /tmp GB-s, million requests] of Lambda, in USD.
_LAMBDA: dict[str, tuple[float, float, float, float]] = {
    "af-south-1": (0.0000221, 0.00001768, 0.0000000404, 0.27),
    "ap-east-1": (0.00002292, 0.0000183, 0.0000000407, 0.28),
    "ap-northeast-1": (0.0000166667, 0.0000133334, 0.000000037, 0.20),
    "ap-northeast-2": (0.0000166667, 0.0000133334, 0.0000000352, 0.20),
    "ap-northeast-3": (0.0000166667, 0.0000133334, 0.000000037, 0.20),
    "ap-south-1": (0.0000166667, 0.0000133334, 0.0000000352, 0.20),
    "ap-southeast-1": (0.0000166667, 0.0000133334, 0.000000037, 0.20),
    "ap-southeast-2": (0.0000166667, 0.0000133334, 0.000000037, 0.20),
    "ap-southeast-4": (0.0000166667, 0.0000133334, 0.000000037, 0.20),
    "ap-southeast-5": (0.000015, 0.000012, 0.0000000333, 0.18),
    "ca-central-1": (0.0000166667, 0.0000133334, 0.000000034, 0.20),
    "eu-central-1": (0.0000166667, 0.0000133334, 0.0000000367, 0.20),
    "eu-central-2": (0.0000183334, 0.0000146667, 0.0000000441, 0.22),
    "eu-north-1": (0.0000166667, 0.0000133334, 0.0000000323, 0.20),
    "eu-south-1": (0.0000195172, 0.0000156138, 0.0000000357, 0.23),
    "eu-west-1": (0.0000166667, 0.0000133334, 0.000000034, 0.20),
    "eu-west-2": (0.0000166667, 0.0000133334, 0.0000000358, 0.20),
    "eu-west-3": (0.0000166667, 0.0000133334, 0.0000000358, 0.20),
    "me-south-1": (0.0000206667, 0.0000165334, 0.0000000374, 0.25),
    "sa-east-1": (0.0000166667, 0.0000133334, 0.0000000586, 0.20),
    "us-east-1": (0.0000166667, 0.0000133334, 0.0000000309, 0.20),
    "us-east-2": (0.0000166667, 0.0000133334, 0.0000000309, 0.20),
    "us-west-1": (0.0000166667, 0.0000133334, 0.000000037, 0.20),
    "us-west-2": (0.0000166667, 0.0000133334, 0.0000000309, 0.20),
}

# Region: USD per thousand state transitions of a standard workflow.
_TRANSITIONS: dict[str, float] = {
    "ap-northeast-1": 0.025,
    "ap-northeast-2": 0.0271,
    "ap-south-1": 0.0285,
    "ap-southeast-1": 0.025,
    "ap-southeast-2": 0.025,
    "ca-central-1": 0.025,
    "eu-central-1": 0.025,
    "eu-north-1": 0.025,
    "eu-west-1": 0.025,
    "eu-west-2": 0.025,
    "eu-west-3": 0.0297,
    "sa-east-1": 0.0375,
    "us-east-1": 0.025,
    "us-east-2": 0.025,
    "us-west-1": 0.0279,
    "us-west-2": 0.025,
}

# Region: USD per thousand [PUT, POST, LIST] and per thousand [GET, HEAD] on S3 Standard.
_S3: dict[str, tuple[float, float]] = {
    "af-south-1": (0.0065, 0.00052),
    "ap-northeast-1": (0.0047, 0.00037),
    "ap-northeast-2": (0.005, 0.0004),
    "ap-south-1": (0.005, 0.0004),
    "ap-southeast-1": (0.005, 0.0004),
    "ap-southeast-2": (0.0055, 0.00044),
    "ca-central-1": (0.005, 0.0004),
    "eu-central-1": (0.0054, 0.00043),
    "eu-north-1": (0.005, 0.0004),
    "eu-west-1": (0.005, 0.0004),
    "eu-west-2": (0.0053, 0.00042),
    "eu-west-3": (0.0053, 0.00042),
    "me-south-1": (0.006, 0.00048),
    "sa-east-1": (0.007, 0.00056),
    "us-east-1": (0.005, 0.0004),
    "us-east-2": (0.005, 0.0004),
    "us-west-1": (0.0055, 0.00044),
    "us-west-2": (0.005, 0.0004),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Unit prices in USD for one region and architecture, and what about them is a stand-in."""

    region: str
    architecture: Architecture
    gb_second_usd: float
    tmp_gb_second_usd: float
    """Per GB of `/tmp` beyond the first 512 MB, and second."""
    request_usd: float
    transition_usd: float
    s3_put_usd: float
    s3_get_usd: float
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the prices and their date as a JSON object."""
        names = [name for name in self.__dataclass_fields__ if name != "notes"]
        return {"date": PRICES_DATE} | {name: getattr(self, name) for name in names}


def prices_for(region: str, architecture: Architecture = "x86_64") -> Prices:
    """
    Return the prices of *region*.

    A region or service the table lacks is priced as us-east-1, and `notes` says so: an estimate
    that names its weak spot is worth more than none.
    """
    missing = [
        service
        for service, table in (
            ("Lambda", _LAMBDA),
            ("Step Functions", _TRANSITIONS),
            ("S3", _S3),
        )
        if region not in table
    ]
    x86, arm, tmp, million = _LAMBDA.get(region, _LAMBDA[REFERENCE_REGION])
    put, get = _S3.get(region, _S3[REFERENCE_REGION])
    note = (
        f"{', '.join(missing)} in {region}: priced as {REFERENCE_REGION}, "
        f"the table of {PRICES_DATE} has no price for it"
    )
    return Prices(
        region=region,
        architecture=architecture,
        gb_second_usd=x86 if architecture == "x86_64" else arm,
        tmp_gb_second_usd=tmp,
        request_usd=million / 1e6,
        transition_usd=_TRANSITIONS.get(region, _TRANSITIONS[REFERENCE_REGION]) / 1000,
        s3_put_usd=put / 1000,
        s3_get_usd=get / 1000,
        notes=(note,) if missing else (),
    )
