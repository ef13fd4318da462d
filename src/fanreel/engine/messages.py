"""
What a parent and its child say to each other: JSON, checked by pydantic on arrival.

A child handles strangers' pages and media, so nothing it says is taken for more than data: no
pickle, which would let whoever took it over run code where the credentials are.

Before its JSON a message has a line with its kind. Of the thirty-odd kinds a process says and hears
a few, and what checks the others, 50 ms of a processor to make, is never made.
"""

import threading
from collections.abc import Mapping
from dataclasses import fields
from multiprocessing.connection import Connection
from typing import Any, get_args

from pydantic import TypeAdapter

from fanreel.engine.answers import Answer
from fanreel.engine.requests import Request

LIMIT_BYTES = 128 * 1024**2
"""The largest is the screenshot of a page that failed."""

_speaking = threading.Lock()
_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _by_kind(union: Any) -> dict[bytes, type[Any]]:
    kinds = get_args(union)
    return {
        str(f.default).encode(): kind for kind in kinds for f in fields(kind) if f.name == "kind"
    }


_REQUESTS, _ANSWERS = _by_kind(Request), _by_kind(Answer)


def send_request(connection: Connection, request: Request) -> None:
    """Say *request* to a child. Raises `OSError` when it is gone."""
    # A configuration tells what was asked for from what is a default, on the other side too.
    connection.send_bytes(_written(request, exclude_unset=True))


def receive_request(connection: Connection) -> Request:
    """Wait for the parent's next request. Raises `EOFError` when it is gone."""
    request: Request = _read(connection.recv_bytes(LIMIT_BYTES), _REQUESTS)
    return request


def send_answer(connection: Connection, answer: Answer, body: bytes | None = None) -> None:
    """Say *answer* to the parent, from any thread, and *body* after it. Raises `OSError`."""
    with _speaking:
        connection.send_bytes(_written(answer))
        if body is not None:
            connection.send_bytes(body)


def receive_answer(connection: Connection) -> Answer:
    """
    Wait for the child's next answer.

    Raises:
        EOFError, OSError: It is gone.
        ValueError: What it says makes no sense.
    """
    answer: Answer = _read(connection.recv_bytes(LIMIT_BYTES), _ANSWERS)
    return answer


def _written(message: Request | Answer, *, exclude_unset: bool = False) -> bytes:
    said = _adapter(type(message)).dump_json(message, exclude_unset=exclude_unset)
    return message.kind.encode() + b"\n" + said


def _read(message: bytes, kinds: Mapping[bytes, type[Any]]) -> Any:
    name, _, said = message.partition(b"\n")
    if name not in kinds:
        raise ValueError(f"no kind of message: {name[:40]!r}")
    return _adapter(kinds[name]).validate_json(said)


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
