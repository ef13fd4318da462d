"""What the deployed functions were given, and which of them a render may choose."""

import re
from collections.abc import Iterable, Mapping
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


# [NAME=]MEMORY[:ARCHITECTURE][@CONCURRENCY]
_CHOICE = re.compile(
    r"(?:([a-z][a-z0-9]{0,29})=)?([0-9]{4,5})(?::(x86_64|arm64))?(?:@([1-9][0-9]{0,5}))?"
)
_MEMORY_MB = range(1024, MAX_MEMORY_MB + 1)
DEFAULT_FUNCTION = "default"
"""Names the function that a render gets if it does not choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionChoice:
    """One more function of a stack, for renders that name it."""

    name: str
    memory_mb: int
    architecture: Architecture
    reserved_concurrency: int | None = None
    """Most invocations of it at once, of all renders; None shares the account's."""

    @classmethod
    def parse(cls, text: str, architecture: Architecture) -> "FunctionChoice":
        """
        Read `big=7076`, `7076` or `3538:arm64`, each perhaps with `@20`.

        What has no name is called by memory and processor.

        Args:
            text: One item of the setting `functions`.
            architecture: Of the stack, for those that do not say.
        Raises:
            ValueError: It is not written so.
        """
        found = _CHOICE.fullmatch(text)
        if found is None or int(found[2]) not in _MEMORY_MB:
            raise ValueError(
                f"{text!r}: allowed: [NAME=]MEMORY[:ARCHITECTURE][@CONCURRENCY], such as big=7076, "
                f"3538:arm64 or big=7076@20, with {_MEMORY_MB.start} to {_MEMORY_MB[-1]} MB and a "
                "name of small letters and digits"
            )
        own = cast("Architecture", found[3]) if found[3] else architecture
        name = found[1] or f"{found[2]}{(found[3] or '').replace('_', '')}"
        reserved = int(found[4]) if found[4] else None
        return cls(
            name=name, memory_mb=int(found[2]), architecture=own, reserved_concurrency=reserved
        )


def parse_choices(texts: Iterable[str], architecture: Architecture) -> tuple[FunctionChoice, ...]:
    """
    Read the setting `functions`.

    Raises:
        ValueError: One is not written as `FunctionChoice.parse()` has it, or two have one name.
    """
    choices = tuple(FunctionChoice.parse(text, architecture) for text in texts)
    names = [DEFAULT_FUNCTION, *(choice.name for choice in choices)]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two functions are called {name}; give one another name: NAME=MEMORY")
    return choices


def reserved_concurrency(settings: Mapping[str, Any], function: str | None) -> int | None:
    """Return what a function of a stack with these settings reserves; *function* None: its own."""
    if function in (None, DEFAULT_FUNCTION):
        return settings.get("reserved_concurrency")
    choices = parse_choices(settings.get("functions", ()), "x86_64")
    return next((one.reserved_concurrency for one in choices if one.name == function), None)


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
