"""Calls into the page of a session: waited for, and their failures explained."""

import re
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from fanreel.browser.browser import Browser
from fanreel.capture.event_log import EventLog, PageLeft
from fanreel.errors import BrowserCrashed, CaptureTimeout, InvalidComposition, RenderError
from fanreel.network.site import OWN_PREFIX

_NOT_SETTLED = "FrameNotSettled: "
"""How page/seek.js begins what it throws when a frame waits for something in vain."""
_OWN_ADDRESS = re.compile(rf"{re.escape(OWN_PREFIX)}\S*: (\d+ )?")


class PageCalls:
    """
    What a session asks of its page.

    Args:
        browser: Shows the page.
        events: What the page says and asks for meanwhile.
        screenshot: Gives a PNG of the page for a person to look at, or None.
        frame_s: How long a call may take, in seconds, where none is said.
    """

    def __init__(
        self,
        browser: Browser,
        events: EventLog,
        screenshot: Callable[[], bytes | None],
        frame_s: float,
    ) -> None:
        self._browser = browser
        self._events = events
        self._screenshot = screenshot
        self._frame_s = frame_s

    def evaluate(
        self, script: str, argument: Any, doing: str, timeout_s: float | None = None
    ) -> Any:
        """
        Return what *script*, a function of *argument*, gives in the page.

        Args:
            script: JavaScript.
            argument: JSON.
            doing: What it is for, as messages begin.
            timeout_s: How long that may take.
        Raises:
            CaptureTimeout: It takes longer. Retryable.
            InvalidComposition: The page threw, or leaves for another one. Terminal.
            BrowserCrashed: Chromium went away. Retryable.
        """
        evaluated = self._browser.driver.evaluate(script, argument)
        return self._await(evaluated, timeout_s or self._frame_s, doing)

    def run(
        self, work: Coroutine[Any, Any, Any], doing: str, timeout_s: float | None = None
    ) -> Any:
        """Run *work* on the browser's own thread; for the rest as `evaluate()`."""
        return self._await(self._browser.submit(work), timeout_s or self._frame_s, doing)

    def _await(self, work: Future[Any], timeout_s: float, doing: str) -> Any:
        try:
            return self._events.unless_left(work, timeout_s)
        except PageLeft as exc:
            raise self.explained(
                InvalidComposition,
                f"{doing}: the page leaves for {exc}; a composition stays on its page, so remove "
                "what reloads it, refreshes it or sets location (or take that page as the entry "
                "file)",
            ) from exc
        except TimeoutError as exc:
            raise self.explained(
                CaptureTimeout, f"{doing}: no answer from the page in {timeout_s:.0f} s"
            ) from exc
        except RenderError:
            raise
        except Exception as exc:
            raise self.translated(exc, doing) from exc

    def translated(self, exc: Exception, doing: str) -> RenderError:
        """Make a driver's error ours: either the browser went away, or the page's code threw."""
        text = str(exc)
        if self._events.crashed or not self._browser.driver.threw(exc):
            return self.explained(BrowserCrashed, f"{doing}: Chromium went away ({_line(text)})")
        if _NOT_SETTLED in text:
            return self.explained(CaptureTimeout, f"{doing}: {_line(text)}")
        text = _OWN_ADDRESS.sub("", text)
        return self.explained(InvalidComposition, f"{doing}: the page threw: {_line(text)}")

    def explained(self, kind: type[RenderError], message: str, **facts: Any) -> RenderError:
        """Build an error that carries what a person needs to see the cause."""
        errors = [line for line in self._events.console if not line.startswith("warning")]
        pending = sorted(self._events.pending)
        if errors:
            message += f"; the console says: {' | '.join(errors[-3:])}"
        if pending:
            message += f"; unanswered requests: {', '.join(pending[:5])}"
        facts |= {"console": list(self._events.console), "pending": pending}
        if kind is not BrowserCrashed:
            facts["screenshot"] = self._screenshot()
        return kind(message, **facts)


def _line(text: str) -> str:
    return (
        text.partition("\n")[0].removeprefix("Page.evaluate: ").removeprefix(_NOT_SETTLED).strip()
    )
