"""How every child begins, shows that it lives, and ends with its parent."""

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

from fanreel.engine.answers import Alive, Failed
from fanreel.engine.confinement import confine
from fanreel.engine.isolation import drop_rights
from fanreel.engine.messages import receive_request, send_answer
from fanreel.engine.requests import Confine, Request
from fanreel.media import time_limit

_TICKS_PER_SIGN = 5

_asked = threading.Event()


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
        threading.Thread(target=_show_life, args=[connection], daemon=True).start()
        serve(connection)
    except (EOFError, OSError, SystemExit):
        return
    finally:
        # What is left is the interpreter's own end, which a second SIGTERM need not interrupt.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def requests(connection: Connection) -> Iterator[Request]:
    """Yield what is asked, one after the other. Raises `EOFError` when nobody asks any more."""
    while True:
        request = receive_request(connection)
        _asked.set()
        yield request
        _asked.clear()


def _begin(connection: Connection) -> None:
    """Do nothing before it is said which files may be reached. Raises `EOFError`."""
    first = receive_request(connection)
    if not isinstance(first, Confine):
        raise TypeError(f"{first.kind} comes before what may be reached")
    confine(first.reach)


def _show_life(connection: Connection) -> None:
    """Tell the parent, while it waits, that this process runs; and of libav if that hangs."""
    ticks = 0
    try:
        while True:
            time.sleep(time_limit.TICK_S)
            ticks += 1
            if late := time_limit.tick():
                send_answer(connection, Failed.of(late, is_last=True))
                os._exit(1)  # no other way leads out of a call that does not return
            if _asked.is_set() and ticks % _TICKS_PER_SIGN == 0:
                send_answer(connection, Alive())
    except OSError:
        return  # the parent is gone


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def _leave_with_parent(connection_fd: int) -> None:
    """End as if told to when the parent is gone; its pipe is read only between two requests."""
    poll = select.poll()
    poll.register(connection_fd, select.POLLRDHUP)
    poll.poll()
    os.kill(os.getpid(), signal.SIGTERM)
