"""A composition on session: opened in a browser, made ready, put to any frame and photographed."""

import contextlib
import importlib.resources
import time
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from fanreel.browser.browser import Browser
from fanreel.browser.launch import Launch
from fanreel.browser.sandbox import has_sandbox
from fanreel.capture.backdrop import Backdrop
from fanreel.capture.event_log import EventLog
from fanreel.capture.faces import faces_of
from fanreel.capture.page_calls import PageCalls
from fanreel.capture.screenshot import ScreenshotGrabber
from fanreel.capture.session_specs import Pixels, SessionSpec
from fanreel.capture.shadow_roots import offer_shadow_roots
from fanreel.capture.xvfb import XvfbGrabber
from fanreel.errors import (
    BrowserGpuNotSoftware,
    CaptureTimeout,
    InvalidComposition,
    RenderError,
)
from fanreel.network.answering import Reply
from fanreel.network.outside import Recorder, Replayer
from fanreel.network.site import ORIGIN, OWN_PREFIX, SiteRequest, SiteServer, content_type
from fanreel.page import page_script, parsers_script, shell_script
from fanreel.problems import Problem

# Readiness names what it waits for when its time is up; this long it may take to say so.
_ANSWER_S = 15.0
_SCALE_TOLERANCE = 1e-6
# From a script's arrival to the next that its code asks for.
_SCRIPT_SILENCE_S, _SCRIPT_POLL_S = 0.03, 0.005
_MOST_PASSED = 256
"""Frames asked for at once; the page does as many of them as there is time for."""
_FIRST_PAGE = "first.html"
_OWN_SCRIPTS = {"shell.js": shell_script, "parsers.js": parsers_script}

_ASK_RENDERER = """() => {
  const gl = document.createElement("canvas").getContext("webgl");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl && gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}"""


class Grabber(Protocol):
    """One way of getting the picture that is on the screen."""

    def grab(self, serial: int) -> Pixels:
        """Return picture number *serial*, `height × width × 4`; it may be gone with the next."""

    def png(self) -> bytes:
        """Return the picture there is now, for a person to look at."""


class WebGpuWanted(Exception):
    """The page asks for WebGPU; a session with `webgpu` can give it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a page that is ready lacks nevertheless."""

    warnings: tuple[Problem, ...]
    failed: tuple[str, ...]
    """Fonts and images that did not load, by kind and URL or name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLoad:
    """What a session loads: a site and what surrounds it."""

    root_dir: Path
    """Project or frozen site."""
    entry_file: str
    """Its path in *root_dir*."""
    page_config: dict[str, Any]
    """What the page script is told; see `page_script()`."""
    network: Recorder | Replayer
    """Takes over requests that leave the composition's origin."""
    project_path: str = ""
    """Of the project in *root_dir*, where that also holds files above the project."""
    own: Callable[[str], Reply | None] | None = None
    """Answers the page's requests for source frames."""
    on_request: Callable[[SiteRequest], None] | None = None
    """Told about every project file the page asks for."""
    on_loaded: Callable[[], None] | None = None
    """Called when the document has loaded, before it is waited for to become ready."""


