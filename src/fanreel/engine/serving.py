"""How every child begins, and ends with its parent."""

import os
import select
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection

from fanreel.engine.confinement import confine
from fanreel.engine.isolation import drop_rights
from fanreel.engine.messages import receive_request
from fanreel.engine.requests import Confine


def serve_parent(connection_fd: int, serve: Callable[[Connection], None]) -> None:
    """
    Be a child whose parent has the other end of *connection_fd*.

    Args:
        connection_fd: Inherited from the parent.
        serve: Answers what comes, once it is said which files may be reached.
    """
    drop_rights()
    # Ctrl-C reaches the whole process group; the parent decides what it means and ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    os.set_inheritable(connection_fd, False)  # noqa: FBT003 (posix); no browser gets to have it
    connection = Connection(connection_fd)
    try:
        _begin(connection)
        # Threads that ran before would not be confined.
        threading.Thread(target=_leave_with_parent, args=[connection_fd], daemon=True).start()
        serve(connection)
    except (EOFError, OSError, SystemExit):
        return
    finally:
        # What is left is the interpreter's own end, which a second SIGTERM need not interrupt.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _begin(connection: Connection) -> None:
    """Do nothing before it is said which files may be reached. Raises `EOFError`."""
    first = receive_request(connection)
    if not isinstance(first, Confine):
        raise TypeError(f"{first.kind} comes before what may be reached")
    confine(first.reach)


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def _leave_with_parent(connection_fd: int) -> None:
    """End as if told to when the parent is gone; its pipe is read only between two requests."""
    poll = select.poll()
    poll.register(connection_fd, select.POLLRDHUP)
    poll.poll()
    os.kill(os.getpid(), signal.SIGTERM)
