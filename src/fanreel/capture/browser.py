"""One Chromium: how it is started, what it may reach, how it is ended."""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from fanreel.capture.environment import child_environment
from fanreel.capture.locate import find_chromium
from fanreel.capture.loop import AsyncThread
from fanreel.capture.site import HOST
from fanreel.errors import BrowserCrashed, BrowserUnavailable, CaptureTimeout

if TYPE_CHECKING:
    import asyncio

    from playwright.async_api import BrowserContext, Page

Result = TypeVar("Result")

_LAUNCH_TIMEOUT_S = 60.0
_CLOSE_TIMEOUT_S = 10.0
_DEATH_TIMEOUT_S, _DEATH_POLL_S = 5.0, 0.01
_KILLED = "signal=SIGKILL"
"""What Playwright says of a browser that was."""

_FLAGS = (
    "--no-sandbox",  # containers and Lambda allow no user namespaces; the page is walled in below
    "--disable-dev-shm-usage",  # Lambda has no /dev/shm
    # Pictures are composed on the CPU, and WebGL is drawn by SwiftShader: no GPU's own pixels. With
    # the compositor on SwiftShader too a frame costs four times as much.
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-checker-imaging",  # a frame waits for its images instead of showing gaps
    # A tile is drawn again as a whole. Drawing only what changed on top of the last picture depends
    # on whether the compositor still holds that picture, and so on how busy the machine is.
    "--disable-partial-raster",
    # A layer up to this size is one tile instead of many of 256 pixels, so a moving card is drawn
    # once where its every tile was drawn for each frame: a third of the raster time. The edges of
    # turned layers come out smoothed. Larger than 1024 gains nothing, and costs memory.
    "--max-untiled-layer-width=1024",
    "--max-untiled-layer-height=1024",
    "--disable-frame-rate-limit",
    "--disable-gpu-vsync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-quic",
    "--no-pings",
    "--dns-prefetch-disable",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)
