"""`--variables` and `--var`: a composition's variables from the command line."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fanreel.errors import InvalidVariables

Declared = Mapping[str, Mapping[str, Any]]
"""By id, what the page declares; see `declared_variables()`."""

_TEXTS = frozenset({"string", "color", "font", "image", "enum"})


def parse_variables(
    text: str | None, single: Iterable[str], declared: Declared | None = None
) -> dict[str, Any]:
    """
    Return the variables of `--variables` with those of `--var` over them.

    A `--var` that is declared as text is taken as typed; any other one is JSON if it can be read
    so, else text.

    Raises:
        InvalidVariables: Not a JSON object, not a readable file, or no `=`. Terminal.
    """
    variables: dict[str, Any] = {}
    if text is not None:
        variables = _object(_file_text(text[1:]) if text.startswith("@") else text, text)
    for assignment in single:
        name, equals, value = assignment.partition("=")
        if not (name and equals):
            raise InvalidVariables(f"--var {assignment}: write it as NAME=VALUE")
        variables[name] = _typed(value, (declared or {}).get(name, {}))
    return variables


def _typed(value: str, declaration: Mapping[str, Any]) -> Any:
    if declaration.get("type") in _TEXTS and not _is_option(value, declaration):
        return value
    return _json_or_text(value)


def _is_option(value: str, declaration: Mapping[str, Any]) -> bool:
    """Tell if *value* is written as JSON of an option that is no text: 3 of [1, 2, 3]."""
    options = declaration.get("options")
    options = options if isinstance(options, list) else []
    known = [item.get("value") if isinstance(item, dict) else item for item in options]
    return value not in known and _json_or_text(value) in known


def _file_text(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidVariables(f"--variables @{name}: cannot read the file: {exc}") from exc


def _object(text: str, shown: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as exc:
        raise InvalidVariables(f"--variables {shown}: not JSON: {exc}") from exc
    if not isinstance(value, dict):
        raise InvalidVariables(f"--variables {shown}: a JSON object, such as " + '{"title": "Hi"}')
    return value


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
