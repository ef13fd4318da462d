"""A Chromium behind a debugging pipe: started, driven, ended."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from fanreel.browser.cdp import Connection, ProtocolError, TargetGone
from fanreel.browser.chromium_process import ChromiumProcess, chromium_argv
from fanreel.browser.driver import DidNotStart, KilledAtStart
from fanreel.browser.launch import Launch, browser_argv
from fanreel.browser.locate import note_version
from fanreel.browser.loop import AsyncThread
from fanreel.browser.pipe_driver import PipeDriver

_CLOSE_TIMEOUT_S = 10.0
_EXIT_POLL_S = 0.005


class PipedBrowser:
    """
    A Chromium that this process speaks to itself.

    Args:
        program: Chromium.
        launch: How to start it.
        environment: All of its environment.
        work_dir: Its profile lies there, and what it prints.
        thread: Its answers and events are read there.
    """

    def __init__(
        self,
        program: Path,
        launch: Launch,
        environment: Mapping[str, str],
        work_dir: Path,
        thread: AsyncThread,
    ) -> None:
        headless = launch.display is None
        self._headless, self._environment, self._thread = headless, environment, thread
        switches = browser_argv(launch)
        self._argv = chromium_argv(program, work_dir / "profile", switches, headless=headless)
        self._errors_path = work_dir / "chromium.log"
        self._process: ChromiumProcess | None = None
        self._connection: Connection | None = None

    def start(self, timeout_s: float) -> PipeDriver:
        """
        Start it, and wait for its page.

        Raises:
            TimeoutError: It takes too long.
            KilledAtStart, DidNotStart: It has ended.
            OSError: There is no such program.
        """
        process = ChromiumProcess(self._argv, self._environment, self._errors_path)
        self._process = process
        self._connection = Connection(process.read_fd, process.write_fd, self._thread.loop)
        driver = PipeDriver(self._connection, headless=self._headless)
        try:
            self._thread.run(driver.start(), timeout_s)
        except (TargetGone, ProtocolError) as exc:
            status = self._exit_status()
            if status == -signal.SIGKILL:
                raise KilledAtStart(str(exc)) from exc
            raise DidNotStart(process.said() or f"exit status {status}") from exc
        note_version(Path(self._argv[0]), driver.product)
        return driver

    def kill(self) -> None:
        """End it, and those it has started, which are of its group."""
        if self._process is not None and self._process.status() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """End it, and let go of its pipe."""
        self.kill()
        self._exit_status()
        if self._connection is not None:
            with contextlib.suppress(TimeoutError):
                self._thread.run(_close(self._connection), _CLOSE_TIMEOUT_S)

    def _exit_status(self) -> int | None:
        """Wait for the process, and give its exit status; None if it goes on."""
        end = time.monotonic() + _CLOSE_TIMEOUT_S
        while self._process is not None and time.monotonic() < end:
            if (status := self._process.status()) is not None:
                return status
            time.sleep(_EXIT_POLL_S)
        return None


async def _close(connection: Connection) -> None:
    connection.close()
    await asyncio.sleep(0)  # what that has failed is told
