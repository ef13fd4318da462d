"""The steps as a program calls them: pages and media are in a child, the rest is in the program."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fanreel import assemble, plan, render_chunk, still
from fanreel.config import RenderConfig
from fanreel.engine import process
from fanreel.errors import UnexpectedError
from fanreel.lint.linting import lint
from tests.media import escaping
from tests.media.hostile import Place, page, script
from tests.media.sources import numbered, write_video
from tests.media.test_hostile_processes import BROWSER, kill, ours, wait_for

HERE = Path("here")
STEPS: dict[str, Callable[[], object]] = {
    "plan": lambda: plan(HERE, RenderConfig(), "plan"),
    "open": lambda: render_chunk(HERE, 0, "chunk.mp4"),
    "assemble": lambda: assemble(HERE, ["chunk.mp4"], None, "video.mp4"),
    "still": lambda: still(HERE, "still.png", 0),
    "lint": lambda: lint(HERE),
}
"""By what is asked of the child first."""
ENDLESS = {
    "plan": "fanreel.plan('project', fanreel.RenderConfig(), 'out/plan')",
    "still": "fanreel.still('project', 'out/still.png', 0)",
    "lint": "from fanreel.lint.linting import lint; lint('project')",
}
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


@pytest.mark.parametrize("step", STEPS)
def test_who_takes_over_a_step_gets_nothing_of_its_caller(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not its environment, memory or descriptors, whatever holds the page or the decoder."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setattr(process, "child_argv", taken_over)
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)  # noqa: FBT003 (posix)
        with pytest.raises(UnexpectedError) as caught:
            STEPS[step]()
    facts: dict[str, Any] = caught.value.facts
    assert caught.value.message == step
    assert facts["got"] == {}
    assert "secret" not in facts["environ"].values()
    assert not [line for line in facts["descriptors"] if "secret" in line]


def taken_over(_module: str, fd: int) -> list[str]:
    """Return the command line of a child that somebody takes over."""
    code = f"from {escaping.__name__} import amid_a_step; amid_a_step({fd})"
    return [sys.executable, "-c", code]


def test_a_program_that_takes_every_step_holds_no_decoder(place: Place) -> None:
    """It is told of progress, and of the paths as it wrote them; codecs are never loaded."""
    tone = np.sin(np.arange(24000, dtype=np.float32) / 20)
    sound = np.stack([tone, tone], axis=1)
    write_video(place.project / "clip.mp4", map(numbered, range(15)), sound=sound)
    video = '<video id="v" src="clip.mp4" data-start="0" data-has-audio="true"></video>'
    place.write({"index.html": page(video)})
    ran = subprocess.run(
        [sys.executable, "-c", ALL],
        cwd=place.project.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    said = json.loads(ran.stdout)
    assert said["paths"] == ["out/plan", "out/chunk.mp4", "out/video.mp4", "out/still.png"]
    assert said["told"][-1] == 12
    assert {"av", "numpy", "playwright"}.isdisjoint(said["loaded"])
    assert {"plan", "chunk.mp4", "video.mp4", "still.png"} <= set(place.outputs())


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
