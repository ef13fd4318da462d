"""Pages of a render and of a comparison appear whole or not at all."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from fanreel.comparison import page as comparison_page
from fanreel.comparison.comparison import Bars, Comparison
from fanreel.reporting import page as render_page
from fanreel.reporting.report import Report


def _write_render(path: Path) -> None:
    report = Report(
        title="film.mp4",
        place="here",
        film=None,
        fps=Fraction(30),
        total_frames=0,
        facts={"frames": "0"},
        lanes=(),
        runs=(),
    )
    render_page.write_page(path, report)


def _write_comparison(path: Path) -> None:
    found = Comparison(
        left=Path("a.mp4"),
        right=Path("b.mp4"),
        left_frames=1,
        right_frames=1,
        fps=Fraction(30),
        psnr_db=(40.0,),
        worst=(),
    )
    comparison_page.write_page(path, found, Bars())


@contextmanager
def _no_room(size_bytes: int) -> Iterator[None]:
    """Let no file grow beyond *size_bytes*."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("write", [_write_render, _write_comparison])
def test_half_a_page_never_takes_the_place_of_a_whole_one(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    """The old page stays, and nothing lies beside it."""
    page = tmp_path / "new" / "report.html"
    write(page)
    whole = page.read_text()
    assert whole.endswith("</html>\n")
    with pytest.raises(OSError, match="File too large"), _no_room(1000):
        write(page)
    assert page.read_text() == whole
    assert list(page.parent.iterdir()) == [page]
