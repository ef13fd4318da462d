"""Workers of render(): started from whatever process calls it."""

import subprocess
import sys
from pathlib import Path

from tests.media.hostile import page

# Unguarded, so a worker that imported it would render too; and in a daemonic process, as the
# workers of task queues are.
SCRIPT = """
import multiprocessing
from pathlib import Path
from fanreel import RenderConfig, render

def go():
    config = RenderConfig(quality="draft", segment_frames=5)
    result = render(Path("project"), Path("out.mp4"), config, workers=2)
    print(result.total_frames, len(list(Path().glob("*.mp4"))))

child = multiprocessing.get_context("fork").Process(target=go, daemon=True)
child.start()
child.join()
raise SystemExit(child.exitcode)
"""


def test_any_script_and_any_process_may_render(tmp_path: Path) -> None:
    """No guard around the script's own code, and no right to children of `multiprocessing`."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "index.html").write_text(page())
    (tmp_path / "script.py").write_text(SCRIPT)
    ran = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split() == ["12", "1"]
