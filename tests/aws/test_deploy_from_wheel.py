"""From a bare Debian: pip install, deploy, render, download, destroy; the checkout is not there."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.aws.docker_engine import ROOT, bridge_address, docker, invocable_image, require_docker
from tests.aws.interpreters import REGION, EmulatorSession, serve_ministack
from tests.aws.telling import tell, tell_same_frames
from tests.aws.test_deploy_emulator import CONTAINER_FLAGS, IMAGE_URI, PROJECT, rendered_locally

pytestmark = pytest.mark.timeout(2400)

BASE = "fanreel-base:trixie"
CONTAINER = "fanreel-from-wheel"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
VARIABLES = {
    **KEYS,
    # What the machine trusts, Node.js does not look for by itself.
    "NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt",
    "PATH": "/opt/fanreel/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}


@dataclass(frozen=True, slots=True)
class Bare:
    """A container with Debian, Python and the wheel; an emulator of AWS it reaches."""

    aws: EmulatorSession

    def run(self, *argv: str) -> str:
        """Run a command in an empty folder of it, and give what it prints."""
        tell(f"$ {' '.join(argv)}"[:100])
        given = [part for name in VARIABLES.items() for part in ("--env", "=".join(name))]
        return docker("exec", "--workdir=/work", *given, CONTAINER, *argv)

    def fanreel(self, *arguments: str) -> Any:
        """Run `fanreel lambda …`, and give its JSON answer."""
        where = ("--endpoint-url", self.aws.endpoint_url)
        return json.loads(self.run("fanreel", "lambda", *arguments, *where, "--json"))


def _install(wheel_dir: Path) -> None:
    """Start the container, and install the wheel as its documentation says."""
    subprocess.run([ROOT / "scripts" / "docker-base", BASE], check=True, capture_output=True)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", wheel_dir],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = wheel_dir.glob("*.whl")
    docker("run", "--detach", "--rm", f"--name={CONTAINER}", BASE, "sleep", "infinity")
    steps: Sequence[Sequence[str]] = (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-qqy", "--no-install-recommends", "python3", "python3-venv"),
        ("python3", "-m", "venv", "/opt/fanreel"),
        ("mkdir", "/work", "/wheel"),
    )
    for step in steps:
        docker("exec", "--env=DEBIAN_FRONTEND=noninteractive", CONTAINER, *step)
    docker("cp", str(wheel), f"{CONTAINER}:/wheel")
    docker("cp", str(PROJECT), f"{CONTAINER}:/work/film")
    tell(f"$ pip install '{wheel.name}[aws,cdk]'")
    name = f"/wheel/{wheel.name}[aws,cdk]"
    docker("exec", CONTAINER, "/opt/fanreel/bin/pip", "install", "--quiet", name)


def _image_of_the_wheel(build_dir: Path) -> None:
    """Build the image from what the wheel carries; an emulator's `cdk deploy` leaves that out."""
    tell("building the image from what the wheel carries")
    code = "from fanreel.aws.deploy.deploying import find_cdk_dir; print(find_cdk_dir().parent)"
    carried = docker("exec", CONTAINER, "/opt/fanreel/bin/python", "-c", code)
    docker("cp", f"{CONTAINER}:{carried}", str(build_dir / "carried"))
    docker(
        "build", "--quiet", "--tag=fanreel:from-wheel", f"--build-arg=BASE={BASE}",
        "--build-arg=DEBIAN_SNAPSHOT=", str(build_dir / "carried"),
    )  # fmt: skip
    invocable_image(IMAGE_URI, build_dir, "fanreel:from-wheel")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    """The container and the emulator, each ended afterwards."""
    require_docker()
    with contextlib.ExitStack() as stack:
        stack.callback(
            subprocess.run,
            ["docker", "rm", "--force", CONTAINER],
            check=False,
            capture_output=True,
        )
        _install(tmp_path_factory.mktemp("wheel"))
        _image_of_the_wheel(tmp_path_factory.mktemp("image"))
        aws = stack.enter_context(
            serve_ministack(
                tmp_path_factory.mktemp("ministack"),
                bridge_address(),
                LAMBDA_DOCKER_FLAGS=CONTAINER_FLAGS,
                AWS_ACCESS_KEY_ID="test",
                AWS_SECRET_ACCESS_KEY="test",  # noqa: S106 (the emulator takes any)
            )
        )
        yield Bare(aws)


def test_a_wheel_deploys_and_renders_from_an_empty_folder(bare: Bare, tmp_path: Path) -> None:
    """No checkout, no Docker, no Node.js and no browser there: the bytes of the local render."""
    answer = bare.fanreel("deploy", "--set", f"image_uri={IMAGE_URI}")
    tell(f"deployed: bucket {answer['bucket']}, function {answer['functionName']}")
    ended = bare.fanreel(
        "render", "film", "--render-id", "from-wheel", "--segment-frames", "8", "--chunk-size", "8",
        "-o", "film.mp4",
    )  # fmt: skip
    assert (ended["status"], ended["totalFrames"]) == ("SUCCEEDED", 24)
    docker("cp", f"{CONTAINER}:/work/film.mp4", str(tmp_path / "film.mp4"))
    local_dir = tmp_path / "local"
    local_dir.mkdir()
    same = rendered_locally(local_dir)
    tell_same_frames(tmp_path / "film.mp4", local_dir / "local.mp4")
    assert (tmp_path / "film.mp4").read_bytes() == same
    assert bare.fanreel("destroy", "--yes")["destroyed"] == "fanreel"
