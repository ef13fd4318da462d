"""Workflows' functions, as many as fanreel's workflow calls; they convert nothing by themselves."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.gcp.workflow_expressions import fail, type_name


def functions(environment: Mapping[str, str], now: Callable[[], float]) -> dict[str, Any]:
    """Return the functions that an expression may call."""
    return {
        "default": lambda value, otherwise: otherwise if value is None else value,
        "double": _double,
        "get_type": type_name,
        "if": _if,
        "int": _int,
        "keys": lambda value: list(_of(value, dict)),
        "len": lambda value: len(_of(value, dict, list, str)),
        "map.get": lambda value, key: _of(value, dict).get(_of(key, str)),
        "math.min": _min,
        "string": _string,
        "sys.get_env": lambda name, *otherwise: _get_env(environment, name, *otherwise),
        "sys.now": now,
        "time.format": lambda moment: datetime.fromtimestamp(moment, UTC).isoformat(),
    }


def _of(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        names = [kind.__name__ for kind in kinds]
        raise fail("TypeError", f"one of {names}, not {type_name(value)}")
    return value


def _if(condition: Any, then: Any, otherwise: Any) -> Any:
    return then if _of(condition, bool) else otherwise


def _int(value: Any) -> int:
    return int(_of(value, str, float))


def _double(value: Any) -> float:
    return float(_of(value, str, int))


def _min(one: Any, other: Any) -> Any:
    return min(_of(one, int, float), _of(other, int, float))


def _string(value: Any) -> str:
    _of(value, int, float, bool)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _get_env(environment: Mapping[str, str], name: str, *otherwise: str) -> str:
    found = environment.get(name, *otherwise)
    if found is None:
        raise fail("KeyError", f"environment variable {name} is not set")
    return found
