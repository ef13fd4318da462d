"""A Chromium that Playwright starts and ends."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanreel.browser.driver import DidNotStart, KilledAtStart
from fanreel.browser.launch import NOT_FROM_PLAYWRIGHT, Launch, browser_argv
from fanreel.browser.loop import AsyncThread
from fanreel.browser.playwright_driver import PlaywrightDriver
from fanreel.processes import kill_all

if TYPE_CHECKING:
    import asyncio

    from playwright.async_api import BrowserContext, Playwright

_CLOSE_TIMEOUT_S = 10.0
_KILLED = "signal=SIGKILL"
"""What Playwright says of a browser that was."""


class PlaywrightBrowser:
    """
    A Chromium, and the Node process of Playwright that speaks to it.

    Args:
        program: Chromium.
        launch: How to start it.
        environment: All of its environment.
        work_dir: Its profile lies there.
        thread: Playwright's objects belong there.
    """

    def __init__(
        self,
        program: Path,
        launch: Launch,
        environment: Mapping[str, str],
        work_dir: Path,
        thread: AsyncThread,
    ) -> None:
        self._program, self._launch, self._environment = program, launch, environment
        self._work_dir, self._thread = work_dir, thread
        self._node: asyncio.subprocess.Process | None = None
        self._stack = contextlib.ExitStack()

    def start(self, timeout_s: float) -> PlaywrightDriver:
        """
        Start it, and wait for its page.

        Raises:
            TimeoutError: It takes too long.
            KilledAtStart, DidNotStart: It has ended, or Playwright cannot drive it.
            OSError: There is no such program.
        """
        # Playwright costs 200 ms and a Node process: only a browser that starts pays for it.
        from playwright.async_api import Error, async_playwright  # noqa: PLC0415
        from playwright.async_api import TimeoutError as PlaywrightTimeoutError  # noqa: PLC0415

        manager = async_playwright()
        try:
            playwright = self._thread.run(manager.start(), timeout_s)
            # Nothing public tells it, and a driver that is stuck must not outlive its browser.
            self._node = manager._client._transport._proc  # type: ignore[union-attr]  # noqa: SLF001
            self._stack.callback(self._quietly, playwright.stop)
            context = self._thread.run(
                self._launched(playwright, timeout_s), timeout_s + _CLOSE_TIMEOUT_S
            )
            self._stack.callback(self._quietly, context.close)
            session = self._thread.run(context.new_cdp_session(context.pages[0]), timeout_s)
        except PlaywrightTimeoutError as exc:
            raise TimeoutError from exc
        except Error as exc:
            raise (KilledAtStart if _KILLED in str(exc) else DidNotStart)(str(exc)) from exc
        return PlaywrightDriver(context, session, self._thread.loop)

    def kill(self) -> None:
        """End the Node process; the browser is found by its profile."""
        if self._node is not None and self._node.returncode is None:
            kill_all([self._node.pid])

    def end(self) -> None:
        """End it; the loop has to see the Node process's end before it ends itself."""
        self._stack.close()
        self.kill()
        if self._node is not None:
            with contextlib.suppress(Exception):
                self._thread.run(_reap(self._node), _CLOSE_TIMEOUT_S)

    async def _launched(self, playwright: "Playwright", timeout_s: float) -> "BrowserContext":
        return await playwright.chromium.launch_persistent_context(
            self._work_dir / "profile",
            executable_path=self._program,
            artifacts_dir=self._work_dir / "artifacts",
            headless=self._launch.display is None,
            no_viewport=True,
            args=browser_argv(self._launch),
            ignore_default_args=list(NOT_FROM_PLAYWRIGHT),
            env=dict(self._environment),
            chromium_sandbox=self._launch.sandbox,
            service_workers="block",
            accept_downloads=False,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            timeout=timeout_s * 1000,
        )

    def _quietly(self, close: Any) -> None:
        """Close something that may be gone already, or hung: then all of it is killed."""
        try:
            self._thread.run(close(), _CLOSE_TIMEOUT_S)
        except TimeoutError:
            self.kill()
        except Exception:  # noqa: BLE001, S110 (whatever it is, it is closed)
            pass


async def _reap(node: "asyncio.subprocess.Process") -> None:
    """Wait for a process that was ended; Playwright may be reading from it, so nobody else can."""
    await node.wait()
    node._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 (its pipes)
