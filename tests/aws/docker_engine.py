"""
The Lambda image and the engine that runs it, for tests.

Where an engine answers, the tests run. In CI they must: on Debian as root scripts/docker-up starts
one. Elsewhere they are skipped, and say how to get one.
"""

import atexit
import fcntl
import ipaddress
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests.aws.telling import tell

ROOT = Path(__file__).parents[2]
IMAGE = "fanreel:test"
RIE_VERSION = "1.170.0"
"""Of aws-sam-cli, in whose wheel AWS's runtime interface emulator comes."""

# What Lambda is like: nothing to write but /tmp, no shared memory, no rights, a user of its own.
LIKE_LAMBDA = (
    "--read-only",
    "--tmpfs=/tmp:rw,exec,mode=1777",
    "--ipc=none",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=3538m",
    "--memory-swap=3538m",
    "--cpus=2",
)

_DOCKERFILE = """
FROM {image}
COPY rie /usr/local/bin/aws-lambda-rie
ENTRYPOINT ["/usr/local/bin/aws-lambda-rie", "python", "-m", "awslambdaric"]
CMD ["handler.app.lambda_handler"]
"""


def docker(*arguments: str, timeout_s: float = 1200) -> str:
    """Run one docker command and give what it prints; a failure shows it."""
    ended = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=timeout_s, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.strip()


def bridge_address() -> str:
    """Return this machine's address on docker's bridge: containers reach it, nobody else does."""
    (network,) = json.loads(docker("network", "inspect", "bridge"))
    config = network["IPAM"]["Config"][0]
    return str(config.get("Gateway") or ipaddress.ip_network(config["Subnet"])[1])


def require_docker() -> None:
    """Skip where no engine answers; in CI start one, and fail where that should have worked."""
    if _answers():
        return
    if not os.environ.get("CI"):
        pytest.skip("no docker engine answers; scripts/docker-up starts one")
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        pytest.skip("no docker engine answers, and none can be installed without root and apt-get")
    started = subprocess.run(
        [ROOT / "scripts" / "docker-up"], capture_output=True, text=True, check=False
    )
    if started.returncode != 0:
        pytest.fail(f"in CI the image tests must run: {started.stderr}", pytrace=False)
    if engine := started.stdout.strip():
        atexit.register(subprocess.run, ["kill", engine], check=False)


def _answers() -> bool:
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(["docker", "info"], capture_output=True, timeout=60, check=False)
    return asked.returncode == 0


@cache
def lambda_image() -> str:
    """Build the image of this checkout and give its tag."""
    # Tests in other processes build the same; the second finds it all cached.
    with Path(tempfile.gettempdir(), "fanreel-image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _build_image()
    return IMAGE


def _build_image() -> None:
    """Build it, telling each step as it begins: without a cache that takes minutes."""
    said = []
    with subprocess.Popen(
        [ROOT / "scripts" / "image", IMAGE],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as building:
        for line in building.stdout or ():
            said.append(line)
            if re.match(r"(Step \d+/\d+|#\d+ \[)", line):
                tell(f"image: {line.strip()[:90]}")
    assert building.returncode == 0, "".join(said[-40:])


def invocable_image(tag: str, build_dir: Path, image: str | None = None) -> str:
    """Put AWS's runtime interface emulator before an image's entry point; give the new tag."""
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    package = f"aws-sam-cli=={RIE_VERSION}"
    wheel_dir = build_dir / "sam"
    subprocess.run(
        [uv, "pip", "install", "-q", "--python", sys.executable, "--no-deps", "--target",
         wheel_dir, package],
        check=True,
    )  # fmt: skip
    architecture = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    context_dir = build_dir / "rie"
    context_dir.mkdir()
    binary = wheel_dir / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{architecture}"
    shutil.copy(binary, context_dir / "rie")
    (context_dir / "rie").chmod(0o755)
    (context_dir / "Dockerfile").write_text(_DOCKERFILE.format(image=image or lambda_image()))
    docker("build", "--quiet", "--tag", tag, str(context_dir))
    return tag