# As Playwright has it when headless: a mouse that hovers, so that media queries answer alike.
_BLINK_SETTINGS = (
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,"
    "primaryPointerType=4,availablePointerTypes=4"
)
# The property `image-animation`, by which page/wallclock.js stops animated images. The setting
# imageAnimationPolicy would stop SMIL too, so that no script could move it.
_BLINK_FEATURES = "--enable-blink-features=CSSImageAnimation"
# The last such switch counts, so Playwright's own lists are repeated here; a test compares them.
_DISABLED_FEATURES = (
    # In a process of their own, sandboxed frames would start before the page script is there.
    "IsolateSandboxedIframes",
    "SpareRendererForSitePerProcess",  # 20 MB for a second page, which never comes
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
)
_ENABLED_FEATURES = (
    "NetworkServiceInProcess2",  # 20 MB for a process of its own
    "CDPScreenshotNewSurface",
    "CanvasDrawElement",  # canvases draw the elements inside them (docs, html-in-canvas)
    "SkipListAccountsWithoutGaiaCookies",
)
# Frames with LCD text off depended on the order they were asked for; greyscale comes from
# fontconfig instead. And the infobar that announces automation would shift the page.
_NOT_FROM_PLAYWRIGHT = ("--disable-lcd-text", "--enable-automation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a browser is started for."""

    site_port: int
    """Loopback port of the composition's own origin."""
    width: int
    """CSS pixels of the window."""
    height: int
    temp_dir: Path
    """Where the profile lies."""
    device_scale_factor: float = 1.0
    display: str | None = None
    """X display to show on; None is headless."""
    authority: Path | None = None
    """File with the cookie that the display asks for."""
    runtime_env: Mapping[str, str] = field(default_factory=dict)
    """Snapshot of `FANREEL_RUNTIME_*`; see `capture.environment`."""


def browser_argv(launch: Launch) -> list[str]:
    """Give Chromium's switches, without the program and what Playwright adds."""
    # The one name a page can reach is its own origin. This holds for addresses as for names, so
    # neither loopback (Lambda's Runtime API), link-local nor private ranges are within reach.
    rules = f"MAP {HOST} 127.0.0.1:{launch.site_port}, MAP * ~NOTFOUND"
    argv = [
        *_FLAGS,
        _BLINK_SETTINGS,
        _BLINK_FEATURES,
        f"--disable-features={','.join(_DISABLED_FEATURES)}",
        f"--enable-features={','.join(_ENABLED_FEATURES)}",
        f"--host-resolver-rules={rules}",
    ]
    if launch.device_scale_factor != 1:
        argv.append(f"--force-device-scale-factor={launch.device_scale_factor:.10g}")
    argv.append(f"--window-size={launch.width},{launch.height}")
    if launch.display is not None:
        argv += [
            "--ozone-platform=x11",
            "--window-position=0,0",
            "--kiosk",
            "--app=data:text/html,",
        ]
    return argv


class Browser:
    """
    A running Chromium with one page, driven through Playwright.

    Raises:
        BrowserUnavailable: Chromium is not there or does not start. Terminal.
        CaptureTimeout: It did not start in time, as on a machine with too much to do. Retryable.
    """

    def __init__(self, launch: Launch, *, program: Path | None = None) -> None:
        self.launch = launch
        self._program = program
        self._stack = contextlib.ExitStack()
        self._context: BrowserContext | None = None
        self._profile_dir: Path | None = None
        self._driver: asyncio.subprocess.Process | None = None

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
            stack.callback(self._bury)
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

    @property
    def context(self) -> "BrowserContext":
        """Playwright's context; use it only inside coroutines given to `run()`."""
        if self._context is None:
            raise BrowserUnavailable("the browser is not open")
        return self._context

    @property
    def page(self) -> "Page":
        """The one page of the browser."""
        return self.context.pages[0]

    def run(self, coroutine: Coroutine[Any, Any, Result], timeout_s: float) -> Result:
        """Run a coroutine over Playwright objects. Raises `TimeoutError`."""
        return self._thread.run(coroutine, timeout_s)

    def threw(self, exc: Exception) -> bool:
        """Tell an error that the page threw from one of the way to it: a browser or pipe gone."""
        from playwright.async_api import Error  # noqa: PLC0415 (loaded by now)

        # Playwright keeps the class private, and gives any exception for a pipe that broke.
        return isinstance(exc, Error) and type(exc).__name__ != "TargetClosedError"

    def kill(self) -> None:
        """End every process of this browser, hung or not. Harmless when there is none."""
        pids = [] if self._profile_dir is None else _processes_of(self._profile_dir)
        if self._driver is not None and self._driver.returncode is None:
            pids.append(self._driver.pid)
        _kill(pids)

    def _start(self, work_dir: Path, stack: contextlib.ExitStack) -> None:
        # Playwright costs 200 ms and a Node process: only a browser that starts pays for it.
        from playwright.async_api import Error, async_playwright  # noqa: PLC0415
        from playwright.async_api import TimeoutError as PlaywrightTimeoutError  # noqa: PLC0415

        program = self._program or find_chromium()
        manager = async_playwright()
        try:
            playwright = self.run(manager.start(), _LAUNCH_TIMEOUT_S)
            # Nothing public tells it, and a driver that is stuck must not outlive its browser.
            self._driver = manager._client._transport._proc  # type: ignore[union-attr]  # noqa: SLF001
            stack.callback(self._quietly, playwright.stop)
            self._context = self.run(
                playwright.chromium.launch_persistent_context(
                    self._profile_dir or "",
                    executable_path=program,
                    artifacts_dir=work_dir / "artifacts",
                    headless=self.launch.display is None,
                    no_viewport=True,
                    args=browser_argv(self.launch),
                    ignore_default_args=list(_NOT_FROM_PLAYWRIGHT),
                    env=dict(
                        child_environment(
                            work_dir,
                            display=self.launch.display,
                            authority=self.launch.authority,
                            runtime_env=self.launch.runtime_env,
                        )
                    ),
                    chromium_sandbox=False,
                    service_workers="block",
                    accept_downloads=False,
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                    timeout=_LAUNCH_TIMEOUT_S * 1000,
                ),
                _LAUNCH_TIMEOUT_S + _CLOSE_TIMEOUT_S,
            )
            stack.callback(self._quietly, self._context.close)
        except (TimeoutError, PlaywrightTimeoutError) as exc:
            raise CaptureTimeout(
                f"{program} did not start within {_LAUNCH_TIMEOUT_S:.0f} s", path=str(program)
            ) from exc
        except (Error, OSError) as exc:
            if _KILLED in str(exc):
                raise BrowserCrashed(
                    f"{program} was killed while it started; is the machine out of memory?",
                    path=str(program),
                ) from exc
            raise BrowserUnavailable(
                f"{program} did not start: {_reason(str(exc))}; "
                "`fanreel doctor` says what is missing",
                path=str(program),
            ) from exc

    def _quietly(self, close: Any) -> None:
        """Close something that may be gone already, or hung: then all of it is killed."""
        try:
            self.run(close(), _CLOSE_TIMEOUT_S)
        except TimeoutError:
            self.kill()
        except Exception:  # noqa: BLE001, S110 (whatever it is, it is closed)
            pass

    def _bury(self) -> None:
        """End what is left; the loop has to see the driver's end before it ends itself."""
        self.kill()
        if self._driver is not None:
            with contextlib.suppress(Exception):
                self.run(_reap(self._driver), _CLOSE_TIMEOUT_S)


async def _reap(driver: "asyncio.subprocess.Process") -> None:
    """Wait for a process that was ended; Playwright may be reading from it, so nobody else can."""
    await driver.wait()
    driver._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 (its pipes)


def kill_orphans(temp_dir: Path) -> None:
    """End browsers and screens below *temp_dir* whose owners are no more; harmless without any."""
    _kill(_processes_of(temp_dir))


def _processes_of(directory: Path) -> list[int]:
    """Give the process ids whose command line names a profile or screen in *directory*."""
    marks = os.fsencode(f"--user-data-dir={directory}/"), os.fsencode(f"{directory}/display-")
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if any((word + b"/").startswith(marks) for word in words):
                    found.append(int(entry.name))
    return found


def _kill(pids: Sequence[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    # What dies may still write into the directory that is removed next.
    end = time.monotonic() + _DEATH_TIMEOUT_S
    while any(map(_runs, pids)) and time.monotonic() < end:
        time.sleep(_DEATH_POLL_S)


def _runs(pid: int) -> bool:
    """Tell whether there is a process *pid* that has not ended; one nobody waited for has."""
    try:
        status = Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _reason(text: str) -> str:
    """Give the line of Playwright's report that names the cause."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error while loading" in line]
    return (fatal or lines or ["no answer in time"])[0]
