"""Engine `xvfb`: full Chromium on a virtual screen, its pixels read through memory."""

import contextlib
import dataclasses
import math
import time
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from fanreel.browser.launch import Launch
from fanreel.browser.locate import INSTALL_XVFB, find_xvfb
from fanreel.capture.display import Display
from fanreel.capture.png import encode_png
from fanreel.errors import BrowserUnavailable

Pixels = npt.NDArray[np.uint8]

STAMP_HEIGHT = 32  # CSS pixels, as in page/shell.html
_CELL = 8
_BITS = 32
_MARGIN = 8  # window managers and kiosk mode may keep a pixel of the window for themselves
_APPEAR_TIMEOUT_S = 30.0
_POLL_S = 0.001


class XvfbGrabber:
    """
    A virtual screen, and the picture on it.

    Attributes:
        launch: How to start the browser so that it fills this screen.
    """

    def __init__(self, width: int, height: int, launch: Launch) -> None:
        self._scale = launch.device_scale_factor
        self._size = round(width * self._scale), round(height * self._scale)
        window_width = max(width, _CELL * _BITS) + _MARGIN
        window_height = height + STAMP_HEIGHT + _MARGIN
        self.launch = dataclasses.replace(launch, width=window_width, height=window_height)
        # Two rows well inside the stamp: when the lower one has arrived, so has all above it.
        rows = (np.array([3, STAMP_HEIGHT - 3]) + height) * self._scale
        columns = (np.arange(_BITS) + 0.5) * _CELL * self._scale
        self._cells = np.ix_(rows.astype(int), columns.astype(int), np.arange(3))
        self._stack = contextlib.ExitStack()
        self._last_wait_s = 0.0

    def __enter__(self) -> Self:
        program = find_xvfb()
        if program is None:
            raise BrowserUnavailable(
                f"no Xvfb found; install it with `{INSTALL_XVFB}`", install=INSTALL_XVFB
            )
        self._display = self._stack.enter_context(
            Display(
                program,
                math.ceil(self.launch.width * self._scale),
                math.ceil(self.launch.height * self._scale),
                self.launch.temp_dir,
            )
        )
        self.launch = dataclasses.replace(
            self.launch, display=self._display.name, authority=self._display.authority
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def grab(self, serial: int) -> Pixels:
        """
        Wait until picture *serial* is on the screen and give the screen.

        Args:
            serial: What the stamp shows when the picture is complete.
        Returns:
            `height × width × 4`, B,G,R,x, 8 bit, sRGB; read-only, and live: the next picture will
            be in it.
        Raises:
            TimeoutError: It does not appear.
        """
        started = time.monotonic()
        # Pictures take about as long as the last one; asking before costs CPU the page needs.
        time.sleep(self._last_wait_s * 0.6)
        wanted = painted(serial)
        # One comparison of bytes: asked a few times a frame, anything cleverer costs milliseconds.
        while self._display.pixels[self._cells].tobytes() != wanted:
            if time.monotonic() - started > _APPEAR_TIMEOUT_S:
                raise TimeoutError
            time.sleep(_POLL_S)
        self._last_wait_s = min(time.monotonic() - started, 0.1)
        width, height = self._size
        return self._display.pixels[:height, :width]

    def png(self) -> bytes:
        """Return what is on the screen now as a PNG; a page that hangs does not matter."""
        width, height = self._size
        return encode_png(self._display.pixels[:height, :width, 2::-1])


def painted(serial: int) -> bytes:
    """Return B,G,R of the stamp's cells at both rows once they show *serial*; see page/shell.js."""
    bits = (serial >> np.arange(_BITS)) & 1
    return np.repeat((bits * 255).astype(np.uint8), 3).tobytes() * 2
