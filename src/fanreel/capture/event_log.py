"""What a page says, asks for and does meanwhile: what its failures are explained with."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, TypeVar

from fanreel.browser.driver import Driver
from fanreel.browser.launch import FRAME_WORKER

Result = TypeVar("Result")

_CONSOLE_LINES = 50
_MOST_UNCAUGHT = 20
_SCRIPT = "script"


class PageLeft(Exception):
    """The composition's frame sets out for another document, or for the same one again."""


class EventLog:
    """
    Watches the page of one browser.

    Attributes:
        console: The last errors and warnings of the page.
        uncaught: What its scripts threw and nobody caught, each text once, with its stack.
        pending: URLs asked for and not yet answered, with what wants it: `script`, `image`, ....
        last_script_s: When a script was last asked for or answered, by the monotonic clock.
        crashed: The page's process or its browser is gone.
    """

    def __init__(self, on_request: Callable[[str], None]) -> None:
        self._on_request = on_request
        self.console: deque[str] = deque(maxlen=_CONSOLE_LINES)
        self.uncaught: dict[str, str] = {}
        self.pending: dict[str, str] = {}
        self.last_script_s = 0.0
        self.crashed = False
        self._shell: str | None = None
        self._frame: str | None = None
        self._left: Future[str] | None = None

    async def watch(self, driver: Driver) -> None:
        """Begin; on the browser's own thread."""
        await driver.listen(self)
        driver.devtools.on("Page.frameNavigated", self._note_document)
        driver.devtools.on("Page.frameRequestedNavigation", self._note_departure)
        await driver.devtools.send("Page.enable")

    def forget(self) -> None:
        """Forget what an earlier composition said."""
        self._frame = self._left = None
        self.console.clear()
        self.uncaught.clear()
        self.pending.clear()

    @property
    def awaits_scripts(self) -> bool:
        """Whether a script is under way; `import()` asks for some that no element names."""
        return _SCRIPT in self.pending.values()

    def expect_document(self) -> None:
        """Take the next document of the composition's frame as the one it has to keep."""
        self._frame = None
        self._left = Future()

    def unless_left(self, work: Future[Result], timeout_s: float) -> Result:
        """
        Wait for *work*, as long as the composition stays.

        Raises:
            PageLeft: It does not; what it was asked may never be answered.
            TimeoutError: It takes too long.
        """
        awaited: list[Future[Any]] = [work, self._left] if self._left else [work]
        wait(awaited, timeout_s, FIRST_COMPLETED)
        if self._left and self._left.done():
            work.cancel()
            raise PageLeft(self._left.result())
        if not work.done():
            work.cancel()
            raise TimeoutError
        return work.result()

    def note_crash(self) -> None:
        """Note that the page's process, or its browser, is gone."""
        self.crashed = True

    def _note_document(self, event: dict[str, Any]) -> None:
        frame = event["frame"]
        if "parentId" not in frame:
            self._shell = frame["id"]
        elif frame["parentId"] == self._shell and self._frame is None:
            self._frame = frame["id"]

    def _note_departure(self, event: dict[str, Any]) -> None:
        leaves = event["frameId"] == self._frame and event["disposition"] == "currentTab"
        if leaves and self._left and not self._left.done():
            self._left.set_result(event["url"])

    def note_console(self, kind: str, text: str) -> None:
        """Keep errors and warnings."""
        if kind in {"error", "warning"}:
            self.console.append(f"{kind}: {text}")

    def note_error(self, name: str, message: str, stack: str) -> None:
        """Keep what a script threw and nobody caught."""
        text = f"{name}: {message}" if name else message
        self.console.append(f"uncaught: {text}")
        if len(self.uncaught) < _MOST_UNCAUGHT:
            self.uncaught.setdefault(text.partition("\n")[0], stack)

    def note_request(self, url: str, resource_type: str) -> None:
        """Note a request that sets out."""
        if url == FRAME_WORKER:
            return
        self.pending[url] = resource_type
        if resource_type == _SCRIPT:
            self.last_script_s = time.monotonic()
        self._on_request(url)

    def note_answer(self, url: str) -> None:
        """Note that a request has got its answer, or failed."""
        if self.pending.pop(url, None) == _SCRIPT:
            self.last_script_s = time.monotonic()
