"""What part of its source a clip shows at a time of the timeline."""

from fractions import Fraction
from typing import Any

from fanreel.files.plan_dir import MediaClip
from fanreel.media.serving import source_time


def clip(**changes: Any) -> MediaClip:
    """Return a clip on the timeline from second 2 to 6."""
    given = {
        "key": "m0",
        "kind": "video",
        "path": "a.mp4",
        "src": "a.mp4",
        "start_s": Fraction(2),
        "duration_s": Fraction(4),
    }
    return MediaClip(**(given | changes))


def test_offset_and_rate_are_exact() -> None:
    """(t − start) × rate + offset, in fractions."""
    shown = clip(offset_s=Fraction("0.1"), rate=Fraction("1.1"))
    assert source_time(shown, Fraction(2) + Fraction(1, 30), None) == Fraction("0.1") + Fraction(
        11, 300
    )


def test_before_its_start_a_clip_stands_at_its_first_moment() -> None:
    """A page may ask early, to have the picture ready."""
    assert source_time(clip(offset_s=Fraction(3)), Fraction(0), None) == 3


def test_a_loop_comes_back_to_the_in_point() -> None:
    """A 5 s source from second 3 on repeats its last two seconds."""
    looped = clip(offset_s=Fraction(3), loop=True)
    assert [source_time(looped, Fraction(t), Fraction(5)) for t in (2, 3, 4, 5, 6)] == [
        3,
        4,
        3,
        4,
        3,
    ]


def test_a_loop_whose_in_point_lies_beyond_the_source_wraps_it() -> None:
    """Nothing to come back to: the whole source goes round."""
    assert source_time(clip(offset_s=Fraction(7), loop=True), Fraction(3), Fraction(5)) == 3


def test_without_loop_the_time_runs_on() -> None:
    """Holding the last frame is the reader's job."""
    assert source_time(clip(), Fraction(12), Fraction(5)) == 10


def test_an_animated_image_plays_as_often_as_its_file_says() -> None:
    """A GIF with three plays stops at its end."""
    image = clip(kind="image")
    assert source_time(image, Fraction("3.5"), Fraction(1), plays=3) == Fraction("0.5")
    assert source_time(image, Fraction("5.5"), Fraction(1), plays=3) == 1
    assert source_time(image, Fraction("102.5"), Fraction(1), plays=None) == Fraction("0.5")
