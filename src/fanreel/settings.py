"""
Fields of the configuration in messages, as data: whoever shows one may call them by other names.

A message says `crf = 20`, as JSON does; the command line says `--crf 20`. An error tells what its
message says of which field as its fact `settings`, so that nobody reads the message back.
"""

from collections.abc import Mapping
from typing import Any, TypedDict


class Setting(TypedDict):
    """What a message says of one field."""

    said: str
    """Word for word."""
    field: str
    """As JSON names it."""
    value: str | bool | None
    """As the message writes it; a bool: what to set it to; None: the field is but named."""


def named(field: str) -> Setting:
    """Return a field that is only named."""
    return Setting(said=field, field=field, value=None)


def given(field: str, value: str, place: str = "") -> Setting:
    """Return a field with its *value*, or with that at a *place* in it, such as `[0]`."""
    return Setting(said=f"{field}{place} = {value}", field=field, value=value)


def switched(field: str, *, on: bool) -> Setting:
    """Return advice to turn a field on or off."""
    return Setting(said=f"set {field} to {'true' if on else 'false'}", field=field, value=on)


def settings_of(facts: Mapping[str, Any]) -> list[Setting]:
    """Return the settings among the *facts* of an error, which may have come from anywhere."""
    found = facts.get("settings")
    return [item for item in found if _is_setting(item)] if isinstance(found, list) else []


def _is_setting(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    said, field, value = item.get("said"), item.get("field"), item.get("value")
    return isinstance(said, str) and isinstance(field, str) and isinstance(value, str | bool | None)
