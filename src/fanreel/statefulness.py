"""Is a frame a function of its time, or of the frames before it? Asked of the page itself."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fanreel.capture.stage import Stage

# Of the timeline: a simulation may have come to rest at its end, or not have begun at its start.
_LOOKS = (0.15, 0.4, 0.65, 0.9)
# Stepping need not touch every frame to differ: a simulation advances at each of these.
_STEPS_BETWEEN = 4
# What the compositor remembers of earlier frames, such as the scale it drew a layer at, moves
# edges by less than a pixel and softens them. A particle or a counter that is elsewhere moves a
# pixel beyond all of its neighbours, and changes what its block shows on the whole.
_PIXEL_LEVELS = 24
_BLOCK_LEVELS = 4.0
_BLOCK = 8

Pixels = npt.NDArray[np.uint8]
Blocks = npt.NDArray[np.bool_]


def find_statefulness(stage: Stage, total_frames: int) -> tuple[bool, str | None]:
    """
    Compare frames reached directly, the last first, with the same reached by stepping.

    Args:
        stage: A stage with a show; left freshly opened or stepped through.
        total_frames: Length of the timeline.
    Returns:
        Whether workers have to step the page from the start, and a warning for the user or None.
    """
    looks = sorted({int(total_frames * share) for share in _LOOKS} - {0})
    if not looks:
        stage.open()
        return False, None
    direct = _pictures(stage, looks[::-1], looks)
    path = _steps(looks)
    stepped = _pictures(stage, path, looks)
    different = {look: changed_blocks(direct[look], stepped[look]) for look in looks}
    moved = [look for look in looks if different[look].any()]
    for look in list(moved):
        # Timers that ran at a later frame stay run, but workers never go back: they open the page
        # and go to their first frame at once.
        alone = _pictures(stage, [look], [look])[look]
        different[look] = changed_blocks(alone, stepped[look])
        if not different[look].any():
            moved.remove(look)
    if not moved:
        return False, None
    again = _pictures(stage, path, looks)
    for look in looks:
        if (between := changed_blocks(stepped[look], again[look])).any():
            return True, (
                f"the composition is not deterministic: frame {look} differs between two identical "
                f"runs, in {_region(between)}; look for what reads the real time or an unseeded "
                "source of chance"
            )
    return True, (
        f"frames depend on the frames before them (frame {moved[0]} differs when reached by "
        f"stepping, in {_region(different[moved[0]])}), so every segment first steps the page from "
        "the start; make the animation a function of time to render faster"
    )


def _steps(looks: Sequence[int]) -> list[int]:
    """Give the frames to step through: some before each look, and it."""
    steps = [
        before + (after - before) * number // (_STEPS_BETWEEN + 1)
        for before, after in pairwise([0, *looks])
        for number in range(_STEPS_BETWEEN + 1)
    ]
    return sorted({*steps, *looks})


def _pictures(stage: Stage, path: Sequence[int], looks: Sequence[int]) -> dict[int, Pixels]:
    """Open the page afresh, take it along *path* and give its pictures at *looks*."""
    width, height = stage.spec.pixel_size
    pictures = {look: np.empty((height, width, 4), np.uint8) for look in looks}
    stage.open()
    for frame in path:
        if frame in pictures:
            stage.capture(frame, pictures[frame])
        else:
            stage.seek(frame)
    return pictures


def changed_blocks(one: Pixels, other: Pixels) -> Blocks:
    """
    Tell, for each block of 8 × 8 pixels, whether something else is to be seen there.

    An edge that moves by up to a pixel, or is softer, is no change.
    """
    padding = [(0, -side % _BLOCK) for side in one.shape[:2]]
    first, second = (np.pad(picture, [*padding, (0, 0)], mode="edge") for picture in (one, other))
    shift = np.abs(_means(first) - _means(second)).max(axis=2)
    beyond = _tiles(_beyond(first, second) | _beyond(second, first)).any(axis=(1, 3))
    changed: Blocks = (shift > _BLOCK_LEVELS) & beyond
    return changed


def _tiles(picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    height, width, *channels = picture.shape
    return picture.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK, *channels)


def _means(picture: Pixels) -> npt.NDArray[np.float32]:
    means: npt.NDArray[np.float32] = _tiles(picture).mean(axis=(1, 3), dtype=np.float32)
    return means


def _beyond(one: Pixels, other: Pixels) -> npt.NDArray[np.bool_]:
    """Tell, for each pixel of *one*, whether it is like none at or around its place in *other*."""
    low, high = other.copy(), other.copy()
    for extreme, choose in ((low, np.minimum), (high, np.maximum)):
        for axis in (0, 1):
            line = np.moveaxis(extreme, axis, 0)
            wide = line.copy()
            choose(wide[1:], line[:-1], out=wide[1:])
            choose(wide[:-1], line[1:], out=wide[:-1])
            line[:] = wide
    excess = np.maximum(low.astype(np.int16) - one, one.astype(np.int16) - high)
    beyond: npt.NDArray[np.bool_] = (excess > _PIXEL_LEVELS).any(axis=2)
    return beyond


def _region(blocks: Blocks) -> str:
    rows, columns = np.nonzero(blocks)
    left, top = columns.min() * _BLOCK, rows.min() * _BLOCK
    right, bottom = (columns.max() + 1) * _BLOCK, (rows.max() + 1) * _BLOCK
    return f"x {left} to {right}, y {top} to {bottom}"
