"""Children of render(): started from whatever process calls it."""

import subprocess
import sys
from pathlib import Path

import pytest

from fanreel import RenderConfig, plan
from fanreel.capture.page_session import PageSession
from fanreel.segments import segment_renderer
from fanreel.segments.chunks import keys_of
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan
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


def test_a_renderer_changes_its_browser_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The segments are the same bytes as one browser's."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "index.html").write_text(page('<p style="font: 40px serif">Text</p>'))
    plan(project, RenderConfig(quality="draft", segment_frames=4), tmp_path / "plan")
    verified = verify_plan(tmp_path / "plan")
    segments: dict[int, list[bytes]] = {}
    browsers: list[PageSession] = []
    enter = PageSession.__enter__

    def note(session: PageSession) -> PageSession:
        browsers.append(session)
        return enter(session)

    monkeypatch.setattr(PageSession, "__enter__", note)
    for frames_per_browser, expected in ((4, 3), (1000, 1)):
        browsers.clear()
        monkeypatch.setattr(segment_renderer, "_FRAMES_PER_BROWSER", frames_per_browser)
        folder = tmp_path / str(frames_per_browser)
        folder.mkdir()
        with SegmentRenderer(verified, folder) as renderer:
            for key in keys_of(verified.manifest, 0, 12):
                path = folder / f"{key.name}.mp4"
                renderer.render(key.start_frame, key.end_frame, path, lambda _frames: None)
        segments[frames_per_browser] = [p.read_bytes() for p in sorted(folder.glob("*.mp4"))]
        assert len(browsers) == expected
    assert len(segments[4]) == 3
    assert segments[4] == segments[1000]
