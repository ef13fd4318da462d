"""The mark that tells a plan's own segments from others'."""

import pytest

from fanreel.encode.mark import SegmentMark


def test_a_mark_survives_being_written() -> None:
    """What is read is what was written."""
    mark = SegmentMark(plan_hash="5f" * 32, start_frame=240)
    assert SegmentMark.from_text(mark.to_text()) == mark


@pytest.mark.parametrize("text", ["", "Rendered with love", "fanreel plan=5f start=-1"])
def test_other_comments_are_no_marks(text: str) -> None:
    """A video from elsewhere may have a comment too."""
    assert SegmentMark.from_text(text) is None
