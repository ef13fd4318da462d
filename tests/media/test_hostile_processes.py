"""Signals, crashes, hangs and full disks amid a render: what comes out, and what stays."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import psutil
import pytest

from fanreel.browser import playwright_browser
from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import Patience, SessionSpec
from fanreel.errors import CaptureTimeout, DiskFull
from fanreel.files.work_dir import open_work_dir
from fanreel.inspection import asked_for
from fanreel.network.fetch import Response
from fanreel.network.outside import Recorder
from fanreel.planning import plan
from fanreel.rendering import render_chunk
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan
from fanreel.work.planning import make_plan
from tests.media.hostile import DRAFT, Place, page, script, small_disk

# Two seconds of 24 frames. The planner looks at neither the 13th, the 15th nor the 17th, so what
# happens there happens to whoever films, and the twelve frames filmed are those around them.
ROOT = 'data-duration="2" data-fps="24" data-no-timeline'
FILMED = ("--quality", "draft", "--frame-range", "12:24", "--segment-frames", "12")
DOT = """
<i id="dot" style="position: fixed; width: 20px; height: 20px; background: red"></i>
<script>
  const seek = (t) => {
    const frame = Math.round(t * 24);
    dot.style.left = `${frame * 5}px`;
    if ([13, 15, 17].includes(frame)) { AT_THOSE }
  };
  __timelines = { main: { duration: () => 2, seek } };
</script>
"""
SLOW = page(DOT.replace("AT_THOSE", "for (let i = 0; i < 2.5e8; i += 1);"), root=ROOT)
HUNG = page(DOT.replace("AT_THOSE", "for (;;);"), root=ROOT)
NEVER_READY = page(script("__renderReady = new Promise(() => {})"))
# A GIF of it takes its time to be put together, and no codec makes it small.
NOISE = page(
    '<canvas id="c" width="640" height="360"></canvas>'
    + script(
        """
        const pixels = new ImageData(640, 360);
        const seek = (t) => {
          let seed = Math.round(t * 24) + 1;
          const words = new Uint32Array(pixels.data.buffer);
          for (let i = 0; i < words.length; i += 1) {
            seed = Math.imul(seed, 1664525) + 1013904223;
            words[i] = (seed >>> 8) | 0xff000000;
          }
          c.getContext("2d").putImageData(pixels, 0, 0);
        };
        __timelines = { main: { duration: () => 2, seek } };
        """
    ),
    root=ROOT,
    size=(640, 360),
)
# Of a busy machine: what hangs does so for good.
_END_S = 180.0

BROWSER, WORKER, DRIVER, SCREEN = "--user-data-dir=", "fanreel.engine.child", "run-driver", "Xvfb"
RENDERER = "--type=renderer"


@contextlib.contextmanager
def rendering(place: Place, *more: str, output: str = "out.mp4") -> Iterator[subprocess.Popen[str]]:
    """Render in a process of its own, which is gone at the end whatever became of it."""
    options = ("-o", output, "--json", "--workers", "1", *FILMED, *more)
    process = place.command("render", place.project, *options)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=_END_S)


def until(process: subprocess.Popen[str], stage: str, frames: int = 0) -> None:
    """Wait until *process* says that it is at *stage* and has done *frames* of it."""
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event.get("stage") == stage and event["framesDone"] >= frames:
            return
    process.wait(timeout=_END_S)
    still_runs(process)


def still_runs(process: subprocess.Popen[str]) -> None:
    """Fail with what *process* said, if it ended."""
    if process.poll() is not None:
        pytest.fail(f"it ended before: {process.stderr and process.stderr.read()}")


def wait_for(condition: Callable[[], Any]) -> Any:
    """Return what *condition* is as soon as it is something."""
    end = time.monotonic() + _END_S
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.002)
    return found


def ours(place: Place, word: str) -> list[psutil.Process]:
    """Return the processes of *place* called by *word*; of a browser's many only the main one."""
    found = []
    for process in place.processes():
        # Chromium writes some of its command lines anew, as one word.
        line = " ".join(process.info["cmdline"] or [])
        if word in line and (word == RENDERER or "--type=" not in line):
            found.append(process)
    return found


