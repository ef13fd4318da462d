"""The README's Python works as it is printed."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
PAGE = (
    '<!doctype html><div data-composition-id="main" data-width="64" data-height="64" '
    'data-duration="0.2" data-no-timeline>Hi</div>'
)


def test_the_readme_runs(tmp_path: Path) -> None:
    """Its blocks, each as a script of its own, in a folder with tiny projects of those names."""
    for name in ("examples/launch", "project"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "index.html").write_text(PAGE)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        (tmp_path / "script.py").write_text(block)
        subprocess.run([sys.executable, "script.py"], cwd=tmp_path, check=True, timeout=200)
    assert (tmp_path / "launch.mp4").stat().st_size > 0
    assert (tmp_path / "film.mp4").stat().st_size > 0
