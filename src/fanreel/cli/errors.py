"""`fanreel errors`: the catalogue of failures, for people, programs and the docs."""

import json
import sys
from typing import Annotated

import typer

from fanreel.cli.render import AsJson
from fanreel.errors import CATALOGUE

_INTRODUCTION = """\
# Errors

Every failure fanreel knows, written by `fanreel errors --markdown` from `src/fanreel/errors.py`.
A command that fails prints `error[CODE]: …` and ends with the status below; in Python each is a
class of `fanreel`, and on AWS the code is the name that the state machine sees. Retryable means
that the same work may succeed when tried again.

| code | class | retryable | exit status | meaning |
| --- | --- | --- | --- | --- |
"""


def errors(
    *,
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the table in docs/.")] = False,
) -> None:
    """List every failure: its code, its meaning, and whether trying again can help."""
    if markdown:
        sys.stdout.write(errors_markdown())
        return
    for code, error in CATALOGUE.items():
        meaning = (error.__doc__ or "").strip()
        if as_json:
            facts = {"retryable": error.retryable, "exitStatus": error.exit_status}
            sys.stdout.write(json.dumps({"code": code, "meaning": meaning} | facts) + "\n")
        else:
            again = " (worth retrying)" if error.retryable else ""
            sys.stdout.write(f"{code}{again}\n  {meaning}\n")


def errors_markdown() -> str:
    """Return the text of `docs/errors.md`."""
    rows = [
        f"| `{code}` | `{error.__name__}` | {'yes' if error.retryable else 'no'} "
        f"| {error.exit_status} | {(error.__doc__ or '').strip()} |"
        for code, error in CATALOGUE.items()
    ]
    return _INTRODUCTION + "\n".join(rows) + "\n"
