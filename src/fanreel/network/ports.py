"""
The ports of this process's own pages.

A confined child may connect to these and to no others (`engine/confinement.py`), and has to say
which before it opens the first page. So it holds some for as long as it lives.
"""

import socket

_HELD = 8
"""Pages that a process may serve at once: planning's, a renderer's, and its successor's."""

_holding: list[socket.socket] = []
_free: list[int] = []


def hold() -> list[int]:
    """Hold ports of 127.0.0.1 for this process; give them. Raises `OSError`."""
    for _ in range(_HELD):
        # Bound and never listening: nobody else gets it, and a server of this process binds it too.
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        _holding.append(holder)
        _free.append(holder.getsockname()[1])
    return list(_free)


def take() -> int:
    """Return a port to serve pages at; 0, any, in a process that holds none."""
    return _free.pop(0) if _holding else 0


def give_back(port: int) -> None:
    """Let another server have a port that `take()` gave."""
    if port:
        _free.append(port)
