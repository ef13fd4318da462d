"""Engine `screenshot`: headless Chromium, one PNG per frame over DevTools; knows alpha."""

import base64
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from fanreel.browser.browser import Browser

Pixels = npt.NDArray[np.uint8]

_TIMEOUT_S = 30.0


class ScreenshotGrabber:
    """Takes pictures of the page through `Page.captureScreenshot`."""

    def __init__(self, browser: Browser, *, alpha: bool) -> None:
        self._browser, self._alpha = browser, alpha
        self._cleared = False

    def grab(self, serial: int) -> Pixels:  # noqa: ARG002 (a screenshot waits by itself)
        """
        Take the page's picture.

        Args:
            serial: Unused: DevTools answers with the picture after the last change.
        Returns:
            `height × width × 4`, R,G,B,A, 8 bit, sRGB, straight alpha.
        Raises:
            TimeoutError: Chromium does not answer.
        """
        decoder = av.CodecContext.create("png", "r")
        [frame] = decoder.decode(av.Packet(self.png()))
        return frame.to_ndarray(format="rgba").astype(np.uint8, copy=False)

    def png(self) -> bytes:
        """Return the page's picture now as a PNG. Raises as `grab()` does."""
        return base64.b64decode(self._browser.run(self._take(), _TIMEOUT_S)["data"])

    async def _take(self) -> Any:
        devtools = self._browser.driver.devtools
        if self._alpha and not self._cleared:
            clear = {"color": {"r": 0, "g": 0, "b": 0, "a": 0}}
            await devtools.send("Emulation.setDefaultBackgroundColorOverride", clear)
            self._cleared = True
        return await devtools.send(
            "Page.captureScreenshot",
            {"format": "png", "optimizeForSpeed": True, "captureBeyondViewport": False},
        )
