"""Drives a page through Playwright."""

import asyncio
import contextlib
import re
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from fanreel.browser.driver import Answer, DevTools, PageListener

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Request, Route


class PlaywrightDriver:
    """
    The first page of a browser that Playwright has started; see `Driver`.

    Args:
        context: The browser's one context.
        devtools: A session of its page.
        loop: The loop that Playwright runs on.
    Attributes:
        context: The same.
    """

    def __init__(
        self, context: "BrowserContext", devtools: DevTools, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.context, self.devtools, self._loop = context, devtools, loop
        self._first: contextlib.AbstractAsyncContextManager[Any] | None = None

    @property
    def page(self) -> "Page":
        """The one page of the browser."""
        return self.context.pages[0]

    def evaluate(self, script: str, argument: Any) -> Future[Any]:
        """Call the function *script* with *argument* in the page's own frame."""
        evaluated: Coroutine[Any, Any, Any] = self.page.evaluate(script, argument)
        return asyncio.run_coroutine_threadsafe(evaluated, self._loop)

    def threw(self, exc: BaseException) -> bool:
        """Tell an error of the page's code from one of the way to it."""
        from playwright.async_api import Error  # noqa: PLC0415 (loaded by now)

        # Playwright keeps the class private, and gives any exception for a pipe that broke.
        return isinstance(exc, Error) and type(exc).__name__ != "TargetClosedError"

    async def listen(self, listener: PageListener) -> None:
        """Tell *listener* what the page does."""
        page = self.page
        page.on("crash", lambda _page: listener.note_crash())
        page.on("close", lambda _page: listener.note_crash())
        page.on("console", lambda said: listener.note_console(said.type, said.text))
        page.on(
            "pageerror",
            lambda error: listener.note_error(
                error.name or "", error.message or "", error.stack or ""
            ),
        )
        page.on("request", lambda asked: listener.note_request(asked.url, asked.resource_type))
        page.on("websocket", lambda socket: _note_socket(listener, socket.url))
        page.on("requestfinished", lambda asked: listener.note_answer(asked.url))
        page.on("requestfailed", lambda asked: listener.note_answer(asked.url))

    async def navigate(self, url: str) -> None:
        """Show the page at *url*, to its `load` event."""
        await self.page.goto(url)

    async def run_first(self, source: str) -> None:
        """Run *source* first in every document of the page, in place of an earlier one."""
        if self._first is not None:
            # An init script is taken back by leaving it as a context.
            await self._first.__aexit__(None, None, None)
        self._first = await self.context.add_init_script(source)

    async def intercept(self, urls: re.Pattern[str], answer: Answer) -> None:
        """Have *answer* answer the page's requests for *urls*."""
        await self.context.route(urls, lambda route: answer(_RoutedRequest(route)))

    async def stop_intercepting(self) -> None:
        """Let requests go their way again; one may be under way still."""
        await self.context.unroute_all(behavior="ignoreErrors")


class _RoutedRequest:
    """One request; see `OutsideRequest`."""

    def __init__(self, route: "Route") -> None:
        self._route = route
        self._request: Request = route.request
        self.url: str = self._request.url
        self.method: str = self._request.method
        self.resource_type: str = self._request.resource_type

    async def headers(self) -> dict[str, str]:
        """Return all headers that the request would be sent with."""
        return await self._request.all_headers()

    async def fulfil(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Answer it."""
        with _unless_gone():
            await self._route.fulfill(status=status, headers=dict(headers), body=body)

    async def refuse(self) -> None:
        """Fail it."""
        with _unless_gone():
            await self._route.abort("addressunreachable")


def _note_socket(listener: PageListener, url: str) -> None:
    listener.note_request(url, "websocket")
    listener.note_answer(url)


@contextlib.contextmanager
def _unless_gone() -> Iterator[None]:
    """Let pass that whoever asked is gone meanwhile: a frame removed, a page left."""
    from playwright.async_api import Error  # noqa: PLC0415 (loaded by now)

    with contextlib.suppress(Error):
        yield
