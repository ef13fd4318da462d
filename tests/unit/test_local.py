"""What `render()` refuses before it starts anything."""

from pathlib import Path

import pytest

from fanreel import InvalidConfig, RenderConfig, render

PAGE = '<div data-composition-id="m" data-width="160" data-height="90" data-duration="1"></div>'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a page."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    return folder


@pytest.mark.parametrize("workers", [0, -1])
def test_a_number_of_workers_is_one_at_least(project: Path, workers: int) -> None:
    """Nobody would render."""
    with pytest.raises(InvalidConfig, match=f"workers = {workers}: allowed"):
        render(project, project.parent / "out.mp4", workers=workers)


def test_a_folder_with_other_files_is_not_an_output(project: Path) -> None:
    """Said before minutes are spent, not after."""
    config = RenderConfig(format="png-sequence")
    with pytest.raises(InvalidConfig, match=r"index\.html"):
        render(project, project, config)
