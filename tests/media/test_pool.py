"""Children of render(): started from whatever process calls it."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fanreel import RenderConfig, plan, render
from fanreel.capture.page_session import PageSession
from fanreel.engine.process import Child
from fanreel.engine.reach import Reach
from fanreel.engine.requests import Mix
from fanreel.engine.sound_mixing import Mixing
from fanreel.errors import NotMedia, RenderCancelled
from fanreel.files.digest import sha256_file
from fanreel.processes import runs
from fanreel.segments import segment_renderer
from fanreel.segments.chunks import keys_of
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan
from fanreel.work.planning import make_plan
from tests.media.hostile import page
from tests.media.sources import tone, write_sound_file

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


def _sounding(project: Path) -> Path:
    """Write a film with an echo, so that its sound goes through effects, and give its source."""
    project.mkdir()
    chain = '{"version": 1, "nodes": [{"type": "delay", "time": 100}]}'
    body = f"<audio id='a' src='a.wav' data-start='0' data-fx-chain='{chain}'></audio>"
    (project / "index.html").write_text(page(body))
    return write_sound_file(project / "a.wav", tone(1))


def test_sound_is_mixed_beside_the_pictures_as_before_them(tmp_path: Path) -> None:
    """A local render keeps the plan that `plan()` makes, hash and mix alike, and whole."""
    _sounding(tmp_path / "project")
    config = RenderConfig(quality="draft", segment_frames=5)
    result = render(
        tmp_path / "project", tmp_path / "out.mp4", config, workers=2, keep_dir=tmp_path / "kept"
    )
    planned = plan(tmp_path / "project", config, tmp_path / "plan")
    assert result.plan_hash == planned.plan_hash
    mixes = [tmp_path / name / "audio.m4a" for name in ("kept", "plan")]
    assert sha256_file(mixes[0]) == sha256_file(mixes[1])
    verified = [verify_plan(tmp_path / name).manifest for name in ("kept", "plan")]
    assert verified[0].artifacts == verified[1].artifacts


def test_the_plan_hash_is_of_what_is_heard(tmp_path: Path) -> None:
    """Another sound, or another effect, is another plan, before anything is mixed."""
    hashes = set()
    for number, (old, new) in enumerate((("", ""), ("100}", "110}"))):
        for hertz in (440, 441):
            project = tmp_path / f"{number}-{hertz}"
            write_sound_file(_sounding(project), tone(1, hertz))
            text = (project / "index.html").read_text()
            (project / "index.html").write_text(text.replace(old, new) if old else text)
            out = tmp_path / f"plan-{number}-{hertz}"
            later = tmp_path / "later.json"
            config = RenderConfig(quality="draft")
            hashes.add(make_plan(project, config, out, sound_later=later).plan_hash)
            assert not (out / "audio.m4a").exists()
    assert len(hashes) == 4


def test_a_mix_that_fails_ends_the_render(tmp_path: Path) -> None:
    """Renderers are stopped, and what is told is why."""
    stopped = threading.Event()
    source = _sounding(tmp_path / "project")
    out, later = tmp_path / "plan", tmp_path / "later.json"
    make_plan(tmp_path / "project", RenderConfig(quality="draft"), out, sound_later=later)
    source.write_bytes(b"no sound any more")
    child = Child()
    child.confine(Reach(temp_dir=tmp_path, reads=(tmp_path,), writes=(tmp_path,)))
    request = Mix(plan_dir=out, sound_path=later)

    def render_until_stopped() -> None:
        with Mixing(child, request, stopped.set):
            assert stopped.wait(60)
            raise RenderCancelled

    with pytest.raises(NotMedia, match=r"a\.wav"):
        render_until_stopped()
    assert not (out / "audio.m4a").exists()


def test_a_mix_that_is_done_leaves_no_process(tmp_path: Path) -> None:
    """While the pictures are still being rendered."""
    _sounding(tmp_path / "project")
    out, later = tmp_path / "plan", tmp_path / "later.json"
    make_plan(tmp_path / "project", RenderConfig(quality="draft"), out, sound_later=later)
    child = Child()
    child.confine(Reach(temp_dir=tmp_path, reads=(tmp_path,), writes=(tmp_path,)))
    with Mixing(child, Mix(plan_dir=out, sound_path=later), pytest.fail) as mixing:
        mixing.finish()
        assert not runs(child.pid)
    assert verify_plan(out).manifest.has_audio


def test_a_render_that_fails_ends_the_mix(tmp_path: Path) -> None:
    """Its child is gone with the block, however far it was."""
    child = Child()
    request = Mix(plan_dir=tmp_path, sound_path=tmp_path / "none")  # waits to be confined
    with pytest.raises(KeyError), Mixing(child, request, pytest.fail):
        raise KeyError
    assert not runs(child.pid)
