"""Workers of render(): started from whatever process calls it."""

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

from fanreel import RenderConfig, plan, worker
from fanreel.staging import stage_spec
from fanreel.verification import verify_plan
from fanreel.worker import Job, Setting
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


def test_a_worker_changes_its_browser_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The segments are the same bytes as one browser's."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "index.html").write_text(page('<p style="font: 40px serif">Text</p>'))
    plan(project, RenderConfig(quality="draft", segment_frames=4), tmp_path / "plan")
    verified = verify_plan(tmp_path / "plan")
    spec = stage_spec(160, 90, verified.locked)
    films = {}
    for frames_per_browser in (4, 1000):
        monkeypatch.setattr(worker, "_FRAMES_PER_BROWSER", frames_per_browser)
        ours, theirs = multiprocessing.Pipe()
        jobs = [
            Job(start_frame=n, end_frame=n + 4, path=tmp_path / f"{frames_per_browser}-{n}.mp4")
            for n in (0, 4, 8)
        ]
        for message in (verified, *jobs, None):
            ours.send(message)
        with ours, theirs:
            worker._serve(theirs, Setting(spec=spec, temp_dir=tmp_path, cache=None))
        films[frames_per_browser] = [job.path.read_bytes() for job in jobs]
    assert films[4] == films[1000]
