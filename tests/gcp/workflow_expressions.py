"""
Expressions of Google Cloud Workflows: as much of them as fanreel's workflow uses, and strictly.

What the documentation leaves open is taken the harder way: both sides of `and` and `or` are
evaluated, types are never converted, a key that is not there is an error.
Source: Workflows' reference, "Data types" (order of operations), "Expression helpers".
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_CHARS = 400
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>\"[^\"\\]*\")|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>==|!=|<=|>=|[-+<>()\[\].,]))"
)
_WORDS = {"true": True, "false": False, "null": None}
_KEYWORDS = {"and", "or", "not", "in"}


class UnknownSyntaxError(Exception):
    """The text is not of the subset that this interpreter knows."""


class WorkflowError(Exception):
    """An error as the workflow sees it: a map with tags and message, or what was raised."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


def fail(tag: str, message: str) -> WorkflowError:
    """Return an error of the interpreter's own kinds."""
    return WorkflowError({"tags": [tag], "message": message})


Scope = Callable[[str], Any]
Value = Callable[[Scope], Any]
Functions = Mapping[str, Callable[..., Any]]


def type_name(value: Any) -> str:
    """Return what `get_type` says of *value*."""
    names: dict[type, str] = {
        bool: "boolean", int: "integer", float: "double", str: "string", list: "list",
        dict: "map", type(None): "null",
    }  # fmt: skip
    return names[type(value)]


@dataclass(slots=True)
class _Parser:
    tokens: list[tuple[str, str]]
    functions: Functions

    def take(self, *signs: str) -> str | None:
        """Take the next token if it is one of *signs*."""
        if self.tokens and self.tokens[0][0] in {"sign", "word"} and self.tokens[0][1] in signs:
            return self.tokens.pop(0)[1]
        return None

    def expect(self, sign: str) -> None:
        """Take *sign* or refuse the text."""
        if self.take(sign) is None:
            raise UnknownSyntaxError(f"expected {sign!r} before {self.tokens[:3]}")

    def disjunction(self) -> Value:
        """Parse what `or` joins, the loosest."""
        return self._chain(self.conjunction, {"or": _logical(any)})

    def conjunction(self) -> Value:
        """Parse what `and` joins."""
        return self._chain(self.comparison, {"and": _logical(all)})

    def comparison(self) -> Value:
        """Parse comparisons."""
        signs = {
            "==": operator.eq, "!=": operator.ne, "<": _ordered(operator.lt),
            ">": _ordered(operator.gt), "<=": _ordered(operator.le), ">=": _ordered(operator.ge),
            "in": _is_in,
        }  # fmt: skip
        return self._chain(self.sum, signs)

    def sum(self) -> Value:
        """Parse sums."""
        return self._chain(self.unary, {"+": _add, "-": _subtract})

    def unary(self) -> Value:
        """Parse `not` and the minus sign."""
        if self.take("not"):
            inner = self.unary()
            return lambda scope: not _boolean(inner(scope))
        if self.take("-"):
            inner = self.unary()
            return lambda scope: -_number(inner(scope))
        return self.access()

    def access(self) -> Value:
        """Parse a name or literal, with what follows it."""
        kind, text = self.tokens.pop(0) if self.tokens else ("end", "")
        if kind == "number":
            value = float(text) if "." in text else int(text)
            return lambda _: value
        if kind == "text":
            return lambda _: text[1:-1]
        if kind == "sign" and text == "(":
            inner = self.disjunction()
            self.expect(")")
            return self._followed(inner)
        if kind != "name":
            raise UnknownSyntaxError(f"unexpected {text!r}")
        if text in _WORDS:
            word = _WORDS[text]
            return lambda _: word
        return self._called(text) or self._followed(lambda scope: scope(text))

    def _called(self, first: str) -> Value | None:
        """Parse a call, whose name may have dots; None if there is no bracket after the name."""
        length = 0
        while [text for _, text in self.tokens[length : length + 1]] == ["."]:
            length += 2
        if [text for _, text in self.tokens[length : length + 1]] != ["("]:
            return None
        name = first + "".join(text for _, text in self.tokens[:length])
        if name not in self.functions:
            raise UnknownSyntaxError(f"no function {name}()")
        del self.tokens[: length + 1]
        arguments = [self.disjunction()] if not self.take(")") else []
        while arguments and not self.take(")"):
            self.expect(",")
            arguments.append(self.disjunction())
        function = self.functions[name]
        return self._followed(lambda scope: function(*(one(scope) for one in arguments)))

    def _followed(self, value: Value) -> Value:
        while sign := self.take(".", "["):
            if sign == ".":
                kind, name = self.tokens.pop(0)
                if kind != "name":
                    raise UnknownSyntaxError(f"a key after the dot, not {name!r}")
                value = _read(value, lambda _, name=name: name)  # type: ignore[misc]
            else:
                value = _read(value, self.disjunction())
                self.expect("]")
        return value

    def _chain(self, inner: Callable[[], Value], signs: Mapping[str, Any]) -> Value:
        left = inner()
        while sign := self.take(*signs):
            right = inner()

            def joined(
                scope: Scope, left: Value = left, right: Value = right, sign: str = sign
            ) -> Any:
                return signs[sign](left(scope), right(scope))

            left = joined
        return left


def _read(value: Value, key: Value) -> Value:
    def read(scope: Scope) -> Any:
        whole, part = value(scope), key(scope)
        if isinstance(whole, dict) and isinstance(part, str):
            if part not in whole:
                raise fail("KeyError", f"key not found: {part}")
            return whole[part]
        if isinstance(whole, list) and type(part) is int:
            if not 0 <= part < len(whole):
                raise fail("IndexError", f"index out of range: {part}")
            return whole[part]
        raise fail("TypeError", f"a {type_name(whole)} has no part {part!r}")

    return read


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise fail("TypeError", f"a boolean, not {type_name(value)}")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fail("TypeError", f"a number, not {type_name(value)}")
    return value


def _logical(join: Callable[[list[bool]], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: join([_boolean(left), _boolean(right)])


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: compare(_number(left), _number(right))


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return _number(left) + _number(right)


def _subtract(left: Any, right: Any) -> Any:
    return _number(left) - _number(right)


def _is_in(part: Any, whole: Any) -> bool:
    if not isinstance(whole, list | dict):
        raise fail("TypeError", f"a list or map, not {type_name(whole)}")
    return part in whole


def parse(text: str, functions: Functions) -> Value:
    """
    Parse what stands between `${` and `}`.

    Raises:
        UnknownSyntaxError: It is none that is known here, or longer than Workflows takes.
    """
    if len(text) > MOST_CHARS:
        raise UnknownSyntaxError(f"{len(text)} characters, {MOST_CHARS} are taken: {text}")
    tokens, position = [], 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise UnknownSyntaxError(f"{text[position:]!r} in {text!r}")
        token = found[found.lastgroup]
        tokens.append(("word" if token in _KEYWORDS else found.lastgroup, token))
        position = found.end()
    parser = _Parser(tokens, functions)
    value = parser.disjunction()
    if parser.tokens:
        raise UnknownSyntaxError(f"{parser.tokens} is left of {text!r}")
    return value
