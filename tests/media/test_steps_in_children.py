"""The steps as a program calls them: pages and media are in a child, the rest is in the program."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fanreel import assemble, plan, render_chunk, still
from fanreel.comparison.comparing import compare
from fanreel.config import RenderConfig
from fanreel.engine.answers import Described
from fanreel.engine.decoder import Decoder
from fanreel.engine.engine import Engine
from fanreel.engine.requests import Describe, FilmPictures
from fanreel.errors import UnexpectedError
from fanreel.files.plan_dir import MANIFEST, STARTING
from fanreel.lint.linting import lint
from fanreel.preview.preview_media import PreviewMedia
from tests.media.hostile import Place, page, script
from tests.media.sources import numbered, write_video
from tests.media.taken_over import take_over
from tests.media.test_hostile_processes import BROWSER, kill, ours, wait_for

HERE = Path("here")
DECODERS = {"av", "numpy", "playwright"}
_NICER = 7
STEPS: dict[str, Callable[[], object]] = {
    "plan": lambda: plan(HERE, RenderConfig(), "plan"),
    "open": lambda: render_chunk(HERE, 0, "chunk.mp4"),
    "assemble": lambda: assemble(HERE, ["chunk.mp4"], None, "video.mp4"),
    "still": lambda: still(HERE, "still.png", 0),
    "lint": lambda: lint(HERE),
    "compare": lambda: compare(HERE, HERE),
    "describe": lambda: _decoder_asked(Describe(path=HERE)),
    "film pictures": lambda: _decoder_asked(FilmPictures(film=HERE, fps=Fraction(30), wanted=())),
    "serve media": lambda: _preview_asked("info/clip.mp4"),
}
"""By what is asked of the child first."""
STARTS = ("cold", "warm")
"""A child is an interpreter of its own, or a copy of the process that is kept."""
ENDLESS = {
    "plan": "fanreel.plan('project', fanreel.RenderConfig(), 'out/plan')",
    "still": "fanreel.still('project', 'out/still.png', 0)",
    "lint": "from fanreel.lint.linting import lint; lint('project')",
}
COMMANDS = """
import json, os, signal, sys, threading, time, urllib.request
from pathlib import Path
from fanreel.cli.app import app
from fanreel.cli.failures import run
from fanreel.config import RenderConfig
from fanreel.preview import session

def fanreel(command, status=0):
    assert run(app, command.split()) == status, command

def end(film):
    while not film.exists():
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)

fanreel("lint project")
fanreel("compositions project")
fanreel("render project -o out/film.mp4 --report out/report.html -q")
fanreel("plan project out/plan")
fanreel("chunk out/plan 0 -o out/chunk.mp4")
fanreel("assemble out/plan out/chunk.mp4 -o out/video.mp4")
fanreel("still project --at 0.1 -o out/still.png")
fanreel("info project/clip.mp4")
fanreel("diff out/film.mp4 out/video.mp4 --bar 100 --report out/diff.html")
with session.preview(Path("project"), RenderConfig(), output_dir=Path("out")) as server:
    ask = lambda url: urllib.request.urlopen(url, timeout=60).read()
    while (state := json.loads(ask(server.url + "state")))["isPlanning"]:
        time.sleep(0.1)
    [clip] = state["plan"]["media"]
    reply = server.project.own_reply(f"frame/{clip['key']}/3")
    assert reply[0] == 200 and len(reply[2]) > 128 * 64, reply[:2]
    assert ask(f"{server.url}thumbnail/{clip['key']}?at=0.1")[:2] == bytes([255, 216])
    assert max(json.loads(ask(f"{server.url}peaks/{clip['key']}"))) > 0.9
