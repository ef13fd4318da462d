"""The command as people run it: a process, its output, its exit status, and what it leaves."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import psutil
import pytest
from PIL import Image

PAGE = """\
<!doctype html>
<style>
  body { margin: 0; background: #10263c }
  #dot { width: 60px; height: 60px; background: #ffb800; animation: go 1s linear both }
  @keyframes go { to { transform: translateX(260px) } }
</style>
<div data-composition-id="main" data-width="320" data-height="180" data-duration="DURATION"
     data-no-timeline><div id="dot"></div></div>
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a project of one second in which a square crosses the picture."""
    folder = tmp_path / "pro ject"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE.replace("DURATION", "1"))
    return folder


def _environ(tmp_path: Path) -> dict[str, str]:
    temp = tmp_path / "tmp"
    temp.mkdir(exist_ok=True)
    return {**os.environ, "TMPDIR": str(temp)}


def _fanreel(tmp_path: Path, *argv: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fanreel", *map(str, argv)],
        capture_output=True,
        text=True,
        env=_environ(tmp_path),
        cwd=tmp_path,
        timeout=200,
        check=False,
    )


def _events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_render_is_told_as_it_goes(project: Path, tmp_path: Path) -> None:
    """Events by stage, the result last, the file where it was asked for, nothing else left."""
    answer = _fanreel(tmp_path, "render", project, "-o", "out.mp4", "--json", "--quality", "draft")
    assert answer.returncode == 0, answer.stderr
    events = _events(answer.stdout)
    stages = [event["stage"] for event in events if event["event"] == "progress"]
    assert list(dict.fromkeys(stages)) == ["plan", "render", "assemble"]
    result = events[-1]
    assert (result["event"], result["totalFrames"], result["fps"]) == ("done", 30, "30")
    assert (tmp_path / "out.mp4").stat().st_size == result["sizeBytes"]
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 30
    assert list((tmp_path / "tmp").iterdir()) == []


def test_three_commands_make_the_bytes_of_one(project: Path, tmp_path: Path) -> None:
    """`plan`, `chunk` and `assemble` are for people with their own queue."""
    options = ("--segment-frames", "10")
    assert _fanreel(tmp_path, "render", project, "-o", "one.mp4", *options).returncode == 0
    planned = _fanreel(tmp_path, "plan", project, "plan", *options, "--chunk-size", "20", "--json")
    assert planned.returncode == 0, planned.stderr
    count = json.loads(planned.stdout)["chunkCount"]
    assert count == 2
    chunks = [f"chunk-{index}.mp4" for index in range(count)]
    for index, chunk in reversed(list(enumerate(chunks))):
        assert _fanreel(tmp_path, "chunk", "plan", str(index), "-o", chunk).returncode == 0
    assert _fanreel(tmp_path, "assemble", "plan", *chunks, "-o", "three.mp4").returncode == 0
    assert (tmp_path / "three.mp4").read_bytes() == (tmp_path / "one.mp4").read_bytes()

    beyond = _fanreel(tmp_path, "chunk", "plan", "2", "-o", "chunk-2.mp4")
    assert beyond.returncode == 3
    assert beyond.stderr.startswith("error[CHUNK_INDEX_OUT_OF_RANGE]: ")


def test_a_still_is_the_frame_at_its_time(project: Path, tmp_path: Path) -> None:
    """At 0.5 s the square has gone half its way."""
    answer = _fanreel(tmp_path, "still", project, "--at", "0.5", "-o", "poster.png")
    assert answer.returncode == 0, answer.stderr
    picture = Image.open(tmp_path / "poster.png").convert("RGB")
    assert picture.size == (320, 180)
    assert picture.getpixel((160, 30)) == (0xFF, 0xB8, 0x00)
    assert picture.getpixel((30, 30)) == (0x10, 0x26, 0x3C)


def test_ctrl_c_leaves_nothing_behind(project: Path, tmp_path: Path) -> None:
    """Status 130, one line, no output, no temporary file and no process."""
    (project / "index.html").write_text(PAGE.replace("DURATION", "60"))
    argv = [sys.executable, "-m", "fanreel", "render", str(project), "-o", "out.mp4", "--json"]
    with subprocess.Popen(
        argv,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environ(tmp_path),
        cwd=tmp_path,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line).get("framesDone", 0) > 0:
                break
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it: to all of them
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "error[RENDER_CANCELLED]: The render was cancelled."
    assert "Traceback" not in err
    psutil.wait_procs(children, timeout=20)
    assert [child for child in children if child.is_running()] == []
    assert not (tmp_path / "out.mp4").exists()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_render_in_the_background_says_how_it_ends(project: Path, tmp_path: Path) -> None:
    """A shell starts it with Ctrl-C ignored: that stays so, and a note names what ends it."""
    argv = [sys.executable, "-m", "fanreel", "render", str(project), "-o", "out.mp4"]
    command = f"trap '' INT; exec {shlex.join(argv)}"
    with subprocess.Popen(
        ["sh", "-c", command], stderr=subprocess.PIPE, env=_environ(tmp_path), cwd=tmp_path
    ) as process:
        assert process.stderr is not None
        assert b"SIGTERM ends" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_mistake_in_the_project_is_one_paragraph(project: Path, tmp_path: Path) -> None:
    """What is wrong, where, and the status of its class."""
    (project / "index.html").write_text("<p>no composition here</p>")
    answer = _fanreel(tmp_path, "render", project, "-o", "out.mp4", "--quiet")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("error[INVALID_COMPOSITION]: ")
    assert len(answer.stderr.splitlines()) == 1


def test_doctor_is_content(tmp_path: Path) -> None:
    """Where the tests run, nothing that a render needs is missing, and Chromium starts."""
    answer = _fanreel(tmp_path, "doctor", "--json")
    assert answer.returncode == 0, answer.stdout
    assert {"name": "Chromium starts", "state": "ok", "detail": "it shows a page", "fix": None} in (
        _events(answer.stdout)
    )
