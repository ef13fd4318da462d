"""Is a frame a function of its time, or of the frames before it? Asked of the page itself."""

import numpy as np
import numpy.typing as npt

from fanreel.capture.stage import Stage

# Stepping need not touch every frame to differ: a simulation advances at each of these.
_STEPS = 12
# The compositor's memory of raster scales moves a few edge pixels by a few levels; a particle or
# a counter that is elsewhere changes whole blocks.
_BLOCK = 8
_BLOCK_LEVELS = 6.0

Pixels = npt.NDArray[np.uint8]


def find_statefulness(stage: Stage, total_frames: int) -> tuple[bool, str | None]:
    """
    Compare one late frame reached directly with the same frame reached by stepping.

    Args:
        stage: An opened stage; left freshly opened.
        total_frames: Length of the timeline.
    Returns:
        Whether workers have to step the page from the start, and a warning for the user or None.
    """
    frame = total_frames - 1 - total_frames // 10
    if frame < 1:
        stage.open()
        return False, None
    direct = _picture(stage, [frame])
    stepped = _picture(stage, [*range(0, frame, max(1, frame // _STEPS)), frame])
    if not _differ(direct, stepped):
        return False, None
    if _differ(direct, _picture(stage, [frame])):
        return True, (
            f"the composition is not deterministic: frame {frame} differs between two identical "
            f"runs, in {_region(direct, _picture(stage, [frame]))}; look for what reads the real "
            "time or an unseeded source of chance"
        )
    return True, (
        f"frames depend on the frames before them (frame {frame} differs when reached by stepping, "
        f"in {_region(direct, stepped)}), so every segment first steps the page from the start; "
        "make the animation a function of time to render faster"
    )


def _picture(stage: Stage, frames: list[int]) -> Pixels:
    width, height = stage.spec.pixel_size
    picture = np.empty((height, width, 4), np.uint8)
    stage.open()
    for frame in frames[:-1]:
        stage.seek(frame)
    stage.capture(frames[-1], picture)
    return picture


def _differ(one: Pixels, other: Pixels) -> bool:
    return bool(_blocks(one, other).any())


def _blocks(one: Pixels, other: Pixels) -> npt.NDArray[np.bool_]:
    """Give, for each block of the picture, whether its mean moved noticeably."""
    if np.array_equal(one, other):
        return np.zeros((1, 1), np.bool_)
    height, width = (side // _BLOCK * _BLOCK for side in one.shape[:2])
    change = np.abs(one[:height, :width].astype(np.int16) - other[:height, :width]).max(axis=2)
    tiles = change.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    blocks: npt.NDArray[np.bool_] = tiles.mean(axis=(1, 3)) > _BLOCK_LEVELS
    return blocks


def _region(one: Pixels, other: Pixels) -> str:
    rows, columns = np.nonzero(_blocks(one, other))
    if not rows.size:
        return "scattered pixels"
    left, top = columns.min() * _BLOCK, rows.min() * _BLOCK
    right, bottom = (columns.max() + 1) * _BLOCK, (rows.max() + 1) * _BLOCK
    return f"x {left} to {right}, y {top} to {bottom}"