class PageSession:
    """
    An open browser, for one composition after the other's segments.

    Starting a browser costs about a second and needs the frame's size only, so it may be done
    before there is a plan: enter the session, `load()` a page, then `open()` and `capture()`.

    Args:
        spec: What the browser is started for.
        temp_dir: Where its profile and screen lie.
    Attributes:
        events: What the page says and asks for.
        is_unchanged: The last picture is known to be the one before; not every session can tell.
        raster_s: Waited in all for pictures to be on the screen.
    Raises:
        BrowserUnavailable: Chromium or Xvfb does not start. Terminal.
    """

    def __init__(self, spec: SessionSpec, temp_dir: Path) -> None:
        self.spec = spec
        self._temp_dir = temp_dir
        self.pixels = spec.layout
        self.events = EventLog(self._note_page_request)
        self._page_load: PageLoad | None = None
        self._media_info: dict[str, Any] = {}
        self._stack = contextlib.ExitStack()
        self._serial = 0
        self.is_unchanged = False
        self.raster_s = 0.0
        self._backdrop = (
            Backdrop(*spec.pixel_size, spec.device_scale_factor) if self.pixels == "bgra" else None
        )

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._server = stack.enter_context(SiteServer(self._own_reply, self._note_request))
            launch = Launch(
                site_port=self._server.port,
                width=self.spec.width,
                height=self.spec.height,
                temp_dir=self._temp_dir,
                first_url=f"{ORIGIN}{OWN_PREFIX}{_FIRST_PAGE}",
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
            self._page = PageCalls(
                self.browser, self.events, self.screenshot, self.spec.patience.frame_s
            )
            self._page.run(self._watch(), "watching the page", self.spec.patience.open_s)
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
        self._media_info = {}
        if self._backdrop:
            self._backdrop.rebuild()
        self.events.forget()
        self._server.serve(page.root_dir, page.entry_file, page.project_path)
        self._page.run(self._set_up(page), "opening the shell page", self.spec.patience.open_s)

    def verify_software_gl(self) -> None:
        """
        Make sure that WebGL is drawn by the CPU.

        Asked for the first time this takes 50 to 200 ms, so only where a page uses WebGL: by
        workers before they load it, by the planner, who learns from the page that it does, before
        it writes anything.

        Raises:
            BrowserGpuNotSoftware: It is drawn by hardware, or not at all. Terminal.
        """
        renderer = self._page.evaluate(_ASK_RENDERER, None, "asking for the renderer")
        if renderer is None or "swiftshader" not in renderer.lower():
            raise BrowserGpuNotSoftware(
                f"WebGL is drawn by {renderer or 'nothing'}, not by SwiftShader, so its pixels "
                "would differ between machines; use the Chromium that `fanreel doctor` names",
                renderer=renderer,
            )

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
        self._page.evaluate(opening, url, "loading the page", self.spec.patience.open_s)
        self._await_scripts()
        if self._page_load.on_loaded is not None:
            self._page_load.on_loaded()
        opened = self._await_readiness()
        self._check_viewport()
        if self._media_info:
            self._tell_media_info()
        if self._backdrop:
            self._backdrop.forget()
            backing = "style => __fanreelShell.showCells(style)"
            self._page.evaluate(backing, self._backdrop.style(), "preparing what is behind it")
        return opened

    def _await_scripts(self) -> None:
        """
        Wait for the scripts that scripts ask for, and those for others: `import()`.

        The page itself cannot see them. Once the last has come its code runs, so the page's loop
        has to come round before nothing more is asked for.
        """
        end = time.monotonic() + self.spec.patience.ready_s
        while time.monotonic() < end:
            self._page.evaluate("() => __fanreelShell.turn()", None, "loading scripts")
            silent_s = time.monotonic() - self.events.last_script_s
            if not self.events.awaits_scripts and silent_s > _SCRIPT_SILENCE_S:
                return
            time.sleep(_SCRIPT_POLL_S)

    def _await_readiness(self) -> Opened:
        patience_s = self.spec.patience.ready_s
        answer = self._page.evaluate(
            "ms => __fanreelShell.ready(ms)",
            patience_s * 1000,
            "waiting for the page to become ready",
            patience_s + _ANSWER_S,
        )
        if not isinstance(answer, dict) or "ok" not in answer:
            raise self._page.explained(
                InvalidComposition,
                "the page has replaced functions of the language itself, such as "
                "Promise.prototype.then; leave those as they are",
            )
        if answer["lacksGpu"] and not self.spec.webgpu:
            raise WebGpuWanted
        if answer["problem"] is not None:
            raise self._page.explained(InvalidComposition, answer["problem"], rule="webgpu")
        if not answer["ok"]:
            waiting = ", ".join(answer["waitingFor"]) or "nothing it could name"
            raise self._page.explained(
                CaptureTimeout,
                f"the composition did not become ready in {patience_s:.0f} s; it was waiting "
                f"for: {waiting}",
                waiting_for=list(answer["waitingFor"]),
            )
        return Opened(
            warnings=tuple(map(Problem.model_validate, answer["warnings"])),
            failed=tuple(answer["failed"]),
        )

    def _check_viewport(self) -> None:
        width, height, ratio = self._page.evaluate(
            "() => __fanreelShell.viewport()", None, "measuring the viewport"
        )
        expected, scale = (self.spec.width, self.spec.height), self.spec.device_scale_factor
        if (width, height) != expected or abs(ratio - scale) > _SCALE_TOLERANCE:
            raise self._page.explained(
                CaptureTimeout,
                f"Chromium shows {width}x{height} at scale {ratio} where {expected} at {scale} "
                "was asked for",
            )

    def pass_through(self, frames: Sequence[int]) -> None:
        """Put the page to each of *frames*, in order, without taking a picture."""
        done = 0
        while done < len(frames):
            left = list(frames[done : done + _MOST_PASSED])
            done += self._page.evaluate(
                "frames => __fanreelShell.pass(frames)", left, f"frames {left[0]} to {left[-1]}"
            )

    def look(self, frame: int) -> Pixels:
        """
        Put the page to *frame* and give its picture, `height × width × 4` device pixels.

        It is what is on the screen: once the page is put to another frame, it is gone.
        """
        self._serial += 1
        self._page.evaluate(
            "([frame, serial]) => __fanreelShell.seek(frame, serial)",
            [frame, self._serial],
            f"frame {frame}",
        )
        picture = self._grab(self._serial, frame)
        return self._over(self._backdrop, picture, frame) if self._backdrop else picture

    def _over(self, backdrop: Backdrop, shown: Pixels, frame: int) -> Pixels:
        cells = backdrop.look(shown)
        self.is_unchanged = not cells
        if cells:
            self._serial += 1
            turning = "([cells, serial]) => __fanreelShell.turnCells(cells, serial)"
            self._page.evaluate(turning, [cells, self._serial], f"frame {frame}")
            backdrop.finish(self._grab(self._serial, frame), cells)
        return backdrop.picture

    def capture(self, frame: int, into: Pixels) -> None:
        """Put the page to *frame* and copy its picture, `height × width × 4` device pixels."""
        np.copyto(into, self.look(frame))

    def capture_layer(self, layer: str, frame: int, into: Pixels) -> bool:
        """
        Copy the picture once more, with a layer in the place of HDR videos; see page/layers.js.

        Args:
            layer: `white`, `high` or `low`; after `capture()` it is `black`.
            frame: Where the page stands, for messages.
            into: As for `capture()`.
        Returns:
            False, and nothing is copied, if there is no HDR video.
        """
        self._serial += 1
        shown = self._page.evaluate(
            "([layer, serial]) => __fanreelShell.showLayer(layer, serial)",
            [layer, self._serial],
            f"frame {frame}",
        )
        if shown:
            np.copyto(into, self._grab(self._serial, frame))
        return bool(shown)

    def _grab(self, serial: int, frame: int) -> Pixels:
        begun_s = time.perf_counter()
        try:
            return self._grabber.grab(serial)
        except TimeoutError as exc:
            raise self._page.explained(
                CaptureTimeout, f"frame {frame} did not appear on the screen in time", frame=frame
            ) from exc
        except RenderError:
            raise
        except Exception as exc:
            raise self._page.translated(exc, f"capturing frame {frame}") from exc
        finally:
            self.raster_s += time.perf_counter() - begun_s

    def watch_fonts(self, frames: Sequence[int], looks: Sequence[int]) -> None:
        """Have the open page note its texts at *frames*, whatever their style at *looks*."""
        where = {"frames": list(frames), "looks": list(looks)}
        self._page.evaluate("where => __fanreelShell.watchFonts(where)", where, "watching fonts")

    def platform_fonts(self, asked: Sequence[tuple[int, int | None]]) -> list[list[dict[str, Any]]]:
        """
        Return the faces that texts of the composition are drawn with; see page/fonts.js.

        Args:
            asked: Places in `fonts` of `describe()`, and of one of their parts or None for all.
        """
        doing = "asking for fonts"
        probing = "asked => __fanreelShell.probeFonts(asked)"
        self._page.evaluate(probing, [list(question) for question in asked], doing)

        async def ask() -> list[list[dict[str, Any]]]:
            return await faces_of(self.browser.driver.devtools, "__fanreelShell.fontProbes()")

        faces: list[list[dict[str, Any]]] = self._page.run(ask(), doing)
        return faces

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

        self._page.run(press(), "freeing memory")

    def describe(self) -> dict[str, Any]:
        """Return what the page says of itself; see page/describe.js."""
        found: dict[str, Any] = self._page.evaluate(
            "() => __fanreelShell.describe()", None, "describing the composition"
        )
        return found

    def set_media_info(self, info: dict[str, Any]) -> None:
        """Tell the page, and those that `open()` loads later, what was probed of media, by key."""
        self._media_info = info
        self._tell_media_info()

    def check_variables(self) -> list[dict[str, Any]]:
        """Return the values that are undeclared or mistyped."""
        found: list[dict[str, Any]] = self._page.evaluate(
            "() => __fanreelShell.checkVariables()", None, "checking variables"
        )
        return found

    def screenshot(self) -> bytes | None:
        """Return the page as a PNG for a person to look at, or None when it cannot answer."""
        with contextlib.suppress(Exception):
            return self._grabber.png()
        return None

    def _tell_media_info(self) -> None:
        self._page.evaluate(
            "info => __fanreelShell.setMediaInfo(info)", self._media_info, "media durations"
        )

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
        await driver.navigate(f"{ORIGIN}{OWN_PREFIX}shell.html?{query}")

    def _own_reply(self, path: str) -> Reply | None:
        if path == _FIRST_PAGE:
            return 200, content_type(Path(path)), b"<!doctype html>"
        if path == "shell.html":
            file = importlib.resources.files("fanreel.page").joinpath(path)
            return 200, content_type(Path(path)), file.read_bytes()
        if path in _OWN_SCRIPTS:
            return 200, content_type(Path(path)), _OWN_SCRIPTS[path]().encode()
        return self._page_load.own(path) if self._page_load and self._page_load.own else None

    def _note_request(self, request: SiteRequest) -> None:
        if self._page_load and self._page_load.on_request:
            self._page_load.on_request(request)

    def _note_page_request(self, url: str) -> None:
        if self._page_load is not None:
            self._page_load.network.note(url)
