"""The README's Python works as it is printed."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
PAGE = (
    '<!doctype html><div data-composition-id="main" data-width="64" data-height="64" '
    'data-duration="0.2" data-no-timeline>Hi</div>'
)


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its blocks, one after the other, in a folder with tiny projects of the same names."""
    for name in ("examples/launch", "project"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "index.html").write_text(PAGE)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 2
    exec("\n".join(blocks), {})  # noqa: S102 (our own README)
    assert (tmp_path / "launch.mp4").stat().st_size > 0
    assert (tmp_path / "film.mp4").stat().st_size > 0
