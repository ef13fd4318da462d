"""A screen that only those may look at who were given its cookie."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanreel.browser.locate import find_xvfb
from fanreel.capture.display import Display

NAME = b"MIT-MAGIC-COOKIE-1"


@pytest.fixture
def display(tmp_path: Path) -> Iterator[Display]:
    """Open a small screen."""
    program = find_xvfb()
    assert program is not None
    with Display(program, 64, 32, tmp_path) as display:
        yield display


def _connect(display: Display, cookie: bytes) -> tuple[int, bytes]:
    """Say hello as an X client does; give the server's status (1: welcome) and what it says."""
    name = NAME if cookie else b""
    pad = [b"\0" * (-len(field) % 4) for field in (name, cookie)]
    hello = struct.pack("<BxHHHHxx", ord("l"), 11, 0, len(name), len(cookie))
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"/tmp/.X11-unix/X{display.name.removeprefix(':')}")  # noqa: S108
        client.sendall(hello + name + pad[0] + cookie + pad[1])
        with client.makefile("rb") as answer:
            # Its head and the rest come apart; the head's last field counts the rest in words.
            status, words = struct.unpack("<B5xH", answer.read(8))
            said = answer.read(4 * words)
    return status, said


def test_nobody_sees_the_screen_without_its_cookie(display: Display) -> None:
    """Neither with none nor with a wrong one; whoever has the file is welcome."""
    assert display.authority.stat().st_mode & 0o077 == 0
    cookie = display.authority.read_bytes()[-16:]
    for wrong in (b"", bytes(16)):
        status, said = _connect(display, wrong)
        assert status == 0
        assert b"uthoriz" in said or b"Invalid MIT-MAGIC" in said
    assert _connect(display, cookie)[0] == 1
