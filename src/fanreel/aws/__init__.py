"""
The same render on AWS: the only part of fanreel that knows boto3.

`RenderClient` starts renders on a deployed stack and watches them. boto3 comes with
`pip install 'fanreel[aws]'`, and is loaded when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fanreel.aws.client import RenderClient

__all__ = ["RenderClient"]


def __getattr__(name: str) -> Any:
    if name != "RenderClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fanreel.aws.client import RenderClient  # noqa: PLC0415 (boto3 only when it is used)

    return RenderClient


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
