"""The Lambda image, built from this checkout and run as Lambda runs it."""

import json
import re
from pathlib import Path

import pytest

from tests.aws.docker_engine import LIKE_LAMBDA, docker, lambda_image, require_docker

pytestmark = pytest.mark.timeout(1200)  # the first build on a machine fetches a system

REPOSITORY = Path(__file__).parents[2]
CJK_FONTS = "/usr/share/fonts/opentype/noto"


@pytest.fixture(scope="module")
def image() -> str:
    """Built; the last step of the build has been its check of itself."""
    require_docker()
    return lambda_image()


def run(image: str, *command: str, options: tuple[str, ...] = ()) -> str:
    """Run a command in the image, as Lambda would, without a network."""
    entry, *arguments = command
    return docker(
        "run", "--rm", "--network=none", *LIKE_LAMBDA, *options, f"--entrypoint={entry}", image,
        *arguments,
    )  # fmt: skip


def test_what_the_build_fetches_by_name_has_a_digest() -> None:
    """The base by that of its index; uv by its wheels', in the version that is tested with."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    assert re.search(r"^ARG BASE=debian:trixie-slim@sha256:[0-9a-f]{64}$", dockerfile, re.MULTILINE)
    uv = (REPOSITORY / "handler" / "image" / "uv.txt").read_text()
    [tested] = re.findall(
        r"^UV_VERSION=(\S+)", (REPOSITORY / "scripts" / "setup").read_text(), re.MULTILINE
    )
    assert f"\nuv=={tested} " in uv
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", uv)) >= 2


def test_it_renders_where_only_tmp_can_be_written(image: str) -> None:
    """No network, no shared memory, no rights, nobody's user: both engines, WebGL, all fonts."""
    assert run(image, "python", "-m", "handler.image.check").endswith("all is well")


def test_its_check_sees_a_missing_font(image: str) -> None:
    """Without the CJK fonts the three writings that need them are named."""
    with pytest.raises(AssertionError) as caught:
        run(image, "python", "-m", "handler.image.check", "mp4", options=(f"--tmpfs={CJK_FONTS}",))
    for writing in ("Han", "Hangul", "kana"):
        assert f"no font for {writing}" in str(caught.value)
    assert "no font for Latin" not in str(caught.value)


def test_it_holds_the_runtime_and_the_handler(image: str) -> None:
    """The entry point is Lambda's runtime client, the command our handler, the user not root."""
    config = json.loads(docker("image", "inspect", image))[0]["Config"]
    assert config["Entrypoint"] == ["python", "-m", "awslambdaric"]
    module, _, name = config["Cmd"][0].rpartition(".")
    assert config["User"].partition(":")[0] not in ("", "0", "root")
    assert "FANREEL_TMP_DIR=/tmp" in config["Env"]  # all of it is emptied, whoever left what
    script = f"import awslambdaric, {module} as m; print(callable(m.{name}))"
    assert run(image, "python", "-c", script) == "True"


def test_it_leaves_out_what_only_development_needs(image: str) -> None:
    """No CDK, no test tools, no compiler, and no Playwright, which brings a Node.js."""
    script = "import importlib.util as u; print([n for n in {names!r} if u.find_spec(n)])"
    names = ["aws_cdk", "pytest", "moto", "mypy", "uv", "pip", "playwright"]
    assert run(image, "python", "-c", script.format(names=names)) == "[]"


def test_our_code_is_a_small_layer(image: str) -> None:
    """A change to it does not send the browser and the packages again."""
    history = docker("history", "--no-trunc", "--human=false", "--format={{.Size}}", image)
    sizes = [int(size) for size in history.splitlines()]
    code = next(size for size in sizes if size > 0)  # newest first
    assert code < 10 * 1024**2
    assert sum(sizes) < 990e6  # 37 MB of them serve Cloud Run


def test_its_files_can_be_read_by_anyone(image: str) -> None:
    """Lambda runs it as a user that the image does not know."""
    unreadable = "find /opt /usr/lib/chromium /usr/share/fonts ! -perm -o=r -print -quit"
    assert run(image, "sh", "-c", unreadable) == ""


def test_nothing_names_a_processor() -> None:
    """The same Dockerfile makes the arm64 image."""
    text = (Path(__file__).parents[2] / "Dockerfile").read_text().lower()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    words = ("amd64", "x86_64", "arm64", "aarch64")
    assert not [line for line in lines if any(word in line for word in words)]
