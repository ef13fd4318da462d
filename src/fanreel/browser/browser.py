"""One Chromium: how it is started, driven and ended."""

import contextlib
import tempfile
from collections.abc import Coroutine
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from fanreel.browser.driver import DidNotStart, Driver, KilledAtStart
from fanreel.browser.environment import child_environment
from fanreel.browser.launch import Launch
from fanreel.browser.locate import find_chromium
from fanreel.browser.loop import AsyncThread
from fanreel.browser.orphans import processes_of
from fanreel.browser.piped_browser import PipedBrowser
from fanreel.browser.playwright_browser import PlaywrightBrowser
from fanreel.errors import BrowserCrashed, BrowserUnavailable, CaptureTimeout
from fanreel.processes import kill_all

Result = TypeVar("Result")

_LAUNCH_TIMEOUT_S = 60.0


class _Started(Protocol):
    """A browser that is starting, runs, or has ended."""

    def start(self, timeout_s: float) -> Driver:
        """Start it; give what drives its page."""

    def kill(self) -> None:
        """End what of it is not found by the profile."""

    def end(self) -> None:
        """End it in good order, or what is left of it."""


class Browser:
    """
    A running Chromium with one page.

    Attributes:
        driver: What drives its page, once it is open.

    Raises:
        BrowserUnavailable: Chromium is not there or does not start. Terminal.
        CaptureTimeout: It did not start in time, as on a machine with too much to do. Retryable.
    """

    def __init__(self, launch: Launch, *, program: Path | None = None) -> None:
        self.launch = launch
        self._program = program
        self._stack = contextlib.ExitStack()
        self._profile_dir: Path | None = None
        self._started: _Started | None = None

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            work_dir = Path(
                stack.enter_context(
                    tempfile.TemporaryDirectory(
                        prefix="browser-", dir=self.launch.temp_dir, ignore_cleanup_errors=True
                    )
                )
            )
            self._thread = stack.enter_context(AsyncThread("fanreel-browser"))
            self._profile_dir = work_dir / "profile"
            self._start(work_dir, stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def run(self, coroutine: Coroutine[Any, Any, Result], timeout_s: float) -> Result:
        """Run a coroutine on the thread that the driver belongs to. Raises `TimeoutError`."""
        return self._thread.run(coroutine, timeout_s)

    def submit(self, coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Start a coroutine on that thread."""
        return self._thread.submit(coroutine)

    def kill(self) -> None:
        """End every process of this browser, hung or not. Harmless when there is none."""
        if self._profile_dir is not None:
            kill_all(processes_of(self._profile_dir))
        if self._started is not None:
            self._started.kill()

    def _start(self, work_dir: Path, stack: contextlib.ExitStack) -> None:
        program = self._program or find_chromium()
        environment = child_environment(
            work_dir,
            display=self.launch.display,
            authority=self.launch.authority,
            runtime_env=self.launch.runtime_env,
        )
        piped = self.launch.driver == "pipe"
        kind = PipedBrowser if piped else PlaywrightBrowser
        started = kind(program, self.launch, environment, work_dir, self._thread)
        self._started = started
        # First, so that one that has only half started is ended too.
        stack.callback(self.kill)
        stack.callback(started.end)
        try:
            self.driver: Driver = started.start(_LAUNCH_TIMEOUT_S)
        except TimeoutError as exc:
            raise CaptureTimeout(
                f"{program} did not start within {_LAUNCH_TIMEOUT_S:.0f} s", path=str(program)
            ) from exc
        except KilledAtStart as exc:
            raise BrowserCrashed(
                f"{program} was killed while it started; is the machine out of memory?",
                path=str(program),
            ) from exc
        except (DidNotStart, OSError) as exc:
            raise BrowserUnavailable(
                f"{program} did not start: {_reason(str(exc))}; "
                "`fanreel doctor` says what is missing",
                path=str(program),
            ) from exc


def _reason(text: str) -> str:
    """Return the line that names the cause, of all that Chromium or Playwright say."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error while loading" in line]
    return (fatal or lines or ["no answer in time"])[0]