threading.Thread(target=end, args=[Path("out/watched.mp4")], daemon=True).start()
fanreel("watch project -o out/watched.mp4", 130)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
ALL = """
import json, sys, threading
from pathlib import Path
import fanreel
from fanreel.lint.linting import lint

assert [finding.rule for finding in lint("project") if finding.severity == "error"] == []
planned = fanreel.plan("project", fanreel.RenderConfig(quality="draft"), "out/plan")
told = []
chunk = fanreel.render_chunk("out/plan", 0, "out/chunk.mp4", heartbeat=told.append)
sound = planned.plan_dir / "audio.m4a"
video = fanreel.assemble("out/plan", [chunk.path], sound, "out/video.mp4")
picture = fanreel.still("project", "out/still.png", 1 / 3)
paths = [planned.plan_dir, chunk.path, video.output_path, picture]
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"paths": list(map(str, paths)), "told": told, "loaded": loaded}))
"""


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("step", STEPS)
def test_who_takes_over_a_step_gets_nothing_of_its_caller(
    step: str,
    start: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Not its environment, memory or descriptors, whatever holds the page or the decoder."""
    if start == "cold":
        request.getfixturevalue(start)
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "secret")
    take_over(monkeypatch)
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)  # noqa: FBT003 (posix)
        with pytest.raises(UnexpectedError) as caught:
            STEPS[step]()
    facts: dict[str, Any] = caught.value.facts
    assert caught.value.message == step
    assert facts["got"] == {}
    assert "secret" not in facts["environ"].values()
    assert not [line for line in facts["descriptors"] if "secret" in line]


def _decoder_asked(request: Describe | FilmPictures) -> object:
    with Decoder("decoded", HERE) as decoder:
        return decoder.ask(request, Described)


def _preview_asked(path: str) -> object:
    with PreviewMedia(HERE, RenderConfig(), None) as media:
        return media.reply(path)


@pytest.fixture(name="filmed")
def _filmed(place: Place) -> Place:
    """Return a project that shows and plays a video."""
    tone = np.sin(np.arange(24000, dtype=np.float32) / 20)
    sound = np.stack([tone, tone], axis=1)
    write_video(place.project / "clip.mp4", map(numbered, range(15)), sound=sound)
    video = '<video id="v" src="clip.mp4" data-start="0" data-has-audio="true"></video>'
    place.write({"index.html": page(video)})
    return place


def test_a_program_that_takes_every_step_holds_no_decoder(filmed: Place) -> None:
    """It is told of progress, and of the paths as it wrote them; codecs are never loaded."""
    ran = _ran(filmed, ALL)
    assert (ran.returncode, ran.stderr) == (0, "")
    said = json.loads(ran.stdout)
    assert said["paths"] == ["out/plan", "out/chunk.mp4", "out/video.mp4", "out/still.png"]
    assert said["told"][-1] == 12
    assert DECODERS.isdisjoint(said["loaded"])
    assert {"plan", "chunk.mp4", "video.mp4", "still.png"} <= set(filmed.outputs())


def test_no_command_decodes_what_it_is_given(filmed: Place) -> None:
    """Nor does the server of a preview: frames, thumbnails and loudness come from children."""
    ran = _ran(filmed, COMMANDS)
    assert ran.returncode == 0, ran.stderr
    loaded = json.loads(ran.stdout.splitlines()[-1])
    assert "fanreel" in loaded
    assert DECODERS.isdisjoint(loaded)


def _ran(place: Place, code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=place.project.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(120)
@pytest.mark.parametrize("step", ENDLESS)
def test_ctrl_c_ends_a_step_and_all_that_it_started(place: Place, step: str) -> None:
    """The program gets its `KeyboardInterrupt`; nothing is left of the step."""
    place.write({"index.html": page(script("for (;;);"))})
    with _calling(place, step) as process:
        wait_for(lambda: ours(place, BROWSER))
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert err.splitlines()[-1] == "KeyboardInterrupt"
    assert place.outputs() == []


@pytest.mark.timeout(120)
def test_a_step_whose_child_is_killed_is_named(place: Place) -> None:
    """As when memory runs out: a failure that may be tried again."""
    place.write({"index.html": page(script("for (;;);"))})
    with _calling(place, "still") as process:
        wait_for(lambda: ours(place, BROWSER))
        kill(place, "fanreel.engine.child")
        _, err = process.communicate(timeout=60)
    assert err.splitlines()[-1].startswith("fanreel.errors.BrowserCrashed: the process that drew")
    assert place.outputs() == []


@contextlib.contextmanager
def _calling(place: Place, step: str) -> Any:
    process = subprocess.Popen(
        [sys.executable, "-c", f"import fanreel; {ENDLESS[step]}"],
        cwd=place.project.parent,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)


def test_a_browser_starts_while_the_rest_of_a_plan_is_fetched(place: Place) -> None:
    """From its manifest and a few small files; the frames are those of a plan that was whole."""
    place.write({"index.html": page("<p>Soon</p>")})
    whole, share = place.out / "plan", place.out / "share"
    plan(place.project, RenderConfig(), whole)
    render_chunk(whole, 0, place.out / "whole.mp4")
    for name in (MANIFEST, *STARTING):
        (share / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(whole / name, share / name)

    def fetch() -> None:
        wait_for(lambda: ours(place, BROWSER))
        shutil.copytree(whole, share, dirs_exist_ok=True)

    Engine().render_chunk(share, 0, place.out / "fetched.mp4", temp_dir=place.temp, fetch=fetch)
    fetched = (place.out / "fetched.mp4").read_bytes()
    assert fetched == (place.out / "whole.mp4").read_bytes()


def test_children_may_be_nicer_than_their_parent(place: Place) -> None:
    """So that planning does not keep a preview's page waiting."""
    place.write({"index.html": page("<p>Nice</p>")})
    plan(place.project, RenderConfig(), place.out / "plan")
    seen: set[int] = set()

    def look(_frames: int) -> None:
        seen.update(browser.nice() for browser in ours(place, BROWSER))

    engine = Engine(niceness=_NICER)
    chunk = place.out / "chunk.mp4"
    engine.render_chunk(place.out / "plan", 0, chunk, heartbeat=look, temp_dir=place.temp)
    assert seen == {os.getpriority(os.PRIO_PROCESS, 0) + _NICER}
