"""Debian, Python, `pip install` and `fanreel setup`: what `scripts/bare-debian` shows."""

import subprocess
from pathlib import Path

import pytest

from tests.aws.docker_engine import require_docker

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(2400)  # two hundred packages of Debian and two dozen of PyPI
def test_a_bare_debian_renders_with_the_right_faces_online_and_offline() -> None:
    """What is missing is told, one command brings it, and the format's letters need no network."""
    require_docker()
    ended = subprocess.run(
        [ROOT / "scripts" / "bare-debian"],
        capture_output=True,
        text=True,
        timeout=2300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for step in ("online", "offline", "untold"):
        assert f"{step}: as it should be" in ended.stdout
