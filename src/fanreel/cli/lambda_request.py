"""Options of `fanreel lambda render` and `render-batch`: how the video lies in S3, and limits."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from fanreel.errors import InvalidConfig

_PANEL, _LIMITS = "Output", "Limits"
_OPTIONS: dict[str, Any] = {
    "storage_class": Annotated[
        str | None,
        typer.Option(metavar="NAME", help="S3's, such as STANDARD_IA.", rich_help_panel=_PANEL),
    ],
    "download_name": Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Browsers save the video under this name.",
            rich_help_panel=_PANEL,
        ),
    ],
    "tag": Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A tag of the object.", rich_help_panel=_PANEL),
    ],
    "expires_in_days": Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            help="Delete the video after 1, 3, 7, 14, 30, 90 or 365 days.",
            rich_help_panel=_PANEL,
        ),
    ],
    "overwrite": Annotated[
        bool, typer.Option("--overwrite", help="Replace what is there.", rich_help_panel=_PANEL)
    ],
}


Function = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Which of the stack's functions renders it."),
]
_LIMIT_OPTIONS: dict[str, Any] = {
    "timeout": Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Its workers end the render after so long.",
            rich_help_panel=_LIMITS,
        ),
    ],
    "cost_limit": Annotated[
        float | None,
        typer.Option(
            metavar="USD",
            help="Its workers end the render once it has cost more.",
            rich_help_panel=_LIMITS,
        ),
    ],
    "function": Function,
}
_ARGUMENTS = {"timeout": "timeout_s", "cost_limit": "cost_limit_usd", "function": "function"}


def with_request_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options above to *command*; it gets the client's arguments as `request_options`."""
    own = [
        parameter
        for parameter in inspect.signature(command).parameters.values()
        if parameter.name != "request_options"
    ]
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=annotation,
            default=False if name == "overwrite" else None,
        )
        for name, annotation in (_OPTIONS | _LIMIT_OPTIONS).items()
    ]

    @functools.wraps(command)
    def call(**values: Any) -> None:
        given = {name: value for name in _OPTIONS if (value := values.pop(name))}
        if "tag" in given:
            given["tags"] = dict(_pairs(given.pop("tag")))
        limits = {_ARGUMENTS[name]: values.pop(name) for name in _LIMIT_OPTIONS}
        command(**values, request_options={"output_options": given, **limits})

    # typer reads the signature to know which options there are.
    call.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
    return call


def _pairs(texts: Iterable[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise InvalidConfig(f"--tag {text}: allowed: NAME=VALUE")
        pairs.append((name, value))
    return pairs
