"""Debian, Python, `pip install` and `fanreel setup`: what `scripts/bare-debian` shows."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.aws.docker_engine import docker, require_docker

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "bare-debian"


@pytest.mark.timeout(2400)  # two hundred packages of Debian and two dozen of PyPI
def test_a_bare_debian_renders_with_the_right_faces_online_and_offline() -> None:
    """What is missing is told, one command brings it, and the format's letters need no network."""
    require_docker()
    ended = subprocess.run(
        [SCRIPT],
        capture_output=True,
        text=True,
        timeout=2300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for step in ("online", "offline", "untold"):
        assert f"{step}: as it should be" in ended.stdout


def test_a_bare_debian_that_is_killed_leaves_no_container(tmp_path: Path) -> None:
    """Not even by the signal that no shell sees, which a test's time limit sends."""
    require_docker()
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([SCRIPT], env=environ, stdout=subprocess.DEVNULL) as script:
        name = f"fanreel-bare-{script.pid}"
        while not containers(name):
            assert script.poll() is None, "it ended before it had a container"
            time.sleep(0.5)
        script.kill()
    deadline = time.monotonic() + 30
    while containers(name):
        assert time.monotonic() < deadline, "its container is still there"
        time.sleep(0.5)


def containers(name: str) -> str:
    """Return the ids of containers of this name, running or not."""
    return docker("ps", "--all", "--quiet", f"--filter=name={name}")