def kill(place: Place, word: str) -> None:
    """Kill those processes as the kernel does when memory runs out."""
    found = wait_for(lambda: ours(place, word))
    for process in found:
        process.kill()
    psutil.wait_procs(found, timeout=_END_S)


def ending(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end; give the exit status and the last line of standard error."""
    _, err = process.communicate(timeout=_END_S)
    assert "Traceback" not in err, err
    return process.returncode, (err.splitlines() or [""])[-1]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the video that comes out when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    place = Place(folder / "project", folder, folder / "t")
    place.write({"index.html": SLOW})
    with rendering(place) as process:
        assert ending(process)[0] == 0
    return (folder / "out.mp4").read_bytes()


# ---- told to end --------------------------------------------------------------------------------


def at_plan(place: Place, process: subprocess.Popen[str]) -> None:
    """Wait until the page is open, and will never be ready."""
    wait_for(lambda: process.poll() is not None or ours(place, RENDERER))
    time.sleep(0.5)
    still_runs(process)


def at_capture(_place: Place, process: subprocess.Popen[str]) -> None:
    """Wait until frames are there."""
    until(process, "render", 1)


def at_assemble(place: Place, process: subprocess.Popen[str]) -> None:
    """Wait until the video is begun."""
    wait_for(lambda: process.poll() is not None or list(place.out.glob(".out.gif.*.part")))
    still_runs(process)


MOMENTS: dict[str, tuple[str, Callable[[Place, subprocess.Popen[str]], None]]] = {
    "plan": (NEVER_READY, at_plan),
    "capture": (SLOW, at_capture),
    "hung capture": (HUNG, at_capture),
    "assemble": (NOISE, at_assemble),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_render_that_is_told_to_end_ends(place: Place, moment: str, number: int) -> None:
    """Ctrl-C reaches the whole group, SIGTERM the command alone; neither leaves anything."""
    html, wait = MOMENTS[moment]
    place.write({"index.html": html})
    with rendering(place, output="out.gif" if html is NOISE else "out.mp4") as process:
        wait(place, process)
        if number == signal.SIGINT:
            os.killpg(process.pid, signal.SIGINT)
            cancelled = "error[RENDER_CANCELLED]: The render was cancelled."
            assert ending(process) == (130, cancelled)
        else:
            process.terminate()
            assert ending(process)[0] == 128 + signal.SIGTERM
    assert place.outputs() == []


# ---- killed -------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [BROWSER, WORKER, SCREEN])
def test_what_is_killed_once_is_replaced(place: Place, undisturbed: bytes, word: str) -> None:
    """Mid-chunk; the segment is done again, and the video is the same to the byte."""
    place.write({"index.html": SLOW})
    with rendering(place) as process:
        until(process, "render", 1)
        kill(place, word)
        assert ending(process)[0] == 0
    assert (place.out / "out.mp4").read_bytes() == undisturbed
    assert place.outputs() == ["out.mp4"]


@pytest.mark.parametrize("word", [BROWSER, WORKER])
def test_what_is_killed_again_and_again_is_named(place: Place, word: str) -> None:
    """Every one that is started, at whatever it is: worth trying again elsewhere."""
    place.write({"index.html": SLOW})
    with rendering(place) as process:
        until(process, "render", 1)
        while process.poll() is None:
            for found in ours(place, word):
                with contextlib.suppress(psutil.NoSuchProcess):
                    found.kill()
        status, said = ending(process)
    assert (status, said.split(": ")[0]) == (4, "error[BROWSER_CRASHED]")
    assert place.outputs() == []


@pytest.mark.parametrize("word", [BROWSER, WORKER])
def test_what_is_killed_while_planning_is_named(place: Place, word: str) -> None:
    """There is nothing yet that could go on."""
    place.write({"index.html": NEVER_READY})
    with rendering(place) as process:
        at_plan(place, process)
        kill(place, word)
        status, said = ending(process)
    assert (status, said.split(": ")[0]) == (4, "error[BROWSER_CRASHED]")
    assert place.outputs() == []


@pytest.mark.parametrize("whom", ["command", "group"])
def test_a_command_that_is_killed_leaves_no_process(place: Place, whom: str) -> None:
    """It has no chance to clean up: its children end by themselves, the next run takes the rest."""
    place.write({"index.html": HUNG})
    with rendering(place) as process:
        until(process, "render", 1)
        if whom == "command":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=_END_S)
        wait_for(lambda: not place.processes())
    [left] = place.temp.iterdir()
    then = time.time() - 120
    os.utime(left, (then, then))
    with open_work_dir() as work_dir:
        assert list(place.temp.iterdir()) == [work_dir]


# ---- hung ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def impatient_session(
    place: Place, driver: Literal["pipe", "playwright"] = "pipe"
) -> Iterator[PageSession]:
    """Yield a session that waits for seconds only; its browser is gone at the end."""
    patience = Patience(open_s=4, ready_s=3, frame_s=3)
    spec = SessionSpec(width=160, height=90, engine="xvfb", driver=driver, patience=patience)
    with PageSession(spec, place.temp) as session:
        try:
            yield session
        finally:
            session.browser.kill()


@pytest.mark.timeout(120)
def test_a_frame_that_never_ends_is_named(place: Place) -> None:
    """A loop without an end; a fresh browser is tried once, and both are gone."""
    place.write({"index.html": HUNG})
    config = DRAFT.replace(segment_frames=12, frame_range=(12, 24))
    with impatient_session(place) as session:
        make_plan(place.project, config, place.out / "plan", session)
        with (
            SegmentRenderer(verify_plan(place.out / "plan", 0), place.temp, session) as renderer,
            pytest.raises(CaptureTimeout, match="frame 13: no answer from the page in 3 s"),
        ):
            renderer.render(0, 12, place.out / "segment.mp4", lambda _frames: None)
    assert not (place.out / "segment.mp4").exists()


@pytest.mark.timeout(120)
def test_a_page_that_loops_while_it_loads_is_named(place: Place) -> None:
    """No answer comes from it, not even that it is not ready."""
    place.write({"index.html": page(script("for (;;);"))})
    with (
        impatient_session(place) as session,
        pytest.raises(CaptureTimeout, match="loading the page: no answer from the page in 4 s"),
    ):
        make_plan(place.project, DRAFT, place.out / "plan", session)
    assert place.outputs() == []


@pytest.mark.timeout(120)
def test_a_page_that_never_loads_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for a script from a server that does not answer; the error says which."""
    over = threading.Event()

    def silent(_url: str, _headers: Mapping[str, str]) -> Response:
        over.wait(_END_S)
        raise TimeoutError

    monkeypatch.setattr(asked_for, "Recorder", lambda folder: Recorder(folder, fetcher=silent))
    place.write({"index.html": page('<script src="https://cdn.example/slow.js"></script>')})
    try:
        with (
            impatient_session(place) as session,
            pytest.raises(CaptureTimeout, match=r"unanswered requests: .*cdn\.example/slow\.js"),
        ):
            make_plan(place.project, DRAFT, place.out / "plan", session)
    finally:
        over.set()
    assert place.outputs() == []


@pytest.mark.timeout(120)
def test_a_driver_that_is_stuck_does_not_hold_up_the_end(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of Playwright is killed with its browser."""
    monkeypatch.setattr(playwright_browser, "_CLOSE_TIMEOUT_S", 1.0)
    with impatient_session(place, "playwright"):
        [driver] = ours(place, DRIVER)
        driver.suspend()
    assert not driver.is_running()


# ---- no room, no place --------------------------------------------------------------------------


def read_only(disk: Path) -> None:
    """Let nothing be written to *disk* any more."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


@dataclasses.dataclass(frozen=True, slots=True)
class Noise:
    """A plan that no small disk holds the frames of, and its one chunk."""

    plan_dir: Path
    chunk: Path


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Noise:
    """Plan and render it once."""
    folder = tmp_path_factory.mktemp("noise")
    (folder / "project").mkdir()
    (folder / "project" / "index.html").write_text(NOISE)
    config = DRAFT.replace(segment_frames=4, frame_range=(0, 4))
    plan(folder / "project", config, folder / "plan")
    render_chunk(folder / "plan", 0, folder / "chunk.mp4")
    return Noise(folder / "plan", folder / "chunk.mp4")


def refused(place: Place, *argv: str | Path) -> tuple[int, str, str]:
    """Run a command that fails; give its status, the error's code and what it says."""
    with place.command(*argv) as process:
        status, said = ending(process)
    head, _, message = said.partition(": ")
    return status, head.removeprefix("error[").removesuffix("]"), message


def test_a_disk_that_fills_up_is_named(place: Place, noise: Noise) -> None:
    """While a chunk is written, and while the video is; nothing of it stays."""
    with small_disk(place.out / "disk", 64) as disk:
        for argv in (
            ("chunk", noise.plan_dir, "0", "-o", disk / "chunk.mp4"),
            ("assemble", noise.plan_dir, noise.chunk, "-o", disk / "video.mp4"),
        ):
            status, code, message = refused(place, *argv)
            assert (status, code) == (5, "DISK_FULL")
            assert str(argv[-1]) in message
            assert list(disk.iterdir()) == []
    (place.out / "disk").rmdir()


def test_a_disk_that_fills_up_amid_a_segment_is_named(place: Place, noise: Noise) -> None:
    """By the encoder's thread or when its file is closed; the film is not begun again."""
    with (
        small_disk(place.out / "disk", 64) as disk,
        SegmentRenderer(verify_plan(noise.plan_dir, 0), place.temp) as renderer,
    ):
        with pytest.raises(DiskFull, match=r"segment\.mp4"):
            renderer.render(0, 4, disk / "segment.mp4", lambda _frames: None)
        assert list(disk.iterdir()) == []


def test_a_plan_that_does_not_fit_its_disk_is_named(place: Place) -> None:
    """Before it is written: the disk of the plan is looked at, not only that of the work."""
    picture = '<svg xmlns="http://www.w3.org/2000/svg"/>' + " " * 300_000
    place.write({"index.html": page('<img src="a.svg">'), "a.svg": picture})
    with small_disk(place.out / "disk", 256) as disk:
        status, code, message = refused(place, "plan", place.project, disk / "plan")
        assert (status, code) == (5, "DISK_FULL")
        assert str(disk) in message
        assert list(disk.iterdir()) == []


def test_a_temporary_directory_without_room_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser would start, and fail in ways of its own."""
    place.write({"index.html": page()})
    with small_disk(place.temp / "disk", 1024) as disk:
        monkeypatch.setenv("TMPDIR", str(disk))
        status, code, message = refused(place, "render", place.project, "-o", "out.mp4")
        assert (status, code) == (5, "DISK_FULL")
        assert str(disk) in message
        assert list(disk.iterdir()) == []
    (place.temp / "disk").rmdir()
    assert place.outputs() == []


@pytest.mark.parametrize("kind", ["missing", "file", "read-only"])
def test_a_temporary_directory_that_is_none_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Python would quietly take another one."""
    place.write({"index.html": page()})
    (place.out / "file").touch()
    with small_disk(place.out / "read-only", 64) as disk:
        read_only(disk)
        monkeypatch.setenv("TMPDIR", str(place.out / kind))
        status, code, message = refused(place, "render", place.project, "-o", "out.mp4")
    assert (status, code) == (2, "INVALID_CONFIG")
    assert message.startswith(f"TMPDIR={place.out / kind}")
    assert place.outputs() == ["file", "read-only"]


def test_an_output_that_cannot_be_written_is_named_at_once(place: Place) -> None:
    """Before the project is looked at by any browser."""
    place.write({"index.html": NEVER_READY})
    with small_disk(place.out / "disk", 64) as disk:
        read_only(disk)
        status, code, message = refused(place, "render", place.project, "-o", disk / "out.mp4")
    assert (status, code) == (2, "INVALID_CONFIG")
    assert "Read-only file system" in message


def test_an_output_directory_that_vanishes_is_made_again(place: Place, undisturbed: bytes) -> None:
    """As it was made in the first place."""
    place.write({"index.html": SLOW})
    with rendering(place, output="new/out.mp4") as process:
        until(process, "render", 1)
        (place.out / "new").rmdir()
        assert ending(process)[0] == 0
    assert (place.out / "new" / "out.mp4").read_bytes() == undisturbed


def test_two_renders_of_one_output_do_not_mix(place: Place, undisturbed: bytes) -> None:
    """The last one wins, whole."""
    place.write({"index.html": SLOW})
    with rendering(place) as one, rendering(place) as other:
        assert [ending(process)[0] for process in (one, other)] == [0, 0]
    assert (place.out / "out.mp4").read_bytes() == undisturbed
    assert place.outputs() == ["out.mp4"]
