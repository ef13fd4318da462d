"""How a command ends: one paragraph and an exit status, never a traceback unless asked for."""

import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import typer
from typer.exceptions import TyperException

from fanreel.cli.wording import in_options
from fanreel.errors import RenderCancelled, RenderError, UnexpectedError

_TERMINATED = 128 + signal.SIGTERM


def run(app: typer.Typer, argv: Sequence[str]) -> int:
    """
    Run the command that *argv* names.

    Returns:
        The exit status: 0, or that of the error's class; 2 for a wrong command line; 130 after
        Ctrl-C.
    """
    signal.signal(signal.SIGTERM, _terminate)  # so that `with` blocks clean up
    command = typer.main.get_command(app)
    try:
        status = command.main(args=list(argv), prog_name="fanreel", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as exc:
        _tell_usage(exc)
        return exc.exit_code
    except typer.Abort:
        status = RenderCancelled.exit_status
    except BrokenPipeError:
        # The reader went away (`fanreel … | head`); nothing may be written any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as exc:
        if "--debug" in argv:
            raise
        return _tell(_as_render_error(exc), as_json="--json" in argv)
    if status == RenderCancelled.exit_status:
        return _tell(RenderCancelled(), as_json="--json" in argv)
    return status if isinstance(status, int) else 0


def error_json(error: RenderError) -> dict[str, Any]:
    """Return what programs read of *error*."""
    return {
        "code": error.code,
        "message": in_options(error),
        "retryable": error.retryable,
        # A screenshot that found no place on disk is of no use as text.
        "facts": {name: fact for name, fact in error.facts.items() if not isinstance(fact, bytes)},
    }


def _terminate(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(_TERMINATED)


def _tell(error: RenderError, *, as_json: bool) -> int:
    if as_json:
        event = {"event": "error"} | error_json(error)
        sys.stdout.write(json.dumps(event, default=str) + "\n")
    paragraph = " ".join(in_options(error).split())
    sys.stderr.write(f"error[{error.code}]: {paragraph}\n")
    return error.exit_status


def _tell_usage(exc: TyperException) -> None:
    ctx = getattr(exc, "ctx", None)
    path = ctx.command_path if ctx is not None else "fanreel"
    message = exc.format_message()
    if not message.lstrip().startswith("Usage:"):  # a bare `fanreel` has its help as message
        message = f"error: {message} Try `{path} --help`."
    sys.stderr.write(message + "\n")


def _as_render_error(exc: Exception) -> RenderError:
    if isinstance(exc, RenderError):
        return exc
    what = str(exc) or "no message"
    return UnexpectedError(
        f"{type(exc).__name__}: {what}. This is a defect in fanreel; the same command with "
        "--debug shows where it happened"
    )
