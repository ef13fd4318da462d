"""
A workflow's text, checked as a deployment of Workflows checks it, and strictly so.

Only what fanreel's workflow uses is known here: assign, call, switch, for, parallel for, try with
retry and except, raise, return, next. Anything else, a misspelt word or a name that is nowhere
defined is refused before anything runs.
Source: Workflows' reference, "Syntax overview" and "Quotas and limits".
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.gcp.workflow_expressions import Functions, UnknownSyntaxError, Value, parse

MOST_SOURCE_BYTES = 128 * 1024
MOST_ASSIGNMENTS = 50
MOST_CONDITIONS = 50
MOST_RETURNED_CALL_S = 1800
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HTTP_ARGS = {"url", "timeout", "auth", "body"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what it does, with its expressions parsed, and where it goes on."""

    name: str
    kind: str
    body: Mapping[str, Any]
    next: str | None = None


Steps = list[Step]


@dataclass(frozen=True, slots=True)
class Routine:
    """`main` or a subworkflow."""

    params: list[str]
    steps: Steps


@dataclass(slots=True)
class _Reader:
    functions: Functions
    params: Mapping[str, list[str]]
    """Of each routine."""
    targets: list[set[str]] = field(default_factory=list)
    parallel_depth: int = 0

    def steps(self, given: Any) -> Steps:
        """Read a list of named steps."""
        names = [name for one in _list(given) for name in _map(one)]
        if len(names) != len(given) or len(set(names)) != len(names):
            raise UnknownSyntaxError(f"each step has one name of its own: {names}")
        self.targets.append(set(names))
        read = [self.step(name, body) for one in given for name, body in one.items()]
        self.targets.pop()
        return read

    def step(self, name: str, body: Any) -> Step:
        """Read one step by the word that says what it does."""
        _name(name)
        kinds: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "assign": self._assign, "call": self._call, "switch": self._switch, "for": self._for,
            "parallel": self._parallel, "try": self._try, "raise": self._value("raise"),
            "return": self._value("return"),
        }  # fmt: skip
        found = [kind for kind in kinds if kind in _map(body)]
        if len(found) != 1:
            raise UnknownSyntaxError(f"step {name} says {sorted(body)}")
        rest = dict(body)
        target = rest.pop("next", None)
        if target is not None and target not in self.targets[-1]:
            raise UnknownSyntaxError(f"step {name} goes on to {target}, which is not beside it")
        return Step(name=name, kind=found[0], body=kinds[found[0]](rest), next=target)

    def value(self, given: Any) -> Value:
        """Read a value in which texts may be expressions."""
        if isinstance(given, str) and "${" in given:
            if not (given.startswith("${") and given.endswith("}")):
                raise UnknownSyntaxError(f"an expression among text: {given}")
            return parse(given[2:-1], self.functions)
        if isinstance(given, dict):
            parts = {_text(key): self.value(part) for key, part in given.items()}
            return lambda scope: {key: part(scope) for key, part in parts.items()}
        if isinstance(given, list):
            items = [self.value(item) for item in given]
            return lambda scope: [item(scope) for item in items]
        if not isinstance(given, str | int | float | bool | None):
            raise UnknownSyntaxError(f"no value of Workflows: {given!r}")
        return lambda _: given

    def _value(self, word: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda body: {"value": self.value(_only(body, word)[word])}

    def _assign(self, body: dict[str, Any]) -> dict[str, Any]:
        given = _list(_only(body, "assign")["assign"])
        pairs = [pair for one in given for pair in _map(one).items()]
        if len(pairs) != len(given) or len(pairs) > MOST_ASSIGNMENTS:
            raise UnknownSyntaxError(f"up to {MOST_ASSIGNMENTS} assignments, one an entry")
        return {"pairs": [(_name(name), self.value(value)) for name, value in pairs]}

    def _call(self, body: dict[str, Any]) -> dict[str, Any]:
        _only(body, "call", "args", "result")
        called, args = body["call"], _map(body.get("args", {}))
        if called == "http.post":
            if not args.keys() <= _HTTP_ARGS or not 0 < args["timeout"] <= MOST_RETURNED_CALL_S:
                raise UnknownSyntaxError(f"http.post takes {sorted(_HTTP_ARGS)}: {args}")
        elif called not in self.params or sorted(args) != sorted(self.params[called]):
            raise UnknownSyntaxError(f"{called} does not take {sorted(args)}")
        result = body.get("result")
        return {
            "called": called,
            "args": {name: self.value(value) for name, value in args.items()},
            "result": None if result is None else _name(result),
        }

    def _switch(self, body: dict[str, Any]) -> dict[str, Any]:
        entries = _list(_only(body, "switch")["switch"])
        if len(entries) > MOST_CONDITIONS:
            raise UnknownSyntaxError(f"more than {MOST_CONDITIONS} conditions")
        return {"entries": [self._entry(_map(one)) for one in entries]}

    def _entry(self, entry: dict[str, Any]) -> tuple[Value, str, Any]:
        (word,) = set(_only(entry, "condition", "next", "raise", "return", "steps")) - {"condition"}
        then = entry[word]
        if word == "next" and then not in self.targets[-1]:
            raise UnknownSyntaxError(f"a condition goes on to {then}, which is not beside it")
        if word == "steps":
            then = self.steps(then)
        elif word != "next":
            then = self.value(then)
        return self.value(entry["condition"]), word, then

    def _for(self, body: dict[str, Any]) -> dict[str, Any]:
        loop = _only(_map(_only(body, "for")["for"]), "value", "in", "range", "steps")
        if ("in" in loop) == ("range" in loop):
            raise UnknownSyntaxError("a loop goes over `in` or over `range`")
        over = "in" if "in" in loop else "range"
        return {
            "variable": _name(loop["value"]),
            over: self.value(loop[over]),
            "steps": self.steps(loop["steps"]),
        }

    def _parallel(self, body: dict[str, Any]) -> dict[str, Any]:
        given = _only(
            _map(_only(body, "parallel")["parallel"]), "shared", "concurrency_limit", "for"
        )
        if self.parallel_depth:
            raise UnknownSyntaxError("a parallel step inside another")
        self.parallel_depth += 1
        loop = self._for({"for": given["for"]})
        self.parallel_depth -= 1
        shared = {_name(name) for name in _list(given["shared"])}
        return loop | {"shared": shared, "limit": self.value(given["concurrency_limit"])}

    def _try(self, body: dict[str, Any]) -> dict[str, Any]:
        _only(body, "try", "retry", "except")
        tried = _map(body["try"])
        steps = tried["steps"] if set(tried) == {"steps"} else [{"tried": tried}]
        read: dict[str, Any] = {"steps": self.steps(steps), "retry": None, "except": None}
        if "retry" in body:
            read["retry"] = self._retry(_map(body["retry"]))
        if "except" in body:
            given = _only(_map(body["except"]), "as", "steps")
            read["except"] = (_name(given["as"]), self.steps(given["steps"]))
        return read

    def _retry(self, given: dict[str, Any]) -> dict[str, Any]:
        _only(given, "predicate", "max_retries", "backoff")
        backoff = _only(_map(given["backoff"]), "initial_delay", "max_delay", "multiplier")
        predicate = _text(given["predicate"]).removeprefix("${").removesuffix("}")
        if len(self.params.get(predicate, [])) != 1 or len(backoff) != 3:
            raise UnknownSyntaxError(f"no retry: {given}")
        return {"predicate": predicate, "most": given["max_retries"]} | backoff


def read_workflow(text: str, functions: Functions) -> dict[str, Routine]:
    """
    Read a whole workflow.

    Raises:
        UnknownSyntaxError: Something in it is not known here.
    """
    if len(text.encode()) > MOST_SOURCE_BYTES:
        raise UnknownSyntaxError("more source than Workflows takes")
    if re.search(r"[-:] [*&]\w", text):
        raise UnknownSyntaxError("an alias of YAML")
    given = _map(_loaded(text))
    for name, body in given.items():
        _name(name)
        _only(_map(body), "params", "steps")
    if "main" not in given:
        raise UnknownSyntaxError("there is no main")
    params = {name: [_name(one) for one in body.get("params", [])] for name, body in given.items()}
    read = _Reader(functions, params)
    return {name: Routine(params[name], read.steps(body["steps"])) for name, body in given.items()}


@functools.cache
def _loaded(text: str) -> Any:
    return yaml.safe_load(text)


def _only(given: dict[str, Any], *words: str) -> dict[str, Any]:
    if unknown := given.keys() - set(words):
        raise UnknownSyntaxError(f"{sorted(unknown)} beside {sorted(given)}")
    return given


def _map(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise UnknownSyntaxError(f"a map is expected, not {given!r}")
    return given


def _list(given: Any) -> list[Any]:
    if not isinstance(given, list) or not given:
        raise UnknownSyntaxError(f"a list is expected, not {given!r}")
    return given


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise UnknownSyntaxError(f"text is expected, not {given!r}")
    return given


def _name(given: Any) -> str:
    if not _NAME.fullmatch(_text(given)):
        raise UnknownSyntaxError(f"no name: {given!r}")
    return _text(given)
