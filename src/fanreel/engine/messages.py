"""
What a parent and its child say to each other: JSON, checked by pydantic on arrival.

A child handles strangers' pages and media, so nothing it says is taken for more than data: no
pickle, which would let whoever took it over run code where the credentials are.
"""

import threading
from multiprocessing.connection import Connection

from pydantic import TypeAdapter

from fanreel.engine.answers import Answer
from fanreel.engine.requests import Request

LIMIT_BYTES = 128 * 1024**2
"""The largest is the screenshot of a page that failed."""

_speaking = threading.Lock()
_REQUESTS: TypeAdapter[Request] = TypeAdapter(Request)
_ANSWERS: TypeAdapter[Answer] = TypeAdapter(Answer)


def send_request(connection: Connection, request: Request) -> None:
    """Say *request* to a child. Raises `OSError` when it is gone."""
    # A configuration tells what was asked for from what is a default, on the other side too.
    connection.send_bytes(_REQUESTS.dump_json(request, exclude_unset=True))


def receive_request(connection: Connection) -> Request:
    """Wait for the parent's next request. Raises `EOFError` when it is gone."""
    return _REQUESTS.validate_json(connection.recv_bytes(LIMIT_BYTES))


def send_answer(connection: Connection, answer: Answer, body: bytes | None = None) -> None:
    """Say *answer* to the parent, from any thread, and *body* after it. Raises `OSError`."""
    with _speaking:
        connection.send_bytes(_ANSWERS.dump_json(answer))
        if body is not None:
            connection.send_bytes(body)


def receive_answer(connection: Connection) -> Answer:
    """
    Wait for the child's next answer.

    Raises:
        EOFError, OSError: It is gone.
        ValueError: What it says makes no sense.
    """
    return _ANSWERS.validate_json(connection.recv_bytes(LIMIT_BYTES))
