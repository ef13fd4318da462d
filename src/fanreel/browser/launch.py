"""What a Chromium is started with: which switches, and what it may reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

HOST = "fanreel.localhost"
"""The one name that a page can look up: its own origin's (`network/site.py`)."""
FRAME_WORKER = f"http://{HOST}/__fanreel__/frames.js"
"""A worker of ours that fetches pictures of media from our own server (page/frame_worker.js). It is
not watched, so nothing tells that its script has come either."""

_FLAGS = (
    "--disable-dev-shm-usage",  # Lambda has no /dev/shm
    "--enable-unsafe-swiftshader",  # WebGL is drawn by SwiftShader: no GPU's own pixels
    "--disable-checker-imaging",  # a frame waits for its images instead of showing gaps
    # A tile is drawn again as a whole. Drawing only what changed on top of the last picture depends
    # on whether the compositor still holds that picture, and so on how busy the machine is.
    "--disable-partial-raster",
    # The whole window is drawn anew for each frame. Drawing only what changed clips the edge of a
    # turned layer at a rectangle that depends on how many frames the compositor has left out: on a
    # busy machine a pixel whose centre lies on the edge came out either way. It costs nothing.
    "--ui-disable-partial-swap",
    # A layer up to this size is one tile instead of many of 256 pixels, so a moving card is drawn
    # once where its every tile was drawn for each frame: a third of the raster time. The edges of
    # turned layers come out smoothed. Where a scene is zoomed, Skia draws single white pixels along
    # the seams of its tiles; one tile has no seams. 8192 would double the time of a fourfold zoom.
    "--max-untiled-layer-width=4096",
    "--max-untiled-layer-height=4096",
    "--disable-frame-rate-limit",
    "--disable-gpu-vsync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-quic",
    "--no-pings",
    # Nobody reads its dumps: two processes less a browser, 2 MB. How a browser ended, its status
    # tells. `--disable-breakpad` leaves them running.
    "--disable-crashpad-for-testing",
    "--dns-prefetch-disable",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)
# Pictures are composed on the CPU: with the compositor on SwiftShader too a frame costs four times
# as much.
_COMPOSED_ON_CPU = ("--disable-gpu",)
# Without a sandbox a process for the compositor keeps nothing apart, and the zygote it is forked
# from has no other use: 20 MB a browser for both. WebGPU's driver stays outside: it may fail alone.
_COMPOSED_IN_BROWSER = ("--in-process-gpu", "--no-unsandboxed-zygote")
# Except for WebGPU: where the compositor is not on SwiftShader by Vulkan too, Chromium 156 offers
# Dawn's SwiftShader, but the device is lost at the first submission.
_WITH_WEBGPU = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--use-vulkan=swiftshader",
    "--use-angle=swiftshader",  # the screen has no GLX
    "--disable-vulkan-surface",
    "--disable-gpu-rasterization",
    "--ignore-gpu-blocklist",
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
NOT_FROM_PLAYWRIGHT = ("--disable-lcd-text", "--enable-automation")


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
    first_url: str = "data:text/html,"
    """What its window shows at first; of the composition's origin, it is drawn by the same process,
    and no other has to be started."""
    device_scale_factor: float = 1.0
    display: str | None = None
    """X display to show on; None is headless."""
    authority: Path | None = None
    """File with the cookie that the display asks for."""
    driver: Literal["pipe", "playwright"] = "pipe"
    """What speaks to it: see `capture.driver`."""
    sandbox: bool = False
    """Keep its renderers in Chromium's own sandbox; see `browser.sandbox`."""
    webgpu: bool = False
    """Offer pages an adapter for WebGPU: SwiftShader's."""
    runtime_env: Mapping[str, str] = field(default_factory=dict)
    """Snapshot of `FANREEL_RUNTIME_*`; see `capture.environment`."""


def browser_argv(launch: Launch) -> list[str]:
    """Return Chromium's switches, without the program and what every driver adds."""
    # The one name a page can reach is its own origin. This holds for addresses as for names, so
    # neither loopback (Lambda's Runtime API), link-local nor private ranges are within reach.
    rules = f"MAP {HOST} 127.0.0.1:{launch.site_port}, MAP * ~NOTFOUND"
    features = (*_ENABLED_FEATURES, "Vulkan") if launch.webgpu else _ENABLED_FEATURES
    argv = [
        *_FLAGS,
        *([] if launch.sandbox else ["--no-sandbox"]),
        *(_WITH_WEBGPU if launch.webgpu else _COMPOSED_ON_CPU),
        *([] if launch.webgpu or launch.sandbox else _COMPOSED_IN_BROWSER),
        _BLINK_SETTINGS,
        _BLINK_FEATURES,
        f"--disable-features={','.join(_DISABLED_FEATURES)}",
        f"--enable-features={','.join(features)}",
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
            f"--app={launch.first_url}",
        ]
    return argv
