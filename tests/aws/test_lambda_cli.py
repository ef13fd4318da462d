"""`fanreel lambda …` against a stack on loopback."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fanreel.cli.app import app
from fanreel.cli.failures import run
from fanreel.cli.lambda_ import lambda_app
from tests.aws.recording_worker import VIDEO
from tests.aws.render_lab import Lab, open_lab
from tests.aws.scripted_worker import FunctionFailed, Step


@pytest.fixture(scope="module")
def lab(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Deploy once for all tests."""
    with open_lab(s3_endpoint, tmp_path_factory.mktemp("cli")) as opened:
        yield opened


def ask(lab: Lab, *argv: str) -> Any:
    """Run a command that has to succeed, and give its JSON answer."""
    answer = CliRunner().invoke(lambda_app, [*argv, "--stack", lab.stack_name, "--json"])
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_a_render_by_command_line_from_start_to_end(lab: Lab) -> None:
    """Render, progress, cost, ls, url, download, rm: each answers in camelCase JSON."""
    worker = lab.worker()
    name, project = worker.render_id, str(lab.project)
    started = ask(lab, "render", project, "--render-id", name, "--output-resolution", "720p")
    assert started["outputUri"] == f"s3://{lab.bucket}/outputs/{name}.mp4"
    assert ask(lab, "progress", name, "--wait")["stage"] == "done"
    assert worker.invocations[0]["Config"]["outputResolution"] == "720p"
    assert ask(lab, "cost", name)["totalUsd"] > 0
    assert [r["status"] for r in ask(lab, "ls") if r["renderId"] == name] == ["SUCCEEDED"]
    assert name not in [r["renderId"] for r in ask(lab, "ls", "--status", "failed")]
    assert "X-Amz-Expires=60" in ask(lab, "url", name, "--expires", "60")["url"]
    fetched = ask(lab, "download", name, str(lab.folder))
    assert Path(fetched["path"]).read_bytes() == VIDEO
    assert ask(lab, "rm", name)["deleted"] > 0


def test_a_result_has_a_link(lab: Lab) -> None:
    """It is waited for, and names the file that browsers save."""
    worker = lab.worker()
    argv = [str(lab.project), "--render-id", worker.render_id]
    result = ask(lab, "render", *argv, "--link", "60", "--download-name", "Spring.mp4")
    assert result["stage"] == "done"
    assert "X-Amz-Expires=60" in result["url"]
    assert "Spring.mp4" in result["url"]


