"""The mix of a local render, made by a child of its own while others render the pictures."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from fanreel.engine.answers import Done
from fanreel.engine.process import Child, ChildLost
from fanreel.engine.requests import Mix
from fanreel.errors import BrowserCrashed, RenderCancelled, RenderError


class Mixing:
    """
    Mixes while it is entered.

    Args:
        child: Has no other work, and ends with it.
        request: What it is asked.
        stop_renderers: Called when the mix fails: pictures alone are of no use. What they raise
            then gives way to why.
    """

    def __init__(self, child: Child, request: Mix, stop_renderers: Callable[[], None]) -> None:
        self._child, self._request, self._stop_renderers = child, request, stop_renderers
        self._failure: RenderError | None = None
        self._thread = threading.Thread(target=self._mix, name="fanreel-mix")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread.is_alive():
            self._child.cancel()
            self._thread.join()
        if self._failure is not None and isinstance(error, RenderCancelled):
            raise self._failure

    def finish(self) -> None:
        """Wait for the end. Raises what `add_sound()` raises, and `BrowserCrashed`."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _mix(self) -> None:
        try:
            self._child.ask(self._request, Done)
        except RenderCancelled:
            return  # something else has failed
        except RenderError as error:
            self._failure = error
        except ChildLost as lost:
            self._failure = BrowserCrashed(
                f"the process that mixed the sound ended with {lost}; is the machine out of memory?"
            )
        finally:
            self._child.kill()  # the pictures may take long, and need its memory
        if self._failure is not None:
            self._stop_renderers()
