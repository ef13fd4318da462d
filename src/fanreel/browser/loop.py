"""The browser's asyncio, on a thread of its own, behind blocking calls that always end."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


class AsyncThread:
    """
    Runs coroutines on one background event loop.

    Callers may have a loop of their own (a notebook, an async backend), and a page may hang for
    ever; both are met by running the browser's coroutines here, each with a timeout.
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        # What fails reaches whoever waits for it. The rest is a browser that was killed or a page
        # that went away in the middle of something, and would only be printed.
        self.loop.set_exception_handler(lambda _loop, _context: None)
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        # On the loop's own thread: this one may have a running loop, which allows no other.
        asyncio.run_coroutine_threadsafe(self._wind_up(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _wind_up(self) -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)
        await self.loop.shutdown_asyncgens()

    def submit(self, coroutine: Coroutine[Any, Any, Result]) -> concurrent.futures.Future[Result]:
        """Start *coroutine*."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def run(self, coroutine: Coroutine[Any, Any, Result], timeout_s: float) -> Result:
        """
        Run *coroutine* to its end.

        Raises:
            TimeoutError: It took longer than *timeout_s*; it has been cancelled.
        """
        future = self.submit(coroutine)
        try:
            return future.result(timeout_s)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise TimeoutError from None
        except BaseException:
            future.cancel()
            raise
