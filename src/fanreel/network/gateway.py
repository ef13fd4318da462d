"""
The way out of a process that may connect to its own pages only.

`start()` begins another process before this one gives up its rights. That one draws no page and
decodes no media; it fetches what it is asked for from public addresses, and from the services that
the environment names. So whoever takes this one over, through a renderer or a decoder, reaches no
metadata of a cloud, no runtime of a function, no database of a neighbour.

Where none was started, as where the kernel cannot confine, this process connects by itself.
"""

import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection

from fanreel.network import fetch as fetching
from fanreel.network.fetch import Refused, Response

_FIRST_FD = 3
_MOST_FDS = 4096

_control: socket.socket | None = None
_pid = 0
_named: tuple[str, ...] = ()
_asking = threading.Lock()


def start(named: Sequence[str]) -> None:
    """
    Fetch through another process from now on; before this one has threads.

    Args:
        named: Services that the environment names, by their URLs: whoever set them may mean an
            address of this machine.
    Raises:
        OSError: There can be no other process.
    """
    global _control, _named, _pid  # noqa: PLW0603 (of the process, as what it may reach is)
    _named = tuple(named)
    ours, theirs = socket.socketpair()
    _pid = os.fork()
    if _pid == 0:
        _serve(theirs.fileno())
    theirs.close()
    _control = ours


def stop() -> None:
    """Fetch nothing any more: the other process ends, and gives its 17 MB back."""
    global _pid  # noqa: PLW0603
    if _pid == 0 or _control is None:
        return
    _control.close()  # asked nevertheless, it refuses with an OSError
    with contextlib.suppress(OSError):
        os.kill(_pid, signal.SIGKILL)
        os.waitpid(_pid, 0)
    _pid = 0


def fetch(url: str, headers: Mapping[str, str]) -> Response:
    """Fetch from a public address. Raises as `fanreel.network.fetch.fetch()`."""
    return fetching.fetch(url, headers) if _control is None else _asked(_control, url, headers)


def read(url: str, headers: Mapping[str, str] | None = None) -> bytes:
    """
    Fetch of a service that the environment names, wherever it is.

    Raises:
        OSError: No connection, or no whole answer; `HTTPError` for an error's status.
        Refused: The environment does not name it.
    """
    sent = headers or {}
    response = fetching.read_service(url, sent) if _control is None else _asked(_control, url, sent)
    return fetching.require_success(response).body


def _asked(control: socket.socket, url: str, headers: Mapping[str, str]) -> Response:
    """Have it fetched; each question has a connection of its own, made here and handed over."""
    ours, theirs = socket.socketpair()
    with Connection(ours.detach()) as connection:
        with theirs, _asking:
            socket.send_fds(control, [b"?"], [theirs.fileno()])
        try:
            connection.send_bytes(json.dumps([url, dict(headers)]).encode())
            told = json.loads(connection.recv_bytes())
            body = connection.recv_bytes()
        except EOFError as exc:
            raise OSError("the process that fetches has ended") from exc
    match told:
        case {"refused": reason}:
            raise Refused(reason)
        case {"failed": reason}:
            raise OSError(reason)
        case _:
            return Response(**told, body=body)


def _serve(control_fd: int) -> None:
    """Be the process that fetches, until the other is gone."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.closerange(_FIRST_FD, control_fd)
        os.closerange(control_fd + 1, _MOST_FDS)
        control = socket.socket(fileno=control_fd)
        while True:
            _, fds, _, _ = socket.recv_fds(control, 1, 1)
            if not fds:
                break
            threading.Thread(target=_answer, args=fds, daemon=True).start()
    finally:
        os._exit(0)


def _answer(connection_fd: int) -> None:
    with Connection(connection_fd) as connection:
        url, headers = json.loads(connection.recv_bytes())
        told: dict[str, object]
        body = b""
        try:
            response = _fetched(url, headers)
        except Refused as exc:
            told = {"refused": str(exc)}
        except OSError as exc:
            told = {"failed": str(exc)}
        else:
            body = response.body
            told = {
                "url": response.url,
                "status": response.status,
                "headers": response.headers,
            }
        connection.send_bytes(json.dumps(told).encode())
        connection.send_bytes(body)


def _fetched(url: str, headers: Mapping[str, str]) -> Response:
    is_named = url.startswith(tuple(f"{service}/" for service in _named))
    return (fetching.read_service if is_named else fetching.fetch)(url, headers)
