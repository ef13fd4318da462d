"""
The same render on AWS: the only part of fanreel that knows boto3.

`RenderClient` starts renders on a deployed stack and watches them. boto3 comes with
`pip install 'fanreel[aws]'`, and is loaded when it is first used.

Imports point upwards in this list; a worker loads the first, and prices where a render is limited:

    storage/   S3, as `fanreel.storage` asks for it
    cost/      what renders cost, and what an account lets them use
    client/    renders started, watched, fetched, removed
    deploy/    the stack and the rights it takes
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fanreel.aws.client.render_client import RenderClient

__all__ = ["RenderClient"]


def __getattr__(name: str) -> Any:
    if name != "RenderClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # boto3 only when it is used.
    from fanreel.aws.client.render_client import RenderClient  # noqa: PLC0415

    return RenderClient


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
