"""`fanreel cloudrun …` against stand-ins on loopback, and against a Terraform that takes notes."""

import inspect
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
import pytest
import typer
from typer.testing import CliRunner

import fanreel.aws
import fanreel.gcp
from fanreel.cli.app import app
from fanreel.cli.cloudrun import cloudrun_app
from fanreel.cli.failures import run
from fanreel.cli.lambda_ import lambda_app
from fanreel.gcp.storage.gcs_client import gs_uri
from tests.aws.recording_worker import VIDEO
from tests.aws.scripted_worker import FunctionFailed, Step
from tests.gcp.google_apis import PROJECT, REGION
from tests.gcp.render_lab import Lab, open_lab
from tests.gcp.storage_service import StorageService

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "terraform" / "gcp"


@pytest.fixture(scope="module")
def lab(storage_service: StorageService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Deploy once for all tests."""
    with (
        open_lab(storage_service, tmp_path_factory.mktemp("cli")) as opened,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("STORAGE_EMULATOR_HOST", storage_service.url)
        patch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)
        patch.setenv("CLOUDSDK_RUN_REGION", REGION)
        yield opened


def ask(lab: Lab, *argv: str) -> Any:
    """Run a command that has to succeed, and give its JSON answer."""
    where = ["--name", lab.name, "--endpoint-url", lab.apis.url, "--json"]
    answer = CliRunner().invoke(cloudrun_app, [*argv, *where])
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_a_render_by_command_line_from_start_to_end(lab: Lab) -> None:
    """Render, progress, cost, ls, download, rm: as `fanreel lambda` answers."""
    worker = lab.worker()
    name, project = worker.render_id, str(lab.project)
    started = ask(lab, "render", project, "--render-id", name, "--output-resolution", "720p")
    assert started["outputUri"] == f"gs://{lab.bucket}/outputs/{name}.mp4"
    assert ask(lab, "progress", name, "--wait")["stage"] == "done"
    assert worker.invocations[0]["Config"]["outputResolution"] == "720p"
    assert ask(lab, "cost", name)["totalUsd"] > 0
    assert [r["status"] for r in ask(lab, "ls") if r["renderId"] == name] == ["SUCCEEDED"]
    assert name not in [r["renderId"] for r in ask(lab, "ls", "--status", "failed")]
    fetched = ask(lab, "download", name, str(lab.folder))
    assert Path(fetched["path"]).read_bytes() == VIDEO
    assert ask(lab, "rm", name)["deleted"] > 0


def test_sites_batches_stills_and_quotas(lab: Lab, tmp_path: Path) -> None:
    """The rest that needs no new deployment."""
    site = ask(lab, "sites", "create", str(lab.project))
    assert site["uri"].startswith(f"gs://{lab.bucket}/sites/")
    assert site["uri"] in [one["uri"] for one in ask(lab, "sites", "ls")]
    worker = lab.worker()
    batch = tmp_path / "batch.jsonl"
    batch.write_text(json.dumps({"renderId": worker.render_id}))
    assert ask(lab, "render-batch", site["uri"], str(batch))["status"] == "SUCCEEDED"
    assert ask(lab, "quotas")["chunksAtOnce"] == 20
    assert ask(lab, "cost")["totalUsd"] == 0
    assert ask(lab, "sites", "rm", site["siteId"])["deleted"] >= 1


def test_a_failure_names_commands_of_this_cloud(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """And ends with the exit status of its code."""
    worker = lab.worker().on("plan", None, Step(ending=FunctionFailed("ASSET_NOT_FOUND")))
    where = ["--name", lab.name, "--endpoint-url", lab.apis.url]
    argv = ["cloudrun", "render", str(lab.project), "--render-id", worker.render_id, "--wait"]
    assert run(app, [*argv, *where]) == 2
    assert "as scripted" in capsys.readouterr().err
    assert run(app, ["cloudrun", "progress", "nobody", *where]) == 2
    assert "fanreel cloudrun ls" in capsys.readouterr().err


def test_a_place_has_to_be_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Project and region, before anything is asked."""
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    assert run(app, ["cloudrun", "ls", "--region", REGION]) == 2
    assert "--project-id" in capsys.readouterr().err


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put programs on the PATH that note how they are called."""
    notes, programs = tmp_path / "notes", tmp_path / "bin"
    programs.mkdir()
    for name in ("terraform", "docker"):
        program = programs / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >>{notes}\n')
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return notes


def _deploy(lab: Lab, *argv: str) -> Any:
    answer = CliRunner().invoke(
        cloudrun_app, [*argv, "--name", "fresh", "--endpoint-url", lab.apis.url, "--json"]
    )
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_a_deployment_keeps_what_it_was_told(lab: Lab, terraform: Path, tmp_path: Path) -> None:
    """Registry, image, the rest; a second one has the settings of the first, unless told anew."""
    _deploy(lab, "deploy", "--memory", "8192", "--set", "max_render_cost_usd=2.5")
    lines = terraform.read_text().splitlines()
    (folder,) = (tmp_path / "cache").rglob("main.tf")
    chdir = f"terraform -chdir={folder.parent}"
    registry = f"{REGION}-docker.pkg.dev/{PROJECT}/fresh/fanreel:"
    assert [line.partition(" -input")[0] for line in lines if line.startswith("terraform")] == [
        f"{chdir} init", f"{chdir} apply", f"{chdir} apply",
    ]  # fmt: skip
    assert "-target=" in lines[1]
    assert [line.split()[1] for line in lines[2:4]] == ["build", "push"]
    assert registry in lines[3]
    answer = _deploy(lab, "deploy", "--set", "memory_mb=", "--image-uri", f"{registry}7")
    assert answer["settings"] == {"maxRenderCostUsd": 2.5}
    with folder.open() as file:
        root = hcl2.load(file)
    ((given,),) = (list(block.values()) for block in root["module"])
    variables = set(given) - {"source", "__is_block__"}
    text = (MODULE / "variables.tf").read_text()
    assert variables <= set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE))
    assert given["max_render_cost_usd"] == 2.5
    assert given["source"].strip('"') == str(MODULE)
    (backend,) = root["terraform"]
    assert f"{PROJECT}-fresh-state" in str(backend["backend"])
    bucket = f"{PROJECT}-fresh"
    terraform.unlink()
    _deploy(lab, "destroy", "--yes")
    lines = terraform.read_text().splitlines()
    assert [line.removeprefix(f"{chdir} ").partition(" -input")[0] for line in lines] == [
        "init", "state rm module.fanreel.google_storage_bucket.renders", "destroy",
    ]  # fmt: skip
    assert "import" not in folder.read_text()
    assert lab.store.look_up(gs_uri(f"{bucket}-state", "settings.json"))


@pytest.mark.parametrize("argv", [["deploy", "--dry-run"], ["destroy", "--yes"]], ids=str)
def test_what_was_never_deployed_is_left_alone(
    lab: Lab, terraform: Path, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    """Neither looking nor removing makes a bucket, and nothing is run."""
    where = ["--name", "typo", "--endpoint-url", lab.apis.url]
    assert run(app, ["cloudrun", *argv, *where]) == 2
    assert f"no bucket {PROJECT}-typo" in capsys.readouterr().err
    assert not terraform.exists()


def test_a_setting_that_is_misspelt_is_refused(
    lab: Lab, terraform: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The nearest one is named, and nothing is run."""
    argv = ["cloudrun", "deploy", "--set", "max_instance=5", "--endpoint-url", lab.apis.url]
    assert run(app, argv) == 2
    assert "did you mean max_instances" in capsys.readouterr().err
    assert not terraform.exists()


def test_without_terraform_it_says_how_to_get_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is made."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert run(app, ["cloudrun", "deploy", "--endpoint-url", lab.apis.url]) == 2
    assert "terraform/install" in capsys.readouterr().err


def _verbs(group: typer.Typer) -> set[str]:
    command = typer.main.get_command(group)
    found = set()
    for name, one in getattr(command, "commands", {}).items():
        found |= {f"{name} {inner}" for inner in getattr(one, "commands", {})} or {name}
    return found


def _methods(client: type) -> set[str]:
    return {
        name
        for name, member in inspect.getmembers(client)
        if not name.startswith("_") and (inspect.isfunction(member) or inspect.ismethod(member))
    }


def test_the_docs_have_each_method_and_verb_of_both_clouds() -> None:
    """One table; what a cloud has not is said by a dash, and is no more than is known."""
    text = (ROOT / "docs" / "gcp.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| (yes|–) \| (yes|–) \|", text, re.MULTILINE)
    shown = {name: (aws == "yes", gcp == "yes") for name, aws, gcp in rows}
    both = [
        ("fanreel … {}", _verbs(lambda_app), _verbs(cloudrun_app)),
        (
            "RenderClient.{}()",
            _methods(fanreel.aws.RenderClient),
            _methods(fanreel.gcp.RenderClient),
        ),
    ]
    expected = {
        form.format(name): (name in aws, name in gcp)
        for form, aws, gcp in both
        for name in aws | gcp
    }
    assert shown == expected
