"""Is a frame a function of its time, or of the frames before it? Asked of the page itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fanreel.capture.page_session import PageSession
from fanreel.config import RenderConfig
from fanreel.problems import Problem
from fanreel.timing.timeline import resolve_chunk_plan, segments_of

# Of the timeline: a simulation may have come to rest at its end, or not have begun at its start.
_LOOKS = (0.15, 0.4, 0.65, 0.9)
# Stepping need not touch every frame to differ: a simulation advances at each of these.
_STEPS_BETWEEN = 4
_MOST_RESTS = 32
# What the compositor remembers of earlier frames, such as the scale it drew a layer at, moves
# edges by less than a pixel and softens them. A particle or a counter that is elsewhere moves a
# pixel beyond all of its neighbours, and changes what its block shows on the whole.
_PIXEL_LEVELS = 24
_BLOCK_LEVELS = 4.0
_BLOCK = 8
_MOST_BLOCKS = 2000

Pixels = npt.NDArray[np.uint8]
Blocks = npt.NDArray[np.bool_]


def frames_to_look_at(total_frames: int) -> tuple[int, ...]:
    """Return the frames whose pictures decide, in order."""
    return tuple(sorted({int(total_frames * share) for share in _LOOKS} - {0}))


def follow(session: PageSession, path: Sequence[int], looks: Sequence[int]) -> dict[int, Pixels]:
    """
    Take the open page along *path* and give its pictures at *looks*, which are part of it.

    At each frame of a short path, and at some of a long one, the page also finds time to draw:
    observers of what is in view, and what they load, wait for that.
    """
    width, height = session.spec.pixel_size
    pictures = {look: np.empty((height, width, 4), np.uint8) for look in looks}
    at_once = -(-len(path) // _MOST_RESTS)
    passed: list[int] = []
    for frame in path:
        if frame not in pictures:
            passed.append(frame)
        if frame in pictures or len(passed) == at_once:
            session.pass_through(passed)
            passed.clear()
        if frame in pictures:
            session.pictures.capture(frame, pictures[frame])
    session.pass_through(passed)
    return pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppingCost:
    """What a page costs that every segment has to step from the start of the timeline."""

    rendered_frames: int
    stepped_frames: int
    """Shown without being captured, by all segments together."""

    def __str__(self) -> str:
        return (
            f"every segment first steps the page from the start: {self.stepped_frames} frames in "
            f"all, beside the {self.rendered_frames} that are rendered"
        )


def stepping_cost(total_frames: int, config: RenderConfig) -> SteppingCost:
    """
    Count the frames that the segments of a stepped page go through.

    >>> str(stepping_cost(600, RenderConfig())).partition(": ")[2]
    '1200 frames in all, beside the 600 that are rendered'
    """
    start, end = config.frame_range or (0, total_frames)
    end = min(end, total_frames)
    plan = resolve_chunk_plan(
        max(0, end - start), chunk_size=config.chunk_size, segment_frames=config.segment_frames
    )
    segments = segments_of(start, end, plan.segment_frames)
    return SteppingCost(
        rendered_frames=plan.total_frames, stepped_frames=sum(first for first, _ in segments)
    )


def find_statefulness(
    session: PageSession, passed: Mapping[int, Pixels], cost: SteppingCost
) -> tuple[bool, Problem | None]:
    """
    Compare frames reached directly, the last first, with the same reached by stepping.

    Args:
        session: A session with a page loaded; left opened afresh.
        passed: Pictures of `frames_to_look_at()` that `follow()` took while it went through the
            timeline.
        cost: What stepping would cost, for the warning.
    Returns:
        Whether workers have to step the page from the start, and a warning for the user or None.
    """
    looks = sorted(passed)
    if not looks:
        return False, None
    direct = _pictures(session, looks[::-1], looks)
    if not any(changed_blocks(direct[look], passed[look]).any() for look in looks):
        return False, None
    # That page was recorded while it loaded, so what differs may have come late.
    path = _steps(looks)
    stepped = _pictures(session, path, looks)
    different = {look: changed_blocks(direct[look], stepped[look]) for look in looks}
    moved = [look for look in looks if different[look].any()]
    for look in list(moved):
        # Timers that ran at a later frame stay run, but workers never go back: they open the page
        # and go to their first frame at once.
        alone = _pictures(session, [look], [look])[look]
        different[look] = changed_blocks(alone, stepped[look])
        if not different[look].any():
            moved.remove(look)
    if not moved:
        return False, None
    again = _pictures(session, path, looks)
    for look in looks:
        if (between := changed_blocks(stepped[look], again[look])).any():
            return True, Problem(
                rule="not-deterministic",
                message=f"the composition is not deterministic: frame {look} differs between "
                f"two identical runs, in {_region(between, again[look])}, and {cost}; look for "
                "what reads the real time or an unseeded source of chance",
            )
    return True, Problem(
        rule="stateful",
        message=f"frames depend on the frames before them (frame {moved[0]} differs when reached "
        f"by stepping, in {_region(different[moved[0]], stepped[moved[0]])}), so {cost}; make the "
        "animation a function of time to render faster",
    )


def _steps(looks: Sequence[int]) -> list[int]:
    """Return the frames to step through: some before each look, and it."""
    steps = [
        before + (after - before) * number // (_STEPS_BETWEEN + 1)
        for before, after in pairwise([0, *looks])
        for number in range(_STEPS_BETWEEN + 1)
    ]
    return sorted({*steps, *looks})


def _pictures(session: PageSession, path: Sequence[int], looks: Sequence[int]) -> dict[int, Pixels]:
    """Open the page afresh and `follow()` *path*."""
    session.open()
    return follow(session, path, looks)


def changed_blocks(one: Pixels, other: Pixels) -> Blocks:
    """
    Tell, for each block of 8 × 8 pixels, whether something else is to be seen there.

    An edge that moves by up to a pixel, or is softer, is no change.
    """
    rows, columns = (-(-side // _BLOCK) for side in one.shape[:2])
    changed = np.zeros((rows, columns), np.bool_)
    if np.array_equal(one, other):
        return changed
    # Whole blocks, and a pixel around for looking at neighbours.
    padding = [(1, rows * _BLOCK - one.shape[0] + 1), (1, columns * _BLOCK - one.shape[1] + 1)]
    first, second = (np.pad(picture, [*padding, (0, 0)], mode="edge") for picture in (one, other))
    shift = np.abs(_sums(first) - _sums(second)).max(axis=2)
    suspects = np.nonzero(shift > _BLOCK_LEVELS * _BLOCK**2)
    # Of a whole picture that changed a part says as much.
    suspects = tuple(index[:: 1 + index.size // _MOST_BLOCKS] for index in suspects)
    changed[suspects] = _beyond(first, second, suspects) | _beyond(second, first, suspects)
    return changed


def _sums(padded: Pixels) -> npt.NDArray[np.int32]:
    """Add up each block's pixels, by channel."""
    inner = padded[1:-1, 1:-1]
    height, width, channels = inner.shape
    # Rows first: whole lines add up ten times as fast as scattered blocks.
    lines = inner.reshape(height // _BLOCK, _BLOCK, width * channels).sum(axis=1, dtype=np.int32)
    sums: npt.NDArray[np.int32] = lines.reshape(-1, width // _BLOCK, _BLOCK, channels).sum(axis=2)
    return sums


def _beyond(one: Pixels, other: Pixels, blocks: tuple[Any, ...]) -> npt.NDArray[np.bool_]:
    """Tell, for each of *blocks*, if a pixel of *one* is like none around its place in *other*."""
    side = _BLOCK + 2
    windows = np.lib.stride_tricks.sliding_window_view(one, (side, side), axis=(0, 1))
    around = np.lib.stride_tricks.sliding_window_view(other, (side, side), axis=(0, 1))
    corners = tuple(index * _BLOCK for index in blocks)
    pixels = windows[corners][..., 1:-1, 1:-1].astype(np.int16)
    near = np.lib.stride_tricks.sliding_window_view(around[corners], (3, 3), axis=(2, 3))
    low, high = near.min(axis=(4, 5)), near.max(axis=(4, 5))
    excess = np.maximum(low - pixels, pixels - high)
    beyond: npt.NDArray[np.bool_] = (excess > _PIXEL_LEVELS).any(axis=(1, 2, 3))
    return beyond


def _region(blocks: Blocks, picture: Pixels) -> str:
    """Name the box around *blocks*; the last of a row or column may be cut by the frame."""
    height, width = picture.shape[:2]
    rows, columns = np.nonzero(blocks)
    left, top = columns.min() * _BLOCK, rows.min() * _BLOCK
    right, bottom = (columns.max() + 1) * _BLOCK, (rows.max() + 1) * _BLOCK
    right, bottom = min(right, width), min(bottom, height)
    return f"x {left} to {right}, y {top} to {bottom}"
