"""What `pip install` brings: a wheel that deploys from a bare folder, and a light client."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENT_LIMIT_BYTES = 60 * 1024**2


def build(project_dir: Path, out_dir: Path) -> Path:
    """Build a project's wheel and unpack it, as pip does."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out_dir],
        cwd=project_dir,
        check=True,
        capture_output=True,
    )
    (wheel,) = out_dir.glob("*.whl")
    site_dir = out_dir / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site_dir)
    return site_dir


@pytest.fixture(scope="module")
def site_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as installed from its wheel."""
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


def test_the_stack_is_synthesised_from_the_wheel_alone(site_dir: Path, tmp_path: Path) -> None:
    """In an empty folder, with no checkout named; the image's sources lie beside the app."""
    cdk = ROOT / "cdk" / "node_modules" / ".bin"
    if not cdk.is_dir():
        pytest.skip("the cdk command is not installed: npm ci --prefix cdk")
    environment = {name: value for name, value in os.environ.items() if "FANREEL" not in name}
    environment |= {
        "PYTHONPATH": str(site_dir),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PATH": f"{cdk}{os.pathsep}{environment['PATH']}",
        "AWS_REGION": "eu-central-1",
    }
    bare_dir = tmp_path / "bare"
    bare_dir.mkdir()

    def run(*arguments: str) -> str:
        argv = [sys.executable, "-P", *arguments]
        ended = subprocess.run(
            argv, cwd=bare_dir, env=environment, check=False, capture_output=True, text=True
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    find = "from fanreel.aws.deploy.deploying import find_cdk_dir; print(find_cdk_dir())"
    found = run("-c", find).strip()
    policy = json.loads(run("-m", "fanreel", "lambda", "policies", "user"))
    assert "states:StartExecution" in {a for one in policy["Statement"] for a in one["Action"]}
    (checkout,) = (tmp_path / "cache" / "fanreel" / "deploy").iterdir()
    assert checkout == Path(found).parent  # found again, not made again
    for name in ("Dockerfile", "uv.lock", "handler/app.py", "src/fanreel/planning.py"):
        assert (checkout / name).is_file(), name
    assert not (checkout / "src" / "fanreel" / "deployable").exists()


def test_the_image_finds_all_that_it_copies(site_dir: Path) -> None:
    """Each COPY of the Dockerfile names something that the wheel carries."""
    carried = site_dir / "fanreel" / "deployable"
    text = (carried / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE):
        for name in line.split()[:-1]:
            inside = site_dir / name.removeprefix("src/") if name.startswith("src") else None
            assert (carried / name).exists() or (inside and inside.exists()) or name == "src", line


def test_the_wheel_carries_the_module_of_google_cloud(site_dir: Path) -> None:
    """What `fanreel cloudrun deploy` has Terraform apply, the workflow's text among it."""
    carried = site_dir / "fanreel" / "deployable" / "terraform" / "gcp"
    module = ROOT / "terraform" / "gcp"
    files = {path.name for path in module.iterdir()}
    assert {path.name for path in carried.iterdir()} == files
    assert {"main.tf", "render.workflow.yaml"} <= files


def test_the_wheel_carries_the_examples(site_dir: Path) -> None:
    """What `fanreel init --example` copies: git's files, without libraries and fonts."""
    carried = site_dir / "fanreel" / "starters" / "examples"
    names = {file.relative_to(carried).as_posix() for file in carried.rglob("*") if file.is_file()}
    assert {"launch/index.html", "launch/compositions/strip.html", "tide/assets/sea.mp4"} <= names
    assert not {name for name in names if "/vendor/" in name or name.endswith(".pyc")}


def test_the_wheel_carries_the_page_bundled(site_dir: Path) -> None:
    """One script for each realm and no sources, so that nobody who installs it needs Node.js."""
    page_dir = site_dir / "fanreel" / "page"
    assert not list(page_dir.glob("*.js"))
    assert {file.name for file in (page_dir / "bundle").glob("*.js")} == {
        "frames.js",
        "page.js",
        "parsers.js",
        "preview_shell.js",
        "shell.js",
        "worker.js",
    }
    for starter in ("plain", "gsap"):
        assert (site_dir / "fanreel" / "starters" / starter / "index.html").is_file()
    ui_dir = site_dir / "fanreel" / "preview" / "ui"
    assert {file.name for file in ui_dir.iterdir() if file.is_file()} == {
        "icon.svg",
        "index.html",
        "style.css",
    }
    assert (ui_dir / "bundle" / "app.js").is_file()


def requirements(name: str, seen: set[str]) -> Iterator[str]:
    """Yield a distribution's name and those of all that it needs."""
    if name in seen:
        return
    seen.add(name)
    yield name
    for requirement in importlib.metadata.requires(name) or []:
        if ";" not in requirement:
            needed = re.match(r"[A-Za-z0-9_.-]+", requirement)
            assert needed
            yield from requirements(needed[0], seen)


def test_the_client_is_light(tmp_path: Path) -> None:
    """Package, boto3, pydantic and what they need: at most 60 MB installed."""
    package = build(ROOT / "src" / "client", tmp_path)
    size = sum(file.stat().st_size for file in package.rglob("*") if file.is_file())
    wanted = tomllib.loads((ROOT / "src" / "client" / "pyproject.toml").read_text())
    names = [re.split("[<>=]", text)[0] for text in wanted["project"]["dependencies"]]
    assert names == ["boto3", "pydantic"]
    seen: set[str] = set()
    for name in [found for wanted_name in names for found in requirements(wanted_name, seen)]:
        for file in importlib.metadata.files(name) or []:
            located = Path(str(file.locate()))
            size += located.stat().st_size if located.is_file() else 0
    assert size < CLIENT_LIMIT_BYTES, f"{size / 1024**2:.0f} MB"


def test_both_distributions_have_one_version() -> None:
    """They hold the same package."""
    versions = [
        tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]["version"]
        for folder in ("", "src/client")
    ]
    assert versions[0] == versions[1]
