"""What the deployed function was given: memory, `/tmp`, time, architecture."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from fanreel.aws.cost.prices import ARCHITECTURES, Architecture
from fanreel.aws.cost.quotas import DEFAULT_MEMORY_MB
from fanreel.aws.cost.render_cost import MAX_MEMORY_MB

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

MAX_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSettings:
    """Settings of the render function; the defaults are those it is deployed with."""

    memory_mb: int = DEFAULT_MEMORY_MB
    tmp_mb: int = MAX_MEMORY_MB
    timeout_s: int = MAX_TIMEOUT_S
    architecture: Architecture = "x86_64"
    assumed: bool = False
    """These are the defaults, because the function's name is not known."""


def parse_settings(
    answer: "FunctionConfigurationResponseTypeDef | dict[str, Any]",
) -> FunctionSettings:
    """Read Lambda's GetFunctionConfiguration."""
    architecture = (answer.get("Architectures") or ["x86_64"])[0]
    return FunctionSettings(
        memory_mb=int(answer.get("MemorySize") or DEFAULT_MEMORY_MB),
        tmp_mb=int((answer.get("EphemeralStorage") or {}).get("Size", 512)),
        timeout_s=int(answer.get("Timeout") or MAX_TIMEOUT_S),
        architecture=cast("Architecture", architecture)
        if architecture in ARCHITECTURES
        else "x86_64",
    )
