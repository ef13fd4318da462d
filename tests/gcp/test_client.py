"""`RenderClient` on Google Cloud's stand-ins: what is Workflows' alone. See tests/clouds too."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanreel.errors import InvalidConfig, StorageUnavailable, UnexpectedError
from fanreel.gcp import RenderClient
from fanreel.gcp.client import started
from fanreel.gcp.client.started import Started
from fanreel.storage import layout
from tests.aws.scripted_worker import FunctionFailed, Killed, Step, wait_until
from tests.gcp.google_apis import PROJECT, REGION
from tests.gcp.render_lab import Lab, open_lab
from tests.gcp.storage_service import StorageService


@pytest.fixture(scope="module")
def lab(storage_service: StorageService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Deploy once for all tests."""
    with open_lab(storage_service, tmp_path_factory.mktemp("client")) as opened:
        yield opened


def test_two_that_start_at_once_start_one_render(lab: Lab) -> None:
    """Eight clients, one execution; exactly one of them was first."""
    worker = lab.worker()
    together = threading.Barrier(8)
    answers = []

    def start() -> None:
        client = lab.open()
        site = client.deploy_site(lab.project)
        together.wait(20)
        answers.append(client.start_render(site, render_id=worker.render_id))

    starting = [threading.Thread(target=start) for _ in range(8)]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join(60)
    lab.wait(worker)
    assert len(answers) == 8
    assert len({answer.execution_arn for answer in answers}) == 1
    assert sum(not answer.already_started for answer in answers) == 1
    assert worker.count("plan") == 1


def _claim(lab: Lab, render_id: str) -> None:
    """Leave what an owner leaves that dies before it has an execution."""
    site = lab.client.deploy_site(lab.project)
    request = lab.client.request(site, render_id=render_id)
    place = layout.started(layout.render(lab.root, render_id))
    lab.store.write_bytes(place, Started(input=request.to_json()).to_bytes())


