"""What is wrong with a configuration: a sentence for each problem, and the fields it is about."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from fanreel.configuration.fields import ALLOWED
from fanreel.errors import InvalidConfig
from fanreel.settings import Setting, given

_VALUE_SHOWN = 100
"""Longest value, in characters, that a message repeats."""


class Conflict(ValueError):
    """Fields whose values do not go together."""

    def __init__(self, reason: str, settings: list[Setting]) -> None:
        super().__init__(f"{' and '.join(setting['said'] for setting in settings)}: {reason}")
        self.settings = settings


def invalid_config(exc: ValidationError, known_fields: Iterable[str]) -> InvalidConfig:
    """Return the error that says what *exc* found; *known_fields* are all there are."""
    # A union reports each arm; one sentence per problem is enough.
    problems = dict(_problem(error, known_fields) for error in exc.errors(include_url=False))
    return InvalidConfig(
        "invalid render configuration: " + "; ".join(problems),
        problems=list(problems),
        settings=[setting for settings in problems.values() for setting in settings],
    )


def _problem(error: ErrorDetails, known_fields: Iterable[str]) -> tuple[str, list[Setting]]:
    """Return what is wrong, and what that says of which fields."""
    own = error.get("ctx", {}).get("error")  # of a validator here; pydantic's have other words
    if isinstance(own, Conflict):
        return str(own), own.settings
    field, *inner = map(str, error["loc"])
    if error["type"] == "extra_forbidden":
        known = ", ".join(map(to_camel, known_fields))
        return f"{field}: unknown key; known keys: {known}", []
    name = to_camel(field)
    place = "".join(f"[{part}]" for part in inner if part.isdigit())
    setting = given(name, shown(error["input"]), place)
    allowed = {to_camel(known): sentence for known, sentence in ALLOWED.items()}
    reason = str(own or f"allowed: {allowed[name]}")
    return f"{setting['said']}: {reason}", [setting]


def shown(value: Any) -> str:
    """Return a value as a message repeats it."""
    try:
        text = repr(list(value) if isinstance(value, tuple) else value)  # as JSON has it
    except RecursionError:
        return "a value nested too deeply to show"
    return text if len(text) <= _VALUE_SHOWN else text[:_VALUE_SHOWN] + "…"
