"""What counts as another picture, and what the compositor may do to the same one."""

import numpy as np
import numpy.typing as npt
import pytest

from fanreel.config import RenderConfig
from fanreel.inspection.statefulness import SteppingCost, _region, changed_blocks, stepping_cost

Pixels = npt.NDArray[np.uint8]


def canvas(height: int = 36, width: int = 52) -> Pixels:
    """Return a dark picture whose sides are no multiples of a block's."""
    return np.full((height, width, 4), 20, np.uint8)


def with_box(left: int, top: int, side: int, levels: int = 230) -> Pixels:
    """Return a picture of a square."""
    picture = canvas()
    picture[top : top + side, left : left + side] = levels
    return picture


def found(one: Pixels, other: Pixels) -> list[tuple[int, int]]:
    """Return the blocks that changed, by row and column."""
    rows, columns = np.nonzero(changed_blocks(one, other))
    return sorted(zip(rows.tolist(), columns.tolist(), strict=True))


def test_the_same_picture_is_unchanged() -> None:
    """In all of its blocks, the cut ones at the edges too."""
    assert changed_blocks(canvas(), canvas()).shape == (5, 7)
    assert found(with_box(9, 9, 20), with_box(9, 9, 20)) == []


def test_an_edge_may_move_by_a_pixel() -> None:
    """As it does when a layer was first drawn at another scale."""
    assert found(with_box(9, 9, 20), with_box(10, 9, 20)) == []
    assert found(with_box(9, 9, 20), with_box(11, 9, 20)) != []


def test_an_edge_may_be_softer() -> None:
    """Halfway between its sides, where it was sharp."""
    soft = with_box(9, 9, 20)
    soft[8, 9:29] = soft[29, 9:29] = 125
    assert found(with_box(9, 9, 20), soft) == []


@pytest.mark.parametrize(("left", "top"), [(2, 3), (17, 25), (49, 33)])
def test_a_particle_that_is_gone_is_seen(left: int, top: int) -> None:
    """Three pixels wide, in the middle of a block or at the very corner of the picture."""
    assert (top // 8, left // 8) in found(with_box(left, top, 3), canvas())
    assert found(with_box(left, top, 3), canvas()) == found(canvas(), with_box(left, top, 3))


def test_a_faint_change_of_a_whole_area_is_none() -> None:
    """Two levels more or less come with another order of blending."""
    assert found(canvas(), canvas() + np.uint8(2)) == []


def test_a_region_ends_with_the_frame() -> None:
    """The sides of a picture need be no multiples of a block's."""
    gone = changed_blocks(with_box(47, 31, 5), canvas())
    assert _region(gone, canvas()) == "x 40 to 52, y 24 to 36"


@pytest.mark.parametrize(
    ("total_frames", "config", "rendered", "stepped"),
    [
        (600, RenderConfig(), 600, 0 + 120 + 240 + 360 + 480),
        (600, RenderConfig(segment_frames=300), 600, 300),
        (600, RenderConfig(frame_range=(200, 500)), 300, 200 + 275 + 350 + 425),
        (20, RenderConfig(), 20, 0),
        (600, RenderConfig(frame_range=(590, 700)), 10, 590),
        (600, RenderConfig(frame_range=(700, 710)), 0, 0),
    ],
)
def test_stepping_costs_what_all_segments_go_through(
    total_frames: int, config: RenderConfig, rendered: int, stepped: int
) -> None:
    """Each segment shows what is before it, from the start of the composition."""
    assert stepping_cost(total_frames, config) == SteppingCost(
        rendered_frames=rendered, stepped_frames=stepped
    )
