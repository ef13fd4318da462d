"""Options of `fanreel lambda render` and `render-batch`: how the video lies in S3, and limits."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from fanreel.errors import InvalidConfig

_OUTPUT, _LIMITS = "Output", "Limits"
_FUNCTION = {"metavar": "NAME", "help": "Which of the stack's functions renders it."}
Function = Annotated[str | None, typer.Option(**_FUNCTION)]
_OPTIONS: dict[str, tuple[str | None, Any, dict[str, str]]] = {
    "storage_class": (
        _OUTPUT,
        str | None,
        {"metavar": "NAME", "help": "S3's, such as STANDARD_IA."},
    ),
    "download_name": (
        _OUTPUT,
        str | None,
        {"metavar": "NAME", "help": "Browsers save the video under this name."},
    ),
    "tag": (_OUTPUT, list[str] | None, {"metavar": "NAME=VALUE", "help": "A tag of the object."}),
    "expires_in_days": (
        _OUTPUT,
        int | None,
        {"metavar": "DAYS", "help": "Delete the video after 1, 3, 7, 14, 30, 90 or 365 days."},
    ),
    "overwrite": (_OUTPUT, bool, {"help": "Replace what is there."}),
    "timeout": (
        _LIMITS,
        float | None,
        {"metavar": "SECONDS", "help": "Its workers end the render after so long."},
    ),
    "cost_limit": (
        _LIMITS,
        float | None,
        {"metavar": "USD", "help": "Its workers end the render once it has cost more."},
    ),
    "function": (None, str | None, _FUNCTION),
}
"""By the name of the option: its panel, which is also where the client takes it, type and words."""
_ARGUMENTS = {"timeout": "timeout_s", "cost_limit": "cost_limit_usd"}
"""What the client calls them, where that is another name."""


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
            annotation=Annotated[kind, _option(name, kind, panel, words)],
            default=False if kind is bool else None,
        )
        for name, (panel, kind, words) in _OPTIONS.items()
    ]

    @functools.wraps(command)
    def call(**values: Any) -> None:
        asked = {name: values.pop(name) for name in _OPTIONS}
        output = {name: value for name, value in asked.items() if value and _is_output(name)}
        if "tag" in output:
            output["tags"] = dict(_pairs(output.pop("tag")))
        others = {
            _ARGUMENTS.get(name, name): value
            for name, value in asked.items()
            if not _is_output(name)
        }
        command(**values, request_options={"output_options": output, **others})

    # typer reads the signature to know which options there are.
    call.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
    return call


def _option(name: str, kind: Any, panel: str | None, words: dict[str, str]) -> Any:
    # A bool would get a `--no-` beside it.
    flags = [f"--{name}"] if kind is bool else []
    return typer.Option(*flags, rich_help_panel=panel, **words)  # type: ignore[arg-type]


def _is_output(name: str) -> bool:
    return _OPTIONS[name][0] == _OUTPUT


def _pairs(texts: Iterable[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise InvalidConfig(f"--tag {text}: allowed: NAME=VALUE")
        pairs.append((name, value))
    return pairs
