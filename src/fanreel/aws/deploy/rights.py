"""What an IAM policy allows, as pairs of action and resource, and what it lacks of another."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One action on one resource."""

    action: str
    resource: str


def rights_of(policy: Mapping[str, Any]) -> list[Right]:
    """Return every pair of action and resource that *policy* allows."""
    return [
        Right(action=action, resource=resource)
        for statement in _listed(policy.get("Statement"))
        if statement.get("Effect") == "Allow"
        for action in _listed(statement.get("Action"))
        for resource in _listed(statement.get("Resource"))
    ]


def missing_rights(required: Mapping[str, Any], held: Mapping[str, Any]) -> list[Right]:
    """
    Return the rights of *required* that *held* does not give.

    Conditions of *held* are not looked at: a statement with one counts as given.
    """
    statements = _listed(held.get("Statement"))

    def covered(right: Right, effect: str) -> bool:
        return any(
            any(fnmatchcase(right.action.lower(), a.lower()) for a in _listed(s.get("Action")))
            and any(fnmatchcase(right.resource, _literal(r)) for r in _listed(s.get("Resource")))
            for s in statements
            if s.get("Effect") == effect
        )

    return [
        right
        for right in rights_of(required)
        if not covered(right, "Allow") or covered(right, "Deny")
    ]


def _literal(pattern: str) -> str:
    # IAM knows `*` and `?` only; fnmatch would read brackets as a class.
    return pattern.replace("[", "[[]")


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