def test_an_owner_that_died_before_the_execution_is_replaced(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its claim is older than its request may have taken; then the render is started."""
    monkeypatch.setattr(started, "DEAD_AFTER_S", 0.2)
    monkeypatch.setattr(started, "_LOOK_EVERY_S", 0.05)
    worker = lab.worker()
    _claim(lab, worker.render_id)
    answer = lab.start(worker)
    assert answer.already_started
    assert lab.wait(worker).stage == "done"
    assert worker.count("plan") == 1


def test_an_owner_that_died_after_the_execution_is_remembered(lab: Lab) -> None:
    """The execution is found by its argument, and no other is begun."""
    worker = lab.worker()
    site = lab.client.deploy_site(lab.project)
    lab.apis.lose_next_answer = True
    with pytest.raises(StorageUnavailable):
        lab.client.start_render(site, render_id=worker.render_id)
    answer = lab.client.start_render(site, render_id=worker.render_id)
    assert answer.already_started
    assert lab.wait(worker).stage == "done"
    assert worker.count("plan") == 1


def test_what_google_refuses_is_started_by_nobody_later(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim goes with the refusal: looking at a render that failed to start costs nothing."""
    monkeypatch.setattr(started, "DEAD_AFTER_S", 0.0)
    worker = lab.worker()
    lab.apis.refuse_next = True
    with pytest.raises(InvalidConfig, match="not allowed"):
        lab.start(worker)
    with pytest.raises(InvalidConfig, match=worker.render_id):
        lab.client.progress(worker.render_id)
    assert worker.invocations == []
    assert not lab.start(worker).already_started
    assert lab.wait(worker).stage == "done"


def test_a_redrive_that_google_refuses_leaves_the_render_as_it_was(lab: Lab) -> None:
    """The execution that failed stays its own."""
    worker = lab.worker().on("plan", None, Step(ending=FunctionFailed("INVALID_COMPOSITION")))
    lab.start(worker)
    with pytest.raises(Exception, match="as scripted"):
        lab.wait(worker)
    failed = lab.client.progress(worker.render_id)
    lab.apis.refuse_next = True
    with pytest.raises(InvalidConfig, match="not allowed"):
        lab.client.redrive(worker.render_id)
    assert lab.client.progress(worker.render_id).failure == failed.failure


def test_a_claim_of_the_living_is_left_alone(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second waits, and then says so; nothing is started twice."""
    monkeypatch.setattr(started, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr("time.monotonic", iter(range(0, 10**6, 50)).__next__)
    worker = lab.worker()
    _claim(lab, worker.render_id)
    with pytest.raises(StorageUnavailable, match="being started"):
        lab.client.progress(worker.render_id)
    assert worker.invocations == []


def test_a_failed_render_goes_on_under_its_id(lab: Lab) -> None:
    """Another execution of the same render, which finds the finished segments."""
    worker = lab.worker(chunks=2, segments_per_chunk=3)
    worker.on("renderChunk", 1, Step(ending=FunctionFailed("ASSET_NOT_IN_PLAN"), segments=2))
    first = lab.start(worker)
    with pytest.raises(Exception, match="as scripted"):
        lab.wait(worker)
    again = lab.client.redrive(worker.render_id)
    assert again.render_id == worker.render_id
    assert again.execution_arn != first.execution_arn
    lab.wait(worker)
    assert max(worker.begun.values()) <= 2
    with pytest.raises(InvalidConfig, match="SUCCEEDED"):
        lab.client.redrive(worker.render_id)


def test_why_it_was_cancelled_is_kept(lab: Lab) -> None:
    """Workflows has no word for it."""
    gate = threading.Event()
    worker = lab.worker().on("plan", None, Step(before=gate.wait))
    lab.start(worker)
    wait_until(lambda: worker.is_busy)
    lab.client.cancel(worker.render_id, "changed my mind")
    wait_until(lambda: lab.client.progress(worker.render_id).finished)
    gate.set()
    failure = lab.client.progress(worker.render_id).failure
    assert failure
    assert failure.message == "changed my mind"


def test_logs_are_asked_for_by_render(lab: Lab) -> None:
    """As one line of JSON each, with time and level of the entry."""
    worker = lab.worker()
    lab.start(worker)
    lab.wait(worker)
    lab.apis.entries.append({
        "timestamp": "2026-11-30T00:00:00Z", "severity": "INFO",
        "jsonPayload": {"message": "started", "RenderId": worker.render_id, "Action": "plan"},
    })  # fmt: skip
    (line,) = lab.client.logs(worker.render_id)
    assert (line["level"], line["message"], line["Action"]) == ("INFO", "started", "plan")


def test_an_unknown_deployment_says_what_to_do(lab: Lab) -> None:
    """And a workflow that is none of fanreel's is none."""
    lab.apis.workflows["other"] = {}
    rest = lab.client.connection.rest
    for name, words in {"nobody": "cloudrun deploy", "other": "not one of fanreel's"}.items():
        with pytest.raises(InvalidConfig, match=words):
            RenderClient.from_deployment(
                PROJECT, REGION, name, credentials=rest.credentials, endpoint_url=lab.apis.url
            )


def test_steps_are_those_that_the_workflow_takes(lab: Lab) -> None:
    """The formula counts what the interpreter counts, to one in a hundred."""
    worker = lab.worker(chunks=30, segments_per_chunk=2).on("renderChunk", 0, Step(segments=1))
    name = lab.start(worker).execution_arn
    lab.wait(worker)
    taken = lab.apis.executions[name].steps
    assert lab.client.cost(worker.render_id).steps == pytest.approx(taken, rel=0.01)


def test_prices_are_those_of_the_lists(lab: Lab) -> None:
    """Five requests of 1.5 s on four processors and 8 GiB, of the dearer tier."""
    worker = lab.worker(chunks=3)
    lab.start(worker)
    lab.wait(worker)
    cost = lab.client.cost(worker.render_id)
    assert cost.vcpu_seconds == pytest.approx(5 * 1.5 * 4)
    assert cost.gib_seconds == pytest.approx(5 * 1.5 * 8)
    assert cost.cpu_usd == pytest.approx(30 * 0.0000336)
    assert cost.memory_usd == pytest.approx(60 * 0.0000035)
    assert cost.total_usd == pytest.approx(sum(cost.lines.values()))


def test_the_argument_fits_workflows(lab: Lab) -> None:
    """Twenty KB of variables go through the bucket; Step Functions would take them inline."""
    worker = lab.worker()
    variables = {"text": "ä" * 10_000}
    lab.start(worker, {"variables": variables})
    lab.wait(worker)
    assert worker.variables() == variables
    assert "VariablesS3Uri" in worker.invocations[0]
    assert len(json.dumps(worker.invocations[0])) < 5000


def test_a_still_is_asked_of_the_service(lab: Lab, tmp_path: Path) -> None:
    """Not of the workflow."""
    worker = lab.worker()
    before = len(lab.apis.executions)
    saved = lab.client.still(lab.project, 2.5, render_id=worker.render_id)
    assert saved.output_uri == f"gs://{lab.bucket}/outputs/{worker.render_id}.png"
    assert len(lab.apis.executions) == before


def test_an_instance_that_dies_twice_is_explained(lab: Lab) -> None:
    """Cloud Run says 503, the workflow names it, and the client says what to do."""
    worker = lab.worker(chunks=1).on("renderChunk", 0, *[Step(ending=Killed())] * 2)
    lab.start(worker)
    with pytest.raises(UnexpectedError, match="deploy with more memory"):
        lab.wait(worker)
    failure = lab.client.progress(worker.render_id).failure
    assert failure
    assert (failure.code, failure.retryable) == ("CloudRun.Unanswered", True)