def test_people_read_lines(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Progress on standard error, the answer on standard output."""
    worker = lab.worker()
    output = lab.folder / "people.mp4"
    argv = ["lambda", "render", str(lab.project), "--render-id", worker.render_id]
    assert run(app, [*argv, "--stack", lab.stack_name, "-o", str(output)]) == 0
    said = capsys.readouterr()
    assert output.read_bytes() == VIDEO
    assert f"{output}: {len(VIDEO)} bytes" in said.out
    assert "USD" in said.out
    assert f"{worker.render_id} started" in said.err
    assert run(app, ["lambda", "progress", worker.render_id, "--stack", lab.stack_name]) == 0
    assert f"{worker.render_id}: done, 100%" in capsys.readouterr().out
    assert run(app, ["lambda", "cost", worker.render_id, "--stack", lab.stack_name]) == 0
    assert "prices of" in capsys.readouterr().out


def test_a_failed_render_ends_with_its_errors_status(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """One paragraph with the code, and the exit status of the catalogue."""
    worker = lab.worker()
    worker.on("renderChunk", 1, Step(ending=FunctionFailed("BROWSER_GPU_NOT_SOFTWARE")))
    argv = ["lambda", "render", str(lab.project), "--render-id", worker.render_id, "--wait"]
    assert run(app, [*argv, "--stack", lab.stack_name]) == 4
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error[BROWSER_GPU_NOT_SOFTWARE]: render ")
    assert run(app, ["lambda", "progress", worker.render_id, "--stack", lab.stack_name]) == 0
    assert "failed: BROWSER_GPU_NOT_SOFTWARE" in capsys.readouterr().out


def test_cancel_and_redrive_are_one_word(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Waiting for a cancelled render ends like Ctrl-C does."""
    gate = threading.Event()
    worker = lab.worker().on("plan", None, Step(before=gate.wait))
    ask(lab, "render", str(lab.project), "--render-id", worker.render_id)
    ask(lab, "cancel", worker.render_id, "--reason", "test")
    gate.set()
    argv = ["lambda", "progress", worker.render_id, "--wait", "--stack", lab.stack_name]
    assert run(app, argv) == 130
    assert "RENDER_CANCELLED" in capsys.readouterr().err


def test_a_batch_answers_a_line_per_render(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """One fails: its status is the command's; the other is there all the same."""
    good, bad = lab.worker(), lab.worker()
    bad.on("plan", None, Step(ending=FunctionFailed("INVALID_VARIABLES")))
    batch = lab.folder / "batch.jsonl"
    lines = [{"renderId": bad.render_id}, {"renderId": good.render_id, "variables": {"a": 1}}]
    batch.write_text("\n".join(map(json.dumps, lines)))
    argv = ["lambda", "render-batch", str(lab.project), str(batch), "--stack", lab.stack_name]
    assert run(app, [*argv, "--json", "--dry-run"]) == 0
    checked = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [item["status"] for item in checked] == ["CHECKED", "CHECKED"]
    assert good.invocations == []
    assert run(app, [*argv, "--json", "--strict-variables"]) == 2
    items = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {item.get("renderId"): item.get("status") for item in items[:2]} == {
        bad.render_id: "FAILED",
        good.render_id: "SUCCEEDED",
    }
    assert len(items) == 2, "only items, though one failed"
    assert next(item for item in items if item["failure"])["failure"]["code"] == (
        "INVALID_VARIABLES"
    )
    assert good.invocations[0]["Config"]["strictVariables"] is True


@pytest.mark.media
def test_a_batch_has_a_cost_limit(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Of all its renders; a dry run tells too."""
    project, batch = lab.folder / "limited", lab.folder / "limited.jsonl"
    project.mkdir()
    facts = "data-composition-id='a' data-duration='0.2' data-no-timeline"
    (project / "index.html").write_text(f"<div {facts} data-width='160' data-height='90'></div>")
    batch.write_text('{"variables": {"n": 1}}\n{"variables": {"n": 2}}\n')
    argv = ["lambda", "render-batch", str(project), str(batch), "--stack", lab.stack_name]
    assert run(app, [*argv, "--dry-run", "--max-cost", "0.000001"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "error[INVALID_CONFIG]: the batch of 2 renders is estimated to cost" in said.err


@pytest.mark.parametrize("command", ["render", "progress", "render-batch"])
def test_who_waits_is_told_progress_as_json(
    lab: Lab, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines of JSON on standard error, rising to the end; standard output has the answer alone."""
    worker = lab.worker(chunks=2)
    render_id, batch = worker.render_id, lab.folder / "waiting.jsonl"
    batch.write_text(json.dumps({"renderId": render_id}))
    argv = {
        "render": ["render", str(lab.project), "--render-id", render_id, "--wait"],
        "progress": ["progress", render_id, "--wait"],
        "render-batch": ["render-batch", str(lab.project), str(batch)],
    }[command]
    if command == "progress":
        lab.start(worker)
    assert run(app, ["lambda", *argv, "--stack", lab.stack_name, "--json"]) == 0
    said = capsys.readouterr()
    events = [json.loads(line) for line in said.err.splitlines()]
    assert {(event["event"], event["renderId"]) for event in events} == {("progress", render_id)}
    fractions = [event["fraction"] for event in events]
    assert fractions == sorted(fractions)
    assert (events[-1]["stage"], events[-1]["fraction"]) == ("done", 1.0)
    assert json.loads(said.out)["renderId"] == render_id


def test_sites_are_made_listed_and_removed(lab: Lab) -> None:
    """The id of one command is the argument of the next."""
    made = ask(lab, "sites", "create", str(lab.project))
    assert made["siteId"] in [site["siteId"] for site in ask(lab, "sites", "ls")]
    assert ask(lab, "sites", "rm", made["siteId"])["deleted"] >= 1
    assert made["siteId"] not in [site["siteId"] for site in ask(lab, "sites", "ls")]


def test_a_missing_stack_says_how_to_get_one(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2: the caller's input."""
    assert run(app, ["lambda", "ls", "--stack", "nobody"]) == 2
    assert "fanreel lambda deploy" in capsys.readouterr().err


def test_the_command_is_a_process_like_any_other(lab: Lab) -> None:
    """A real subprocess, as a script or a CI job would start it."""
    worker = lab.worker()
    output = lab.folder / "process.mp4"
    environment = {**os.environ, "FANREEL_STACK": lab.stack_name}
    argv = ["lambda", "render", str(lab.project), "--render-id", worker.render_id]
    ended = subprocess.run(
        [sys.executable, "-m", "fanreel", *argv, "-o", str(output), "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert answer["fraction"] == 1
    assert answer["download"]["sizeBytes"] == len(VIDEO)
    assert output.read_bytes() == VIDEO
