"""
What every `fanreel lambda` command has in common: which stack, as whom, and how to answer.

`stack_command()` adds those options to a function and hands it one `target`, so that each command
is a few lines over `RenderClient`. Failures are told where all commands' are (`failures.run`).
"""

import functools
import inspect
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic.alias_generators import to_camel

from fanreel.errors import InvalidConfig

if TYPE_CHECKING:
    import boto3

    from fanreel.aws import RenderClient

DEFAULT_STACK = "fanreel"
_PANEL = "Where"

_OPTIONS: dict[str, tuple[Any, Any]] = {
    "stack": (
        Annotated[
            str,
            typer.Option(
                help="The deployed stack.", envvar="FANREEL_STACK", rich_help_panel=_PANEL
            ),
        ],
        DEFAULT_STACK,
    ),
    "region": (
        Annotated[str | None, typer.Option(help="Its AWS region.", rich_help_panel=_PANEL)],
        None,
    ),
    "profile": (
        Annotated[str | None, typer.Option(help="AWS profile to act as.", rich_help_panel=_PANEL)],
        None,
    ),
    "endpoint_url": (
        Annotated[str | None, typer.Option(help="An emulator's.", rich_help_panel=_PANEL)],
        None,
    ),
    "as_json": (Annotated[bool, typer.Option("--json", help="Answer in JSON.")], False),
    "debug": (Annotated[bool, typer.Option("--debug", help="Show an error's traceback.")], False),
}


_REGIONS: tuple[Any, Any] = (
    Annotated[
        list[str] | None,
        typer.Option(
            "--region", help="An AWS region; may be given more than once.", rich_help_panel=_PANEL
        ),
    ],
    None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a command acts, and how it answers."""

    stack: str = DEFAULT_STACK
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    as_json: bool = False
    debug: bool = False
    answers: list[Any] | None = None
    """Collects the JSON answers of several regions, printed as one list at the end."""

    def session(self) -> "boto3.Session":
        """
        Open the boto3 session to act with.

        Raises:
            InvalidConfig: boto3 is not installed, or there is no such profile. Terminal.
        """
        try:
            import boto3  # noqa: PLC0415 (only these commands need it)
            from botocore.exceptions import ProfileNotFound  # noqa: PLC0415
        except ModuleNotFoundError as exc:
            raise InvalidConfig(
                "AWS commands need boto3; install it with `pip install 'fanreel[aws]'`"
            ) from exc
        try:
            return boto3.Session(profile_name=self.profile, region_name=self.region)
        except ProfileNotFound as exc:
            raise InvalidConfig(f"{exc}; `aws configure list-profiles` lists them") from exc

    def client(self) -> "RenderClient":
        """Open the client of the stack. Raises as `session()` and `RenderClient.from_stack()`."""
        session = self.session()
        from fanreel.aws import RenderClient  # noqa: PLC0415 (loads boto3)

        return RenderClient.from_stack(self.stack, session, self.endpoint_url)

    def answer(self, value: Any, *lines: str) -> None:
        """Print *value* as JSON if asked to, else *lines*."""
        if self.as_json and self.answers is not None:
            self.answers.append({"region": self.region} | camel(value))
        elif self.as_json:
            write_json(value)
        else:
            sys.stdout.write("".join(f"{line}\n" for line in lines))

    def say(self, text: str) -> None:
        """Print one line for people on standard error; nothing with `--json`."""
        if not self.as_json:
            sys.stderr.write(f"{text}\n")


def write_json(value: Any) -> None:
    """Print a result, or a list of them, as JSON with camelCase keys."""
    sys.stdout.write(json.dumps(camel(value), indent=2, ensure_ascii=False, default=str) + "\n")


def camel(value: Any) -> Any:
    """Return results and JSON values with camelCase keys, as the other commands print them."""
    if hasattr(value, "to_json"):
        value = value.to_json()
    if isinstance(value, dict):
        return {to_camel(key): camel(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [camel(item) for item in value]
    return value


def stack_command(
    app: typer.Typer, name: str, *, regions: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Register a function as command *name* of *app*, its first parameter `target` filled in.

    With *regions* it takes `--region` more than once, and acts in one after the other; what fails
    in one ends it.
    """
    options = _OPTIONS | ({"region": _REGIONS} if regions else {})

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(**values: Any) -> None:
            given = {option: values.pop(option) for option in options}
            if not regions:
                function(target=Target(**given), **values)
                return
            named = list(dict.fromkeys(given.pop("region") or [None]))
            answers: list[Any] | None = [] if len(named) > 1 else None
            for region in named:
                target = Target(**given, region=region, answers=answers)
                if answers is not None:
                    target.say(f"{region}:")
                function(target=target, **values)
            if answers is not None and given["as_json"]:
                write_json(answers)

        own = list(inspect.signature(function).parameters.values())[1:]
        added = [
            inspect.Parameter(
                option, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
            )
            for option, (annotation, default) in options.items()
        ]
        # typer reads the signature to know which options there are.
        run.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
        app.command(name)(run)
        return function

    return register
