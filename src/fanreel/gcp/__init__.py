"""
The same render on Google Cloud: Cloud Run renders, Workflows orders it, Cloud Storage keeps it.

`RenderClient` starts renders on what is deployed and watches them. Google's libraries come with
`pip install 'fanreel[gcp]'`, and are loaded when they are first used.

    storage/   Cloud Storage, as `fanreel.storage` asks for it
    workflow/  what orders a render
    cost/      what renders cost
    client/    renders started, watched, fetched, removed
    deploy/    what is deployed, by Terraform
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fanreel.gcp.client.render_client import RenderClient

__all__ = ["RenderClient"]


def __getattr__(name: str) -> Any:
    if name != "RenderClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fanreel.gcp.client.render_client import RenderClient  # noqa: PLC0415

    return RenderClient


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
