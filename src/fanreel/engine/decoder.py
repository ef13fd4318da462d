"""A child that only decodes, asked from the caller's side."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from fanreel.engine.answers import Done, Replied
from fanreel.engine.process import DECODING, Child, ChildLost, Expected
from fanreel.engine.reach import Reach
from fanreel.engine.requests import Request, ServeMedia
from fanreel.engine.warm import new_child
from fanreel.errors import BrowserCrashed, RenderCancelled
from fanreel.files.work_dir import open_work_dir

_Got = TypeVar("_Got")


class Decoder:
    """
    Decodes in a child, while open; one request after the other, from any thread.

    A child that is lost, as by a file at which a codec crashes, is followed by another with the
    next request.

    Args:
        doing: What it does, for the message of its loss: "the process that *doing* ended".
        reads: The files and folders that it gets.
        media: What each child is told first.
    """

    def __init__(self, doing: str, *reads: Path, media: ServeMedia | None = None) -> None:
        self._doing, self._media = doing, media
        self._reads = tuple(path.absolute() for path in reads)
        self._stack = contextlib.ExitStack()
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        self._temp_dir = self._stack.enter_context(open_work_dir())
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the child now: its imports take a third of a second. Raises as `ask()`."""
        self._asking(lambda _child: None)

    def ask(self, request: Request, expected: type[Expected]) -> Expected:
        """
        Say *request* and wait for the answer.

        Raises:
            RenderError: What the child raised.
            BrowserCrashed: The child was lost. Retryable.
            RenderCancelled: It was closed meanwhile.
        """
        return self._asking(lambda child: child.ask(request, expected))

    def fetch(self, request: Request) -> tuple[Replied, bytes]:
        """Do the same for an answer that bytes follow."""
        return self._asking(lambda child: (child.ask(request, Replied), child.receive_bytes()))

    def close(self) -> None:
        """End the child, whatever it is at."""
        self._closed = True
        if child := self._child:
            child.cancel()
        with self._lock:
            if self._child is not None:
                self._child.kill()
            self._stack.close()

    def _asking(self, ask: Callable[[Child], _Got]) -> _Got:
        with self._lock:
            try:
                return ask(self._started())
            except ChildLost as lost:
                self._child = None
                raise BrowserCrashed(
                    f"the process that {self._doing} ended with {lost}; is the machine out of "
                    "memory, or a file damaged?"
                ) from lost

    def _started(self) -> Child:
        if self._closed:
            raise RenderCancelled
        if self._child is not None and self._child.has_ended:
            self._child.kill()
            self._child = None
        if self._child is None:
            self._child = new_child(DECODING)
            try:
                self._begin(self._child)
            except BaseException:
                self._child.kill()
                self._child = None
                raise
        return self._child

    def _begin(self, child: Child) -> None:
        if self._closed:  # before there was a child that `close()` could end
            raise RenderCancelled
        child.confine(Reach(temp_dir=self._temp_dir, reads=self._reads))
        if self._media is not None:
            child.ask(self._media, Done)
