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

from fanreel.cli.report import duration_in_words
from fanreel.errors import InvalidConfig

if TYPE_CHECKING:
    import boto3

    from fanreel.aws import RenderClient
    from fanreel.remote.render_client import RenderClient as AnyClient

DEFAULT_STACK = "fanreel"
_PANEL = "Where"

OPTIONS: dict[str, tuple[Any, Any]] = {
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
class CloudTarget:
    """Where a command acts, and how it answers; each cloud has one of its own."""

    region: str | None = None
    as_json: bool = False
    debug: bool = False
    answers: list[Any] | None = None
    """Collects the JSON answers of several regions, printed as one list at the end."""

    def client(self) -> "AnyClient":
        """Open the client of what is deployed there."""
        raise NotImplementedError

    def tell_link_end(self, client: Any, expires_s: int) -> None:
        """Warn where a link ends before it is meant to."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(CloudTarget):
    """A stack on AWS."""

    stack: str = DEFAULT_STACK
    profile: str | None = None
    endpoint_url: str | None = None

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

    def tell_link_end(self, client: "RenderClient", expires_s: int) -> None:
        """Warn where the session that signs a link ends before the link is meant to."""
        from fanreel.aws.storage.credentials import session_left  # noqa: PLC0415

        left = session_left(client.connection.session)
        if left is not None and left.total_seconds() < expires_s:
            known = f"in {duration_in_words(left.total_seconds())}" if left else "sooner than that"
            self.say(
                f"warning: signed by a temporary session, the link ends with it {known}; sign with "
                "lasting keys for a longer life"
            )


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


Command = Callable[..., None]


def stack_command(
    app: typer.Typer, name: str, *, regions: bool = False
) -> Callable[[Command], Command]:
    """
    Register a function as command *name* of *app*, its first parameter `target` filled in.

    With *regions* it takes `--region` more than once, and acts in one after the other; what fails
    in one ends it.
    """
    options = OPTIONS | ({"region": _REGIONS} if regions else {})

    def register(function: Command) -> Command:
        def act(given: dict[str, Any], values: dict[str, Any]) -> None:
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

        app.command(name)(with_options(function, options, act))
        return function

    return register


def with_options(
    function: Command,
    options: dict[str, tuple[Any, Any]],
    act: Callable[[dict[str, Any], dict[str, Any]], None],
) -> Command:
    """Return a command that takes *options* and those of *function*, and hands both to *act*."""

    @functools.wraps(function)
    def run(**values: Any) -> None:
        given = {option: values.pop(option) for option in options}
        act(given, values)

    own = list(inspect.signature(function).parameters.values())[1:]
    added = [
        inspect.Parameter(
            option, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
        )
        for option, (annotation, default) in options.items()
    ]
    # typer reads the signature to know which options there are.
    run.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
    return run
