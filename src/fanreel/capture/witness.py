"""What a page says, asks for and does meanwhile: what its failures are explained with."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, ConsoleMessage, Error, Page, Request

Result = TypeVar("Result")

_CONSOLE_LINES = 50
_MOST_UNCAUGHT = 20
_SCRIPT = "script"


class PageLeft(Exception):
    """The composition's frame sets out for another document, or for the same one again."""


class Witness:
    """
    Watches the page of one browser.

    Attributes:
        console: The last errors and warnings of the page.
        uncaught: What its scripts threw and nobody caught, each text once, with its stack.
        pending: URLs asked for and not yet answered, with Playwright's names of resource types.
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
        self._left: asyncio.Future[str] | None = None

    async def watch(self, page: "Page", session: "CDPSession") -> None:
        """Begin; on the browser's own thread, as all that touches Playwright."""
        page.on("crash", self._note_crash)
        page.on("close", self._note_crash)
        page.on("console", self._note_console)
        page.on("pageerror", self._note_error)
        page.on("request", self._note_request)
        page.on("websocket", lambda socket: self._on_request(socket.url))
        page.on("requestfinished", self._note_answer)
        page.on("requestfailed", self._note_answer)
        session.on("Page.frameNavigated", self._note_document)
        session.on("Page.frameRequestedNavigation", self._note_departure)
        await session.send("Page.enable")

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

    async def expect_document(self) -> None:
        """Take the next document of the composition's frame as the one it has to keep."""
        self._frame = None
        self._left = asyncio.get_running_loop().create_future()

    async def unless_left(self, work: Coroutine[Any, Any, Result]) -> Result:
        """
        Await *work*, as long as the composition stays.

        Raises:
            PageLeft: It does not; what it was asked may never be answered.
        """
        working = asyncio.ensure_future(work)
        left = self._left
        awaited: set[asyncio.Future[Any]] = {working, left} if left else {working}
        try:
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if left and left.done():
                raise PageLeft(left.result())
            return working.result()
        finally:
            working.cancel()

    def _note_crash(self, _page: "Page") -> None:
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

    def _note_console(self, message: "ConsoleMessage") -> None:
        if message.type in {"error", "warning"}:
            self.console.append(f"{message.type}: {message.text}")

    def _note_error(self, error: "Error") -> None:
        self.console.append(f"uncaught: {error}")
        if len(self.uncaught) < _MOST_UNCAUGHT:
            text = f"{error.name}: {error.message}".partition("\n")[0]
            self.uncaught.setdefault(text, error.stack or "")

    def _note_request(self, request: "Request") -> None:
        self.pending[request.url] = request.resource_type
        if request.resource_type == _SCRIPT:
            self.last_script_s = time.monotonic()
        self._on_request(request.url)

    def _note_answer(self, request: "Request") -> None:
        if self.pending.pop(request.url, None) == _SCRIPT:
            self.last_script_s = time.monotonic()
