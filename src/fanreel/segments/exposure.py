"""How a picture of the session is taken: one capture of it, or the several that HDR needs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fanreel.capture.page_session import PageSession
from fanreel.encode.hdr import develop_graphics, develop_layers

Picture = npt.NDArray[Any]


Exposure = Callable[[int], Picture]
"""Puts the page to a frame and gives its picture, which lasts until the next is taken."""


def exposure_for(session: PageSession, *, hdr: bool) -> Exposure:
    """
    Choose how pictures of *session* are taken.

    As captured: height × width × 4, 8 bit, in the session's layout; for HDR in HLG: height × width
    × 3, 16 bit.
    """
    return _HdrExposure(session).take if hdr else session.pictures.look


class _HdrExposure:
    """Pictures of one capture, or of four while HDR video is shown."""

    def __init__(self, session: PageSession) -> None:
        self._session = session
        width, height = session.spec.pixel_size
        # 4 × 8.3 MB at 1080p.
        self._black, self._white, self._high, self._low = (
            np.empty((height, width, 4), np.uint8) for _ in range(4)
        )
        self._developed = np.empty((height, width, 3), np.uint16)

    def take(self, frame: int) -> Picture:
        pixels, into = self._session.pixels, self._developed
        self._session.pictures.capture(frame, self._black)
        if not self._session.pictures.capture_layer("white", frame, self._white):
            develop_graphics(self._black, pixels, into)
            return into
        self._session.pictures.capture_layer("high", frame, self._high)
        self._session.pictures.capture_layer("low", frame, self._low)
        develop_layers(self._black, self._white, self._high, self._low, pixels, into)
        return into
