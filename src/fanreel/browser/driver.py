"""What drives a browser's page: the interface of its two drivers, and what they tell."""

import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol


class DevTools(Protocol):
    """A session of the Chrome DevTools Protocol; used on the browser's thread."""

    async def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a command and await its result."""

    def on(self, event: str, handler: Callable[[dict[str, Any]], None]) -> Any:
        """Call *handler* with the parameters of each such event."""


class OutsideRequest(Protocol):
    """A request of the page that waits for an answer."""

    @property
    def url(self) -> str:
        """As asked for."""

    @property
    def method(self) -> str:
        """`GET`, `POST`, ..."""

    @property
    def resource_type(self) -> str:
        """What wants it: `script`, `stylesheet`, `image`, `font`, `fetch`, ..."""

    async def headers(self) -> dict[str, str]:
        """Return all headers that the request would be sent with."""

    async def fulfil(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Answer it. Whoever asked may be gone meanwhile."""

    async def refuse(self) -> None:
        """Fail it as an address that cannot be reached. Whoever asked may be gone meanwhile."""


class PageListener(Protocol):
    """Hears what a page does, on the browser's thread."""

    def note_request(self, url: str, resource_type: str) -> None:
        """Note a request that sets out; a redirect is one more."""

    def note_answer(self, url: str) -> None:
        """Note that a request has got its answer, or failed."""

    def note_console(self, kind: str, text: str) -> None:
        """Note a line of the console: `error`, `warning`, `log`, ..."""

    def note_error(self, name: str, message: str, stack: str) -> None:
        """Note what a script threw and nobody caught."""

    def note_crash(self) -> None:
        """Note that the page's process, or its browser, is gone."""


Answer = Callable[[OutsideRequest], Awaitable[None]]


class Driver(Protocol):
    """A started browser's one page. All but `evaluate()` belong on the browser's thread."""

    @property
    def devtools(self) -> DevTools:
        """A session of the page."""

    def evaluate(self, script: str, argument: Any) -> Future[Any]:
        """
        Call the function that *script* is with *argument*, JSON, in the page's own frame.

        From any thread; the future gives what it returns, or what its promise comes to.
        """

    def threw(self, exc: BaseException) -> bool:
        """Tell an error of the page's code from one of the way to it: a browser or pipe gone."""

    async def listen(self, listener: PageListener) -> None:
        """Tell *listener* what the page does."""

    async def navigate(self, url: str) -> None:
        """Show the page at *url*, to its `load` event."""

    async def run_first(self, source: str) -> None:
        """Run *source* first in every document of the page, in place of an earlier one."""

    async def intercept(self, urls: re.Pattern[str], answer: Answer) -> None:
        """Have *answer* answer the page's requests for *urls*."""

    async def stop_intercepting(self) -> None:
        """Let requests go their way again."""


class DidNotStart(Exception):
    """A browser ended while it started; the text is what it said."""


class KilledAtStart(Exception):
    """A browser was killed while it started."""
