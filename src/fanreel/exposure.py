"""How a picture of the stage is taken: one capture of it, or the several that HDR needs."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fanreel.capture.stage import Stage
from fanreel.encode.hdr import develop_graphics, develop_layers

Picture = npt.NDArray[Any]


class Exposure(Protocol):
    """Takes pictures of a stage, one after the other."""

    def take(self, frame: int) -> Picture:
        """Put the page to *frame* and give its picture, which lasts until the next is taken."""


def exposure_for(stage: Stage, *, hdr: bool) -> Exposure:
    """Choose how pictures of *stage* are taken."""
    return _HdrExposure(stage) if hdr else _PlainExposure(stage)


class _PlainExposure:
    """Pictures as captured: height × width × 4, 8 bit, in the stage's layout."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def take(self, frame: int) -> Picture:
        return self._stage.look(frame)


class _HdrExposure:
    """HLG pictures, height × width × 3, 16 bit: of four captures while HDR video is shown."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        width, height = stage.spec.pixel_size
        # 4 × 8.3 MB at 1080p.
        self._black, self._white, self._high, self._low = (
            np.empty((height, width, 4), np.uint8) for _ in range(4)
        )
        self._developed = np.empty((height, width, 3), np.uint16)

    def take(self, frame: int) -> Picture:
        pixels, into = self._stage.pixels, self._developed
        self._stage.capture(frame, self._black)
        if not self._stage.capture_layer("white", frame, self._white):
            develop_graphics(self._black, pixels, into)
            return into
        self._stage.capture_layer("high", frame, self._high)
        self._stage.capture_layer("low", frame, self._low)
        develop_layers(self._black, self._white, self._high, self._low, pixels, into)
        return into
