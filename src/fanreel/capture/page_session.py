"""
A composition in a browser: loaded, opened, put to any frame and photographed.

What a caller gives and gets goes through here to those who know one thing each: the server answers
with `page_load.py`, `readiness.py` waits for the page, `Pictures` takes what is on the screen, and
`PageQuestions` has the page tell of itself.
"""

import contextlib
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from fanreel.browser.browser import Browser
from fanreel.browser.launch import Launch
from fanreel.browser.sandbox import has_sandbox
from fanreel.capture.event_log import EventLog
from fanreel.capture.page_calls import PageCalls
from fanreel.capture.page_load import FIRST_PAGE, SHELL, PageLoad, own_reply
from fanreel.capture.page_questions import PageQuestions
from fanreel.capture.pictures import Grabber, Pictures
from fanreel.capture.readiness import Opened, await_readiness, await_scripts, check_viewport
from fanreel.capture.screenshot import ScreenshotGrabber
from fanreel.capture.session_specs import SessionSpec
from fanreel.capture.shadow_roots import offer_shadow_roots
from fanreel.capture.xvfb import XvfbGrabber
from fanreel.network.answering import Reply
from fanreel.network.site import ORIGIN, OWN_PREFIX, SiteRequest, SiteServer
from fanreel.page import page_script

_MOST_PASSED = 256
"""Frames asked for at once; the page does as many of them as there is time for."""


class PageSession:
    """
    An open browser, for one composition after the other's segments.

    Starting a browser costs about a second and needs the frame's size only, so it may be done
    before there is a plan: enter the session, `load()` a page, `open()` it, and take its pictures.

    Args:
        spec: What the browser is started for.
        temp_dir: Where its profile and screen lie.
    Attributes:
        events: What the page says and asks for.
        pictures: Of the page that is open.
        page: Tells of itself.
    Raises:
        BrowserUnavailable: Chromium or Xvfb does not start. Terminal.
    """

    def __init__(self, spec: SessionSpec, temp_dir: Path) -> None:
        self.spec = spec
        self._temp_dir = temp_dir
        self.pixels = spec.layout
        self.events = EventLog(self._note_page_request)
        self._page_load: PageLoad | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._server = stack.enter_context(SiteServer(self._own_reply, self._note_request))
            launch = Launch(
                site_port=self._server.port,
                width=self.spec.width,
                height=self.spec.height,
                temp_dir=self._temp_dir,
                first_url=f"{ORIGIN}{OWN_PREFIX}{FIRST_PAGE}",
                device_scale_factor=self.spec.device_scale_factor,
                sandbox=has_sandbox(),
                webgpu=self.spec.webgpu,
                driver=self.spec.driver,
                runtime_env=self.spec.runtime_env,
            )
            self._grabber: Grabber
            if self.spec.engine == "xvfb":
                grabber = XvfbGrabber(self.spec.width, self.spec.height, launch)
                stack.enter_context(grabber)
                self._grabber, launch = grabber, grabber.launch
            self.browser = stack.enter_context(Browser(launch))
            if self.spec.engine == "screenshot":
                self._grabber = ScreenshotGrabber(self.browser, alpha=self.spec.alpha)
            self._calls = PageCalls(
                self.browser, self.events, self.screenshot, self.spec.patience.frame_s
            )
            self.pictures = Pictures(self._calls, self._grabber, self.spec)
            self.page = PageQuestions(self._calls, self.browser)
            self._calls.run(self._watch(), "watching the page", self.spec.patience.open_s)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def load(self, page: PageLoad) -> None:
        """Load *page*, in place of an earlier one."""
        self._page_load = page
        self.page.forget()
        self.pictures.rebuild()
        self.events.forget()
        self._server.serve(page.root_dir, page.entry_file, page.project_path)
        self._calls.run(self._set_up(page), "opening the shell page", self.spec.patience.open_s)

    def open(self) -> Opened:
        """
        Load the composition afresh and wait until it is ready.

        Raises:
            CaptureTimeout: It never becomes ready, with the list of what it waits for. Retryable.
            InvalidComposition: It leaves for another page, or draws with WebGPU where Chromium has
                none. Terminal.
            BrowserCrashed: Chromium went away. Retryable.
        """
        if self._page_load is None:
            raise RuntimeError("load() comes before open()")
        url = f"{ORIGIN}/{urllib.parse.quote(self._page_load.entry_file)}"
        opening = "url => __fanreelShell.open(url)"
        self.events.expect_document()
        self._calls.evaluate(opening, url, "loading the page", self.spec.patience.open_s)
        await_scripts(self._calls, self.events, self.spec.patience.ready_s)
        if self._page_load.on_loaded is not None:
            self._page_load.on_loaded()
        opened = await_readiness(self._calls, self.spec)
        check_viewport(self._calls, self.spec)
        self.page.repeat()
        self.pictures.prepare()
        return opened

    def pass_through(self, frames: Sequence[int]) -> None:
        """Put the page to each of *frames*, in order, without taking a picture."""
        done = 0
        while done < len(frames):
            left = list(frames[done : done + _MOST_PASSED])
            done += self._calls.evaluate(
                "frames => __fanreelShell.pass(frames)", left, f"frames {left[0]} to {left[-1]}"
            )

    def relieve_memory(self) -> None:
        """
        Have Chromium drop pictures it keeps for another use that will not come.

        Every source frame drawn on a canvas stays in its image cache, up to 512 MB a browser; this
        halves the peak of a render with video, and moves no pixel.
        """

        async def press() -> None:
            await self.browser.driver.devtools.send(
                "Memory.simulatePressureNotification", {"level": "critical"}
            )

        self._calls.run(press(), "freeing memory")

    def screenshot(self) -> bytes | None:
        """Return the page as a PNG for a person to look at, or None when it cannot answer."""
        with contextlib.suppress(Exception):
            return self._grabber.png()
        return None

    async def _watch(self) -> None:
        driver = self.browser.driver
        await self.events.watch(driver)
        await offer_shadow_roots(driver.devtools)

    async def _set_up(self, page: PageLoad) -> None:
        driver = self.browser.driver
        await driver.stop_intercepting()  # for an earlier page
        await page.network.attach(driver)
        await driver.run_first(page_script(page.page_config))
        if self.spec.engine == "screenshot":
            await driver.devtools.send(
                "Emulation.setDeviceMetricsOverride",
                {
                    "width": self.spec.width,
                    "height": self.spec.height,
                    "deviceScaleFactor": self.spec.device_scale_factor,
                    "mobile": False,
                },
            )
        query = urllib.parse.urlencode(
            {
                "width": self.spec.width,
                "height": self.spec.height,
                "stamp": int(self.spec.engine == "xvfb"),
                "transparent": int(self.pixels == "bgra"),
            }
        )
        await driver.navigate(f"{ORIGIN}{OWN_PREFIX}{SHELL}?{query}")

    def _own_reply(self, path: str) -> Reply | None:
        return own_reply(path, self._page_load)

    def _note_request(self, request: SiteRequest) -> None:
        if self._page_load and self._page_load.on_request:
            self._page_load.on_request(request)

    def _note_page_request(self, url: str) -> None:
        if self._page_load is not None:
            self._page_load.network.note(url)
