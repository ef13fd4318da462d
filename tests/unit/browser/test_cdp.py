"""The DevTools connection, on real pipes with the test in the browser's place."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fanreel.browser.cdp import Connection, ProtocolError, TargetGone
from fanreel.browser.loop import AsyncThread

WAIT_S = 10.0


class FarEnd:
    """The browser's end of the pipe."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd, self._write_fd = read_fd, write_fd

    def receive(self) -> dict[str, Any]:
        """Return the next command."""
        data = b""
        while not data.endswith(b"\0"):
            data += os.read(self._read_fd, 1)
        message: dict[str, Any] = json.loads(data[:-1])
        return message

    def send(self, *messages: dict[str, Any]) -> None:
        """Send messages in one write."""
        self.send_bytes(b"".join(json.dumps(message).encode() + b"\0" for message in messages))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        os.write(self._write_fd, data)

    def close(self) -> None:
        """End, as a browser that crashes."""
        os.close(self._write_fd)
        os.close(self._read_fd)


Pair = tuple[Connection, FarEnd]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Yield a connection and its far end."""
    answers, far_write = os.pipe()
    far_read, commands = os.pipe()
    with AsyncThread("cdp") as thread:
        connection = Connection(answers, commands, thread.loop)
        yield connection, FarEnd(far_read, far_write)
        thread.loop.call_soon_threadsafe(connection.close)


def test_answers_find_their_commands_in_any_order(pair: Pair) -> None:
    """By number; a session's name goes with its commands."""
    connection, far = pair
    first = connection.browser.call("Browser.getVersion")
    second = connection.session("S1", "page").call("Page.enable", {"a": 1})
    one, two = far.receive(), far.receive()
    assert (one["method"], "sessionId" in one) == ("Browser.getVersion", False)
    assert (two["method"], two["sessionId"], two["params"]) == ("Page.enable", "S1", {"a": 1})
    far.send({"id": two["id"], "result": {"n": 2}}, {"id": one["id"], "result": {"n": 1}})
    assert (first.result(WAIT_S), second.result(WAIT_S)) == ({"n": 1}, {"n": 2})


def test_messages_may_come_in_pieces(pair: Pair) -> None:
    """One ends at its zero byte, wherever a read ends."""
    connection, far = pair
    answer = connection.browser.call("A")
    number = far.receive()["id"]
    text = json.dumps({"id": number, "result": {"long": "x" * 400_000}}).encode() + b"\0"
    done = connection.browser.call("B")  # its answer comes with the rest
    for start in range(0, len(text), 60_000):
        far.send_bytes(text[start : start + 60_000])
    far.send({"id": far.receive()["id"], "result": {}})
    assert len(answer.result(WAIT_S)["long"]) == 400_000
    assert done.result(WAIT_S) == {}


def test_events_reach_the_handlers_of_their_session(pair: Pair) -> None:
    """And nobody else; those of unknown sessions reach no one."""
    connection, far = pair
    heard: list[tuple[str, Any]] = []

    def hear(name: str) -> Callable[[dict[str, Any]], None]:
        return lambda params: heard.append((name, params))

    page = connection.session("S1", "page")
    page.on("Page.loaded", hear("page"))
    connection.browser.on("Page.loaded", hear("browser"))
    done = page.call("Page.enable")
    number = far.receive()["id"]
    event = {"method": "Page.loaded", "params": {"n": 1}}
    far.send(event | {"sessionId": "S1"}, event | {"sessionId": "S2"}, event)
    far.send({"id": number, "result": {}, "sessionId": "S1"})
    done.result(WAIT_S)
    assert heard == [("page", {"n": 1}), ("browser", {"n": 1})]


def test_an_error_is_raised_with_what_chromium_says(pair: Pair) -> None:
    """It concerns the one command."""
    connection, far = pair
    answer = connection.browser.call("No.such")
    far.send({"id": far.receive()["id"], "error": {"code": -32601, "message": "no such method"}})
    with pytest.raises(ProtocolError, match="no such method"):
        answer.result(WAIT_S)


def test_a_browser_that_goes_away_answers_everything(pair: Pair) -> None:
    """What it owes fails at once, and so does what it is asked later; its end is told."""
    connection, far = pair
    told: list[str] = []
    connection.on_close(lambda: told.append("closed"))
    owed = connection.browser.call("A")
    far.receive()
    far.close()
    with pytest.raises(TargetGone):
        owed.result(WAIT_S)
    with pytest.raises(TargetGone):
        connection.browser.call("B").result(WAIT_S)
    assert told == ["closed"]


def test_a_dropped_session_fails_alone(pair: Pair) -> None:
    """A page may crash while the browser goes on."""
    connection, far = pair
    page = connection.session("S1", "page")
    owed, other = page.call("A"), connection.browser.call("B")
    numbers = [far.receive()["id"] for _ in range(2)]
    page.drop("the page has crashed")
    with pytest.raises(TargetGone, match="crashed"):
        owed.result(WAIT_S)
    far.send({"id": numbers[1], "result": {"ok": True}})
    assert other.result(WAIT_S) == {"ok": True}
