"""A render that is ended goes on where it was, when it is asked for again."""

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.media.hostile import Place, page, script

# Some of the last twelve frames take their time, so that they can be interrupted.
PAGE = page(
    '<i id="dot" style="position: fixed; width: 20px; height: 20px; background: red"></i>'
    + script(
        """
        const seek = (t) => {
          const frame = Math.round(t * 24);
          dot.style.left = `${frame * 5}px`;
          if ([13, 15, 17].includes(frame)) for (let i = 0; i < 2.5e8; i += 1);
        };
        __timelines = { main: { duration: () => 1, seek } };
        """
    ),
    root='data-duration="1" data-fps="24" data-no-timeline',
)
OPTIONS = ("--json", "--workers", "1", "--quality", "draft", "--segment-frames", "4")
_END_S = 120.0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the digest of the video that was never ended."""
    folder = tmp_path_factory.mktemp("undisturbed")
    place = Place(folder / "project", folder, folder / "t")
    place.write({"index.html": PAGE})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANREEL_RESUME_DIR", str(folder / "resume"))
        result = _rendered(place, "whole.mp4", "--no-resume")
    assert result["framesResumed"] == 0
    assert not (folder / "resume").exists()
    return str(result["sha256"])


@pytest.fixture
def resume_dir(place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the project; give where segments of ended renders are kept."""
    place.write({"index.html": PAGE})
    folder = place.out.with_name("resume")
    monkeypatch.setenv("FANREEL_RESUME_DIR", str(folder))
    return folder


def _rendered(place: Place, output: str, *more: str) -> dict[str, Any]:
    """Render to the end; give the result."""
    with place.command("render", place.project, "-o", output, *OPTIONS, *more) as process:
        out, err = process.communicate(timeout=_END_S)
    assert process.returncode == 0, err
    result: dict[str, Any] = json.loads(out.splitlines()[-1])
    return result


def _interrupted(place: Place, number: int) -> None:
    """Render until twelve frames are done, and end it by a signal to its whole group."""
    process = place.command("render", place.project, "-o", "ended.mp4", *OPTIONS)
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event.get("stage") == "render" and event["framesDone"] >= 12:
                break
        assert process.poll() is None
        os.killpg(process.pid, number)
        process.communicate(timeout=_END_S)
    end = time.monotonic() + _END_S
    while place.processes():
        assert time.monotonic() < end
        time.sleep(0.1)
    for left in place.temp.iterdir():  # after `kill -9`; the next render would, when it is old
        shutil.rmtree(left)


def _segments(resume_dir: Path) -> list[Path]:
    return sorted(resume_dir.glob("*/*.mp4"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_render_goes_on_where_it_was_ended(
    place: Place, resume_dir: Path, undisturbed: str, number: int
) -> None:
    """Nothing is rendered twice, the bytes are the same, and at the end nothing is kept."""
    _interrupted(place, number)
    kept = len(_segments(resume_dir))
    assert 2 <= kept < 6
    again = _rendered(place, "again.mp4")
    assert again["framesResumed"] == 4 * kept
    assert again["sha256"] == undisturbed
    assert list(resume_dir.iterdir()) == []


def test_a_segment_that_is_not_whole_is_rendered_again(
    place: Place, resume_dir: Path, undisturbed: str
) -> None:
    """As after a power failure, or by somebody's hand."""
    _interrupted(place, signal.SIGKILL)
    first, second, *others = _segments(resume_dir)
    first.write_bytes(first.read_bytes()[:-100])
    second.write_bytes(second.read_bytes()[:-1] + b"?")
    again = _rendered(place, "again.mp4")
    assert again["framesResumed"] == 4 * len(others)
    assert again["sha256"] == undisturbed
