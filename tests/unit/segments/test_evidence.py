"""A page that fails leaves its picture beside the output, and the error names it."""

from pathlib import Path

import pytest

from fanreel.errors import CaptureTimeout, PlanTooLarge
from fanreel.segments.evidence import keeping_screenshot

PNG = b"\x89PNG\r\n\x1a\n picture"


def _fail(output: Path | None, picture: object) -> None:
    with keeping_screenshot(output):
        raise CaptureTimeout("it hangs", screenshot=picture, frame=3)


@pytest.mark.parametrize(("name", "kept"), [("out.mp4", "out.error.png"), ("dir", "dir.error.png")])
def test_the_picture_is_kept_and_named(tmp_path: Path, name: str, kept: str) -> None:
    """The class and the other facts stay; the picture's path takes the place of its bytes."""
    with pytest.raises(CaptureTimeout, match=f"it hangs; .*{kept} shows the page") as caught:
        _fail(tmp_path / name, PNG)
    assert (tmp_path / kept).read_bytes() == PNG
    assert caught.value.facts == {"screenshot": str(tmp_path / kept), "frame": 3}


@pytest.mark.parametrize("picture", [None, "", "/elsewhere.png"])
def test_without_a_picture_nothing_is_written(tmp_path: Path, picture: object) -> None:
    """The error passes as it is."""
    with pytest.raises(CaptureTimeout, match=r"^it hangs$"):
        _fail(tmp_path / "out.mp4", picture)
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_the_error_passes(tmp_path: Path) -> None:
    """A picture is not worth another error."""
    (tmp_path / "file").write_text("")
    for output in (None, tmp_path / "file" / "out.mp4"):
        with pytest.raises(CaptureTimeout, match=r"^it hangs$"):
            _fail(output, PNG)


def test_other_errors_pass(tmp_path: Path) -> None:
    """An error about sizes has no page to show."""
    with pytest.raises(PlanTooLarge, match=r"^big$"), keeping_screenshot(tmp_path / "out.mp4"):
        raise PlanTooLarge("big", size_bytes=2, limit_bytes=1)
    assert list(tmp_path.iterdir()) == []
