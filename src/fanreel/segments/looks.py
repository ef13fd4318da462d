"""A small picture of the frame that a worker is at, beside its segment, for whoever watches."""

import contextlib
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever only knows where a look lies needs no NumPy
    import numpy as np
    import numpy.typing as npt

LOOK_SUFFIX = ".look"
_WIDTH, _HEIGHT, _EVERY_S = 192, 108, 1.0


class LookWriter:
    """
    Writes one picture a second at most.

    Args:
        path: Of the segment that is rendered; the picture lies beside it.
        is_blue_first: How its pictures lie in memory.
    """

    def __init__(self, path: Path, *, is_blue_first: bool) -> None:
        self._path = path.with_name(path.name + LOOK_SUFFIX)
        self._order = [2, 1, 0] if is_blue_first else [0, 1, 2]
        self._next_s = 0.0

    def take(self, picture: "npt.NDArray[np.uint8]") -> None:
        """Write *picture* (`height × width × 4`, 8 bit) if it is time."""
        if time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _EVERY_S
        height, width = picture.shape[:2]
        step = max(math.ceil(width / _WIDTH), math.ceil(height / _HEIGHT))
        small = picture[step // 2 :: step, step // 2 :: step, self._order]
        aside = self._path.with_name(f"{self._path.name}.part")
        with contextlib.suppress(OSError):  # nobody needs it
            aside.write_bytes(f"{small.shape[1]} {small.shape[0]}\n".encode() + small.tobytes())
            aside.replace(self._path)

    def close(self) -> None:
        """Leave nothing."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
