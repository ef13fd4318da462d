"""
A fork server that is kept from one step to the next, for processes that take many.

A step has a child of its own in any case. Without a kept server that is a new interpreter, whose
imports take half a second of a processor; with one it is a copy, there in a hundredth of that.
"""

import contextlib
import os
import threading
from collections.abc import Iterator

from fanreel.engine.forking import ForkServer
from fanreel.engine.process import CHILD, Child, spawn

_lock = threading.Lock()
_kept: "_Kept | None" = None


class _Kept:
    """The server of this process; one that forks has none of its own then."""

    def __init__(self) -> None:
        self.wanted, self.pid = 0, os.getpid()
        self.server = start_server()

    def replace(self, lost: ForkServer) -> None:
        """Have another server for the next child, if no other thread has seen to that."""
        with _lock, contextlib.suppress(OSError):
            if self.server is lost:
                self.server = start_server()
                lost.close()


@contextlib.contextmanager
def keep_warm() -> Iterator[None]:
    """
    Keep a process ready, for the time of the block, whose copies take the steps of this process.

    For programs that render often: each step then saves the start of an interpreter, about half a
    second of a processor, for some 80 MB that copies share. Blocks may be nested, and in several
    threads at once.

    Raises:
        OSError: No process can be started.
    """
    kept = _keep()
    try:
        yield
    finally:
        _release(kept)


def stay_warm() -> None:
    """Do the same for good. Raises `OSError`."""
    _keep()


def is_warm() -> bool:
    """Tell whether a server is kept."""
    return _current() is not None


def start_server() -> ForkServer:
    """Start a fork server that is the caller's to close. Raises `OSError`."""
    return ForkServer(lambda fd: spawn("fanreel.engine.fork_server", fd))


def new_child(module: str = CHILD) -> Child:
    """
    Return a new child: a copy of the kept server, or an interpreter of its own.

    Args:
        module: What it runs.
    Raises:
        OSError: It cannot be started.
    """
    kept = _current()
    if kept is not None:
        server = kept.server
        try:
            return Child(module, server)
        except OSError:  # somebody ended it, as a system without memory does
            kept.replace(server)
    return Child(module)


def _current() -> _Kept | None:
    kept = _kept
    return kept if kept is not None and kept.pid == os.getpid() else None


def _keep() -> _Kept:
    global _kept  # noqa: PLW0603 (the process has one)
    with _lock:
        kept = _current()
        if kept is None:
            kept = _kept = _Kept()
        kept.wanted += 1
        return kept


def _release(kept: _Kept) -> None:
    global _kept  # noqa: PLW0603
    with _lock:
        kept.wanted -= 1
        if kept.wanted == 0 and kept.pid == os.getpid():
            if _kept is kept:
                _kept = None
            kept.server.close()
