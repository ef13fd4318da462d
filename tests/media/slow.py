"""Children that take longer than is usual, or have less time than is usual."""

import time

from fanreel.engine import child, decoding
from fanreel.engine.requests import Request
from fanreel.errors import UnexpectedError
from fanreel.media import time_limit

TICK_S = 0.02


def impatient(connection_fd: int) -> None:
    """Plan as every child does, but give libav no time for a large picture."""
    _hurry()
    child.main(connection_fd)


def impatient_decoder(connection_fd: int) -> None:
    """Decode, and give libav no time for a large picture."""
    _hurry()
    decoding.main(connection_fd)


def late(connection_fd: int) -> None:
    """Answer after five seconds only."""
    time_limit.TICK_S = TICK_S
    child._Session.answer = _late  # type: ignore[assignment,method-assign]
    child.main(connection_fd)


def _hurry() -> None:
    time_limit.TICK_S, time_limit.CALL_S = TICK_S, 3 * TICK_S


def _late(_session: object, _request: Request) -> None:
    time.sleep(5)
    raise UnexpectedError("at last")
