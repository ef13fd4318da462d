"""`RenderClient` against S3, CloudFormation and Step Functions on loopback; scripted workers."""

import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from fanreel.aws import RenderClient
from fanreel.aws.storage.s3_client import s3_uri
from fanreel.errors import (
    InvalidConfig,
    RenderCancelled,
)
from fanreel.remote.results import PLATFORM_ADVICE, Failure
from tests.aws.recording_worker import VIDEO
from tests.aws.render_lab import REGION, Lab, deploy, open_lab
from tests.aws.scripted_worker import Step, wait_until


@pytest.fixture(scope="module")
def lab(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Deploy once for all tests."""
    with open_lab(s3_endpoint, tmp_path_factory.mktemp("client")) as opened:
        yield opened


def test_a_render_from_folder_to_file(lab: Lab) -> None:
    """Upload, start, wait, download, link, cost, list, delete."""
    worker = lab.worker(chunks=3)
    render_id = worker.render_id
    started = lab.start(worker, {"fps": 30})
    assert started.output_uri == f"s3://{lab.bucket}/outputs/{render_id}.mp4"
    assert not started.already_started
    seen: list[float] = []
    end = lab.wait(worker, on_progress=lambda p: seen.append(p.fraction))
    assert (end.stage, end.fraction, seen[-1]) == ("done", 1.0, 1.0)
    assert end.frames_done == end.total_frames == worker.total_frames
    assert {chunk.state for chunk in end.chunks} == {"done"}
    assert seen == sorted(seen)
    fetched = lab.client.download(render_id, lab.folder)
    assert Path(fetched.path).read_bytes() == VIDEO
    assert Path(fetched.path).name == f"{render_id}.mp4"
    named = lab.client.presigned_url(render_id, download_name="Größe 1.mp4")
    with urllib.request.urlopen(named) as answer:  # noqa: S310 (loopback)
        disposition = answer.headers["Content-Disposition"]
    assert disposition == "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.mp4"
    for name in ("", "a/b.mp4", "a\nb"):
        with pytest.raises(InvalidConfig, match="download name"):
            lab.client.presigned_url(render_id, download_name=name)
    link = lab.client.presigned_url(render_id, expires_s=60)
    assert "X-Amz-Signature=" in link, "Signature Version 2, which KMS refuses"
    with urllib.request.urlopen(link) as answer:  # noqa: S310 (loopback)
        assert answer.read() == VIDEO
    cost = lab.client.cost(render_id)
    assert cost.invocations == 5
    assert cost.gb_seconds == pytest.approx(5 * 1.5 * 2)
    assert cost == end.cost
    assert (render_id, "SUCCEEDED") in [(r.render_id, r.status) for r in lab.client.list_renders()]
    assert lab.client.delete_render(render_id) > 0
    assert not any(render_id in key for key in lab.objects())


def test_a_poll_is_one_description_and_one_list(lab: Lab) -> None:
    """In the middle of a render, and it says which chunk does what."""
    gate = threading.Event()
    worker = lab.worker(chunks=2, segments_per_chunk=4)
    worker.on("renderChunk", 1, Step(segments=1), Step(before=gate.wait, segments=3))
    lab.start(worker)
    wait_until(lambda: worker.count("renderChunk", 1) == 2 and worker.recorded("00000"))
    lab.client.progress(worker.render_id)
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    events = [lab.client.connection.store.client.meta.events, lab.client.connection.sfn.meta.events]
    for emitter in events:
        emitter.register("before-call", count)
    now = lab.client.progress(worker.render_id)
    for emitter in events:
        emitter.unregister("before-call", count)
    gate.set()
    assert calls == {"DescribeExecution": 1, "ListObjectsV2": 1}
    assert now.stage == "rendering"
    assert (now.frames_done, now.total_frames) == (50, 80)
    assert [(c.state, c.frames_done, c.attempts) for c in now.chunks] == [
        ("done", 40, 1),
        ("running", 10, 2),
    ]
    assert now.fraction == pytest.approx(0.98 * 50 / 80)
    assert now.frames_per_s
    assert now.remaining_s
    assert now.retries == 0
    assert now.cost
    assert now.cost.total_usd > 0
    lab.wait(worker)


def test_a_render_started_by_anyone_is_watched_like_any_other(lab: Lab) -> None:
    """A raw StartExecution with the least input: defaults are those of the state machine."""
    worker = lab.worker()
    site = lab.client.deploy_site(lab.project)
    boto3.client("stepfunctions").start_execution(
        stateMachineArn=lab.client.deployment.state_machine_arn,
        name=worker.render_id,
        input=json.dumps({"ProjectS3Uri": site.uri}),
    )
    end = lab.wait(worker)
    assert end.frames_done == worker.total_frames
    assert end.output_uri == f"s3://{lab.bucket}/outputs/{worker.render_id}.mp4"
    assert Path(lab.client.download(worker.render_id, lab.folder).path).read_bytes() == VIDEO


def test_a_render_may_have_its_folder_elsewhere(lab: Lab) -> None:
    """Progress, cost and deleting go by it, and leave alone what lies there besides."""
    worker = lab.worker()
    folder = s3_uri(lab.bucket, f"renders/shared-{worker.render_id}/")
    others = {f"{folder.key}notes.txt", f"{folder.key}inner/plan.json"}
    for key in (*others, f"{folder.key}plan.json"):
        lab.store.write_bytes(s3_uri(lab.bucket, key), b"{}")
    site = lab.client.deploy_site(lab.project)
    boto3.client("stepfunctions").start_execution(
        stateMachineArn=lab.client.deployment.state_machine_arn,
        name=worker.render_id,
        input=json.dumps({"ProjectS3Uri": site.uri, "PlanOutputS3Prefix": str(folder)}),
    )
    end = lab.wait(worker)
    assert end.frames_done == worker.total_frames
    assert end.cost
    assert end.cost.invocations == 4
    assert any(key.startswith(f"{folder.key}progress/") for key in lab.objects())
    lab.client.delete_render(worker.render_id)
    assert {key for key in lab.objects() if worker.render_id in key} == others
    gone = lab.client.progress(worker.render_id)
    assert (gone.stage, gone.output_uri) == ("deleted", None)


def test_transitions_are_those_of_the_history(lab: Lab) -> None:
    """The formula counts what Step Functions entered: start, states, end."""
    worker = lab.worker(chunks=3).on("renderChunk", 0, Step(segments=1))
    lab.start(worker)
    lab.wait(worker)
    arn = lab.client.deployment.execution_arn(worker.render_id)
    history = boto3.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    entered = sum(event["type"].endswith("StateEntered") for event in history)
    assert lab.client.cost(worker.render_id).transitions == entered + 2


def test_cancelling_stops_machine_and_workers(lab: Lab) -> None:
    """The marker is there for the workers, the execution is aborted, waiting says so."""
    gate = threading.Event()
    worker = lab.worker().on("plan", None, Step(before=gate.wait))
    lab.start(worker)
    wait_until(lambda: worker.is_busy)
    lab.client.cancel(worker.render_id, "changed my mind")
    assert f"renders/{worker.render_id}/cancelled" in lab.objects()
    gate.set()  # this interpreter stops when its task has ended
    with pytest.raises(RenderCancelled):
        lab.wait(worker)
    now = lab.client.cancel(worker.render_id)  # nothing more happens
    assert (now.stage, now.status) == ("cancelled", "ABORTED")


@pytest.mark.media
def test_a_batch_that_costs_too_much_is_not_started(lab: Lab) -> None:
    """No line of it, be it of a folder or of a site; within the limit all are."""
    html = "data-composition-id='a' data-width='160' data-height='90' data-duration='0.4'"
    project = lab.folder / "affordable"
    project.mkdir()
    (project / "index.html").write_text(f"<div {html} data-no-timeline></div>")
    site = lab.client.deploy_site(project)
    before = lab.objects()
    workers = [lab.worker(), lab.worker()]
    # Its estimate is planned only: no frame of it is measured.
    sound = {"format": "wav"}
    lines = [
        {"renderId": w.render_id, "variables": {"n": n}, "config": sound}
        for n, w in enumerate(workers)
    ]
    (project / "new.txt").write_text("not to be uploaded")
    with pytest.raises(InvalidConfig, match="the batch of 2 renders is estimated to cost"):
        lab.client.render_batch(project, lines, max_cost_usd=1e-6)
    with pytest.raises(InvalidConfig, match="the render is estimated to cost"):
        lab.client.start_render(site, sound, render_id=workers[0].render_id, max_cost_usd=1e-6)
    assert lab.objects() == before
    assert not workers[0].invocations
    items = list(lab.client.render_batch(site, lines, max_cost_usd=1.0, poll_s=0.05))
    assert [item.status for item in items] == ["SUCCEEDED", "SUCCEEDED"]


def test_an_unknown_render_or_stack_says_how_to_find_one(lab: Lab) -> None:
    """The message names the command."""
    with pytest.raises(InvalidConfig, match="fanreel lambda ls"):
        lab.client.progress("nobody")
    with pytest.raises(InvalidConfig, match="fanreel lambda deploy"):
        RenderClient.from_stack("nobody")


def test_outputs_of_an_embedding_stack_are_found_by_their_ending(lab: Lab) -> None:
    """A construct in another stack has its path before each name."""
    outputs = {
        "VideoRendersBucketName": lab.bucket,
        "VideoRendersStateMachineArn": lab.client.deployment.state_machine_arn,
    }
    deploy("embedding", outputs)
    assert RenderClient.from_stack("embedding").deployment.bucket == lab.bucket
    deploy("stranger", {"Unrelated": "x"})
    with pytest.raises(InvalidConfig, match="BucketName"):
        RenderClient.from_stack("stranger")


def test_explicit_names_and_session_need_no_stack(lab: Lab) -> None:
    """Any boto3 session; `endpoint_url` is used for every service."""
    session = boto3.Session("a", "b", region_name=REGION)
    client = RenderClient(
        bucket=lab.bucket,
        state_machine_arn=lab.client.deployment.state_machine_arn,
        function_name="nobody",
        session=session,
        endpoint_url=lab.url,
    )
    worker = lab.worker()
    client.start_render(lab.project, render_id=worker.render_id)
    assert client.wait(worker.render_id, poll_s=0.05).stage == "done"
    assert any("assumed" in note for note in client.cost(worker.render_id).notes)


def test_a_render_chooses_among_the_stacks_functions(lab: Lab) -> None:
    """By name; all its work goes there, and is paid at its prices."""
    worker = lab.worker(chunks=2)
    role = boto3.client("iam").create_role(RoleName="big", AssumeRolePolicyDocument="{}")
    boto3.client("lambda").create_function(
        FunctionName="render-big",
        Role=role["Role"]["Arn"],
        PackageType="Image",
        Code={"ImageUri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/fanreel:1"},
        MemorySize=7076,
        Architectures=["arm64"],
    )
    with pytest.raises(InvalidConfig, match="to choose from: big"):
        lab.client.start_render(lab.project, render_id=worker.render_id, function="small")
    lab.client.start_render(lab.project, render_id=worker.render_id, function="big")
    end = lab.wait(worker)
    assert lab.endpoint.invoked[worker.render_id] == ["render-big"] * 4
    assert end.cost is not None
    assert end.cost.architecture == "arm64"
    other = lab.worker()
    lab.start(other)
    lab.wait(other)
    assert set(lab.endpoint.invoked[other.render_id]) == {"render"}
    assert lab.client.cost(other.render_id).architecture == "x86_64"


def test_logs_are_the_lines_that_name_the_render(lab: Lab) -> None:
    """Decoded where they are JSON, of this render only."""
    worker = lab.worker()
    lab.start(worker)
    lab.wait(worker)
    logs = boto3.client("logs")
    group = f"group-{worker.render_id}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now_ms = time.time_ns() // 1_000_000
    lines = [
        {"level": "INFO", "message": "start", "render_id": worker.render_id},
        {"level": "INFO", "message": "start", "render_id": "another"},
    ]
    logs.put_log_events(
        logGroupName=group,
        logStreamName="s",
        logEvents=[{"timestamp": now_ms, "message": json.dumps(line)} for line in lines],
    )
    client = RenderClient(
        bucket=lab.bucket,
        state_machine_arn=lab.client.deployment.state_machine_arn,
        log_group=group,
    )
    assert list(client.logs(worker.render_id)) == lines[:1]
    with pytest.raises(InvalidConfig, match="log group"):
        lab.client.logs(worker.render_id)


def test_the_docs_have_the_advice_of_every_platform_code() -> None:
    """The table in docs/aws.md is what a failed render says."""
    text = (Path(__file__).parents[2] / "docs" / "aws.md").read_text()
    for code, advice in PLATFORM_ADVICE.items():
        assert f"| `{code}` | {advice} |" in text


def test_a_platform_failure_is_explained() -> None:
    """Lambda's own words alone would help nobody."""
    error = Failure.of("Runtime.ExitError", "signal: killed").to_error("r1")
    assert "deploy with more memory" in str(error)
    assert "signal: killed" in str(error)
