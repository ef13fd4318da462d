"""The table of what can be wanted of AWS, in docs/aws.md: each command of it, run."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanreel.cli.app import app
from fanreel.cli.failures import run
from tests.aws.render_lab import Lab, deploy, open_lab

DOCS = Path(__file__).parents[2] / "docs"
SECTION = (DOCS / "aws.md").read_text().split("## What you may want\n")[1].split("\n## ")[0]
ROWS = dict(re.findall(r"^\| (.+?) \| `(fanreel .+?)` \|$", SECTION, re.MULTILINE))
SETTINGS = {
    "functions": ["big=7076:arm64"],
    "output_buckets": ["media/films"],
    "output_endpoints": ["elsewhere=https://s3.example.com=fanreel/elsewhere"],
    "project_buckets": ["projects"],
    "project_hosts": ["example.com"],
    "progress_document": True,
}


@pytest.fixture(scope="module")
def lab(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Deploy a stack with the settings that the table's commands take for granted."""
    with open_lab(s3_endpoint, tmp_path_factory.mktemp("wanted")) as opened:
        found = opened.client.deployment
        outputs = {
            "BucketName": found.bucket,
            "StateMachineArn": found.state_machine_arn,
            "FunctionName": "render",
            "FunctionNames": json.dumps(dict(found.function_names)),
            "Settings": json.dumps(SETTINGS),
        }
        deploy("wanted", outputs)
        yield opened


def test_the_table_is_read() -> None:
    """All of its rows, and none without a command."""
    assert len(ROWS) == SECTION.count("\n| ") - 1 > 20


@pytest.mark.parametrize("wanted", ROWS)
def test_the_command_does_it(
    lab: Lab, wanted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is accepted; what starts a render has started it, and changed what it was to change."""
    worker = lab.worker()
    places = {"PROJECT": str(lab.project), "BUCKET": lab.bucket, "ID": worker.render_id}
    argv = [
        re.sub(r"\b(PROJECT|BUCKET|ID)\b", lambda found: places[found[0]], part)
        for part in shlex.split(ROWS[wanted])[1:]
    ]
    if argv[1] == "render":
        argv += ["--render-id", worker.render_id]
    if argv[1] == "still":
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", lab.endpoint.url)
        monkeypatch.setattr("fanreel.remote.render_client.new_render_id", lambda: worker.render_id)
    assert run(app, [*argv, "--stack", "wanted"]) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    if argv[1] in ("render", "still"):
        assert worker.render_id in said
    elif argv[1] == "url":
        assert "progress.json?" in said
