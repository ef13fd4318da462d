"""The workflow run by its interpreter, against workers that follow a script."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fanreel.errors import (
    CAPTURE_TIMEOUT,
    INVALID_CONFIG,
    PLAN_PRODUCED_ZERO_CHUNKS,
    RETRYABLE_CODES,
    TERMINAL_CODES,
)
from fanreel.gcp.workflow.__main__ import printed
from fanreel.gcp.workflow.retries import UNANSWERED
from fanreel.gcp.workflow.settings import (
    BUCKET,
    CONCURRENCY_LIMIT,
    MAX_CONCURRENCY,
    MAX_RENDER_COST,
    RENDER_TIMEOUT,
    SERVICE_URL,
)
from tests.aws.scripted_worker import (
    FunctionFailed,
    Killed,
    ScriptedWorker,
    Step,
    Throttled,
    wait_until,
)
from tests.gcp.scripted_service import ScriptedService
from tests.gcp.workflow_interpreter import MOST_BYTES, MOST_STEPS, Execution, Workflow

RENDERS = "renders-bucket"
PROJECT = {"ProjectS3Uri": f"gs://{RENDERS}/sites/a/"}
ACTIONS = ("plan", "renderChunk", "assemble")
_numbers = itertools.count()


class Lab:
    """The workflow, and the service that it asks."""

    def __init__(self, service: ScriptedService) -> None:
        self.service = service

    def start(
        self, worker: ScriptedWorker, deployed: dict[str, str] | None = None, **document: Any
    ) -> Execution:
        """Start a render by *worker*."""
        name = f"render-{next(_numbers)}"
        self.service.workers[name] = worker
        environment = {BUCKET: RENDERS, SERVICE_URL: self.service.url, **(deployed or {})}
        return Workflow(printed(), environment).execute(PROJECT | {"RenderId": name} | document)

    def run(self, worker: ScriptedWorker, **document: Any) -> Execution:
        """Run a render by *worker* to its end."""
        return self.start(worker, **document).wait()


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One service for all."""
    with ScriptedService() as service:
        yield Lab(service)


Workers = Callable[..., ScriptedWorker]


@pytest.fixture
def new_worker(tmp_path: Path) -> Workers:
    """Make workers, each with a bucket of its own."""

    def make(**fields: Any) -> ScriptedWorker:
        store = tmp_path / str(next(_numbers))
        store.mkdir()
        return ScriptedWorker(store=store, **fields)

    return make


def test_each_step_gets_what_its_contract_says(lab: Lab, new_worker: Workers) -> None:
    """Derived places are filled in and `cfr` is forwarded; the result is assemble's."""
    worker = new_worker(chunks=1)
    output = {"Overwrite": True}
    config = {"cfr": True, "variables": {"title": "Hé ✓"}}
    ended = lab.run(worker, Config=config, Output=output, TimeoutSeconds=600, MaxCostUsd=0.5)
    assert ended.state == "SUCCEEDED", ended.error
    plan, chunk, assembly = worker.invocations
    name, limits = plan["RenderId"], plan["Limits"]
    assert limits == limits | {"TimeoutSeconds": 600, "MaxCostUsd": 0.5}
    shared = {
        "RenderId": name,
        "PlanManifestS3Uri": f"gs://{RENDERS}/renders/{name}/plan.json",
        "PlanHash": "5" * 64,
        "ChunkOutputS3Prefix": f"gs://{RENDERS}/segments/{'5' * 64}/",
        "Format": "mp4",
        "Limits": limits,
    }
    assert plan == {
        "Action": "plan",
        "RenderId": name,
        "ProjectS3Uri": f"gs://{RENDERS}/sites/a/",
        "PlanOutputS3Prefix": f"gs://{RENDERS}/renders/{name}/",
        "VariablesS3Uri": None,
        "OutputS3Uri": None,
        "Output": output,
        "Limits": limits,
        "Config": config,
    }
    assert chunk == shared | {"Action": "renderChunk", "ChunkIndex": 0}
    assert assembly == shared | {
        "Action": "assemble",
        "OutputS3Uri": f"gs://{RENDERS}/outputs/{name}.mp4",
        "Output": output,
        "Cfr": True,
    }
    assert ended.result["OutputS3Uri"] == f"gs://{RENDERS}/outputs/{name}.mp4"
    assert ended.result["FramesEncoded"] == worker.total_frames
    assert lab.service.tokens == {f"Bearer token-for-{lab.service.url}"}


def test_given_places_are_used(lab: Lab, new_worker: Workers) -> None:
    """What the argument says outranks what is derived."""
    worker = new_worker(chunks=1)
    places = {
        "PlanOutputS3Prefix": f"gs://{RENDERS}/renders/elsewhere/",
        "OutputS3Uri": f"gs://{RENDERS}/outputs/mine.mp4",
        "VariablesS3Uri": f"gs://{RENDERS}/renders/elsewhere/variables.json",
    }
    assert lab.run(worker, **places).state == "SUCCEEDED"
    plan, _, assembly = worker.invocations
    assert {name: plan[name] for name in places} == places
    assert assembly["OutputS3Uri"] == plan["OutputS3Uri"]
    assert assembly["Cfr"] is False


def test_a_render_without_an_id_has_its_executions(lab: Lab, new_worker: Workers) -> None:
    """And what is given as null is as if it were not there."""
    worker = new_worker(chunks=1)
    environment = {BUCKET: RENDERS, SERVICE_URL: lab.service.url}
    workflow = Workflow(printed(), environment)
    gate = threading.Event()
    worker.on("plan", None, Step(before=gate.wait))
    execution = workflow.execute(PROJECT | {"OutputS3Uri": None, "RenderId": None})
    lab.service.workers[execution.identifier] = worker
    gate.set()
    ended = execution.wait()
    assert ended.state in {"SUCCEEDED", "FAILED"}
    assert ended.result["OutputS3Uri"] == f"gs://{RENDERS}/outputs/{execution.identifier}.mp4"


@pytest.mark.parametrize("output_format", ["mp3", "png-sequence"])
def test_a_derived_output_has_the_extension_of_its_format(
    lab: Lab, new_worker: Workers, output_format: str
) -> None:
    """A sound alone has no chunks, and that is no error."""
    is_sound = output_format == "mp3"
    worker = new_worker(chunks=0 if is_sound else 1, output_format=output_format)
    ended = lab.run(worker, Config={"format": output_format})
    assert ended.state == "SUCCEEDED", ended.error
    assert ended.result["OutputS3Uri"].endswith(".mp3" if is_sound else ".tar")
    assert len(worker.invocations) == (2 if is_sound else 3)


@pytest.mark.parametrize("chunks", [1, 20, 21, 60])
def test_any_number_of_chunks(lab: Lab, new_worker: Workers, chunks: int) -> None:
    """Each is asked for once."""
    worker = new_worker(chunks=chunks, segments_per_chunk=1)
    assert lab.run(worker).state == "SUCCEEDED"
    indexes = [event["ChunkIndex"] for event in worker.invocations if "ChunkIndex" in event]
    assert sorted(indexes) == [*range(chunks)]


def test_a_thousand_chunks_stay_within_the_limits(lab: Lab, new_worker: Workers) -> None:
    """
    Of steps and memory, and leave room for the rounds that long chunks take.

    The biggest argument that Workflows takes goes with them.
    """
    few = lab.run(new_worker(chunks=10, segments_per_chunk=1))
    worker = new_worker(chunks=1000, segments_per_chunk=1)
    many = lab.start(worker, Config={"variables": {"text": "x" * 30_000}}).wait(300)
    assert many.state == "SUCCEEDED", many.error
    a_chunk = (many.steps - few.steps) / 990
    assert a_chunk <= 12
    assert many.steps < MOST_STEPS / 8
    assert many.most_bytes < MOST_BYTES / 3
    again = new_worker(chunks=1, segments_per_chunk=14)
    again.on("renderChunk", 0, *[Step(segments=1)] * 10)
    rounds = lab.run(again)
    assert again.count("renderChunk") == 11
    assert 1000 * (rounds.steps - few.steps + 10 * a_chunk) < MOST_STEPS


def test_twenty_chunks_are_rendered_at_once_and_no_more(lab: Lab, new_worker: Workers) -> None:
    """Whatever is asked for; the others wait for their turn."""
    worker = new_worker(chunks=30, segments_per_chunk=1)
    together = threading.Barrier(20)
    for chunk in range(20):
        worker.on("renderChunk", chunk, Step(segments=9, before=lambda: together.wait(20)))
    assert lab.run(worker, MaxConcurrency=500).state == "SUCCEEDED"
    assert worker.most_at_once == 20


@pytest.mark.parametrize("deployed", [True, False])
def test_concurrency_comes_from_the_argument_or_the_deployment(
    lab: Lab, new_worker: Workers, *, deployed: bool
) -> None:
    """Of eight chunks, never more than two at once."""
    worker = new_worker(chunks=8)
    together = threading.Barrier(2)
    for chunk in range(8):
        worker.on("renderChunk", chunk, Step(segments=9, before=lambda: together.wait(20)))
    if deployed:
        ended = lab.start(worker, {MAX_CONCURRENCY: "2"}).wait()
    else:
        ended = lab.run(worker, MaxConcurrency=2)
    assert ended.state == "SUCCEEDED"
    assert worker.most_at_once == 2


def test_no_chunks_is_an_error_of_its_own(lab: Lab, new_worker: Workers) -> None:
    """Nothing is asked for after the plan."""
    worker = new_worker(chunks=0)
    assert lab.run(worker).error["code"] == PLAN_PRODUCED_ZERO_CHUNKS
    assert len(worker.invocations) == 1


def test_more_chunks_than_a_workflow_can_spread_is_refused(lab: Lab, new_worker: Workers) -> None:
    """Before any is rendered, and saying what to lower."""
    worker = new_worker(chunks=1001)
    ended = lab.run(worker)
    assert ended.error["code"] == INVALID_CONFIG
    assert "maxParallelChunks" in ended.error["message"]
    assert len(worker.invocations) == 1


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"MaxConcurrency": 8, "MaxCostUsd": 0.1}, None),
        ({}, None),
        ({"MaxConcurrency": 9}, "MaxConcurrency: this deployment allows 1 to 8"),
        ({"MaxConcurrency": 0}, "MaxConcurrency: this deployment allows 1 to 8"),
        ({"MaxCostUsd": 0.3}, "MaxCostUsd: this deployment allows a render at most 0.25 USD"),
        ({"MaxCostUsd": None}, "MaxCostUsd: this deployment allows a render at most 0.25 USD"),
    ],
)
def test_a_deployment_limits_what_a_render_may_ask(
    lab: Lab, new_worker: Workers, document: dict[str, Any], error: str | None
) -> None:
    """More is refused before anything is asked for; who says nothing gets the deployment's."""
    limits = {MAX_CONCURRENCY: "8", CONCURRENCY_LIMIT: "8", MAX_RENDER_COST: "0.25"}
    worker = new_worker(chunks=1)
    ended = lab.start(worker, limits, **document).wait()
    if error is None:
        assert ended.state == "SUCCEEDED", ended.error
        assert worker.invocations[0]["Limits"]["MaxCostUsd"] == document.get("MaxCostUsd", 0.25)
    else:
        assert (ended.error["code"], worker.invocations) == (INVALID_CONFIG, [])
        assert error in ended.error["message"]


@pytest.mark.parametrize(
    ("deployed", "asked", "expected"),
    [
        ("3600", None, 3600),
        ("3600", 600, 600),
        ("3600", 7200, 3600),
        ("0", 600, 600),
        ("0", None, None),
    ],
)
def test_no_render_takes_longer_than_the_deployment_allows(
    lab: Lab, new_worker: Workers, deployed: str, asked: int | None, expected: int | None
) -> None:
    """Its workers are told; they end it."""
    worker = new_worker(chunks=1)
    given = {} if asked is None else {"TimeoutSeconds": asked}
    assert lab.start(worker, {RENDER_TIMEOUT: deployed}, **given).wait().state == "SUCCEEDED"
    assert {event["Limits"]["TimeoutSeconds"] for event in worker.invocations} == {expected}


@pytest.mark.parametrize(
    "document",
    [
        {"ProjectS3Uri": None},
        {"ProjectS3Uri": {}},
        {"ProjectS3Uri": 5},
        {"Config": None},
        {"Config": [{"fps": 30}]},
        {"Config": "{}"},
        {"Output": "{}"},
        {"TimeoutSeconds": "600"},
        {"MaxCostUsd": {}},
        {"MaxConcurrency": "5"},
        {"MaxConcurrency": 5.5},
        {"MaxConcurrency": None},
        {"OutputS3Url": f"gs://{RENDERS}/outputs/mine.mp4"},
        {"Extra": None},
        {"Function": "big"},
        {str(number): number for number in range(100)},
    ],
    ids=str,
)
def test_an_argument_that_is_no_request_is_refused(
    lab: Lab, new_worker: Workers, document: dict[str, Any]
) -> None:
    """Before anything is asked for, and saying what is expected."""
    worker = new_worker()
    ended = lab.run(worker, **document)
    assert ended.state == "FAILED"
    assert ended.error["code"] == INVALID_CONFIG
    assert "ProjectS3Uri" in ended.error["message"]
    assert worker.invocations == []


@pytest.mark.parametrize("argument", [{}, None, [], "text", 5, {"RenderId": "a"}], ids=str)
def test_an_argument_without_a_project_is_refused(lab: Lab, argument: Any) -> None:
    """As the console starts an execution when nothing is typed."""
    environment = {BUCKET: RENDERS, SERVICE_URL: lab.service.url}
    ended = Workflow(printed(), environment).execute(argument).wait()
    assert ended.error["code"] == INVALID_CONFIG


def test_what_the_service_refuses_keeps_its_message(lab: Lab, new_worker: Workers) -> None:
    """In the plan, whoever started the execution: nothing is planned, let alone rendered."""
    ended = lab.run(new_worker(), OutputS3Uri=f"gs://{RENDERS}/outputs/mine.mov")
    assert ended.error["code"] == INVALID_CONFIG
    assert "OutputS3Uri" in ended.error["message"]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_terminal_code_ends_the_render_at_once(
    lab: Lab, new_worker: Workers, action: str
) -> None:
    """Each code, in each step: exactly one request, and the execution fails under its name."""
    chunk = 0 if action == "renderChunk" else None
    for code in TERMINAL_CODES:
        worker = new_worker(chunks=1).on(action, chunk, Step(ending=FunctionFailed(code)))
        ended = lab.run(worker)
        assert (ended.state, ended.error) == ("FAILED", {"code": code, "message": "as scripted"})
        assert worker.count(action) == 1
        assert len(worker.invocations) == ACTIONS.index(action) + 1


@pytest.mark.parametrize("action", ACTIONS)
def test_a_retryable_code_recovers(lab: Lab, new_worker: Workers, action: str) -> None:
    """Each code, in each step, twice in a row: the third attempt is as if nothing had been."""
    chunk = 0 if action == "renderChunk" else None
    for code in RETRYABLE_CODES:
        failing = Step(ending=FunctionFailed(code), segments=1)
        worker = new_worker(chunks=1).on(action, chunk, failing, failing)
        ended = lab.run(worker)
        assert ended.state == "SUCCEEDED", ended.error
        assert worker.count(action) == 3
        assert ended.waits_s == [2, 4]


def test_a_retryable_code_that_stays_ends_the_render(lab: Lab, new_worker: Workers) -> None:
    """After four attempts, under its name."""
    failing = Step(ending=FunctionFailed("BROWSER_CRASHED"))
    worker = new_worker(chunks=1).on("renderChunk", 0, *[failing] * 9)
    assert lab.run(worker).error["code"] == "BROWSER_CRASHED"
    assert worker.count("renderChunk") == 4


def test_after_a_failure_no_other_chunk_is_begun(lab: Lab, new_worker: Workers) -> None:
    """The execution has the error of the chunk that failed, not one of Workflows around it."""
    worker = new_worker(chunks=60, segments_per_chunk=1)
    worker.on("renderChunk", 0, Step(ending=FunctionFailed("ASSET_NOT_IN_PLAN")))
    ended = lab.run(worker, MaxConcurrency=1)
    assert ended.error == {"code": "ASSET_NOT_IN_PLAN", "message": "as scripted"}
    assert worker.count("renderChunk") == 1


def test_a_chunk_takes_the_rounds_it_needs(lab: Lab, new_worker: Workers) -> None:
    """Three requests, no segment begun twice."""
    worker = new_worker(chunks=2, segments_per_chunk=5)
    worker.on("renderChunk", 1, Step(segments=2), Step(segments=2))
    assert lab.run(worker).state == "SUCCEEDED"
    assert [worker.count("renderChunk", chunk) for chunk in (0, 1)] == [1, 3]
    assert set(worker.begun.values()) == {1}


def test_a_chunk_that_gets_nowhere_is_given_up(lab: Lab, new_worker: Workers) -> None:
    """Two rounds without a segment: the loop ends instead of billing for ever."""
    worker = new_worker(chunks=1).on("renderChunk", 0, *[Step()] * 9)
    ended = lab.run(worker)
    assert ended.error["code"] == CAPTURE_TIMEOUT
    assert "segmentFrames" in ended.error["message"]
    assert worker.count("renderChunk") == 2


@pytest.mark.parametrize("ending", [Killed(), FunctionFailed("503")], ids=["reset", "503"])
def test_a_killed_instance_costs_one_segment(
    lab: Lab, new_worker: Workers, ending: Exception
) -> None:
    """Killed in its tenth segment of ten: only that one is begun again."""
    worker = new_worker(chunks=2, segments_per_chunk=10)
    worker.on("renderChunk", 1, Step(ending=ending, segments=9))
    assert lab.run(worker).state == "SUCCEEDED"
    assert worker.count("renderChunk", 1) == 2
    assert sorted(worker.begun.values()) == [1] * 19 + [2]


def test_an_instance_that_dies_twice_is_given_up(lab: Lab, new_worker: Workers) -> None:
    """Out of memory twice is out of memory always."""
    worker = new_worker(chunks=1)
    worker.on("renderChunk", 0, *[Step(ending=Killed())] * 9)
    assert lab.run(worker).error["code"] == UNANSWERED
    assert worker.count("renderChunk") == 2


@pytest.mark.parametrize("action", ACTIONS)
def test_a_lack_of_instances_is_waited_out(lab: Lab, new_worker: Workers, action: str) -> None:
    """Ten refusals of one step leave no trace but time, and up to two hours of it."""
    chunk = 0 if action == "renderChunk" else None
    worker = new_worker(chunks=1).on(action, chunk, *[Step(ending=Throttled())] * 10)
    ended = lab.run(worker)
    assert ended.state == "SUCCEEDED"
    assert ended.waits_s == [2, 4, 8, 16, 32, 64, 120, 120, 120, 120]


def test_all_that_can_happen_happens_to_one_render(lab: Lab, new_worker: Workers) -> None:
    """A crash, a refusal, a deadline and a kill among sixty chunks."""
    worker = new_worker(chunks=60, segments_per_chunk=2)
    worker.on("renderChunk", 3, Step(ending=FunctionFailed("BROWSER_CRASHED"), segments=1))
    worker.on("renderChunk", 7, Step(ending=Throttled()))
    worker.on("renderChunk", 11, Step(segments=1))
    worker.on("renderChunk", 40, Step(ending=Killed(), segments=1))
    assert lab.run(worker).state == "SUCCEEDED"
    assert worker.count("renderChunk") == 64
    assert Counter(worker.begun.values()) == {1: 118, 2: 2}


@pytest.mark.parametrize("action", ["plan", "renderChunk"])
def test_a_cancelled_execution_goes_no_further(lab: Lab, new_worker: Workers, action: str) -> None:
    """While a step is in work: no other follows."""
    cancelled = threading.Event()
    chunk = 0 if action == "renderChunk" else None
    worker = new_worker(chunks=1)
    worker.on(action, chunk, Step(segments=9, before=lambda: cancelled.wait(20)))
    execution = lab.start(worker)
    wait_until(lambda: worker.count(action) == 1)
    execution.cancel()
    assert execution.wait().state == "CANCELLED"
    cancelled.set()
    wait_until(lambda: not worker.is_busy)
    assert len(worker.invocations) == ACTIONS.index(action) + 1


def test_a_second_run_renders_only_what_is_missing(lab: Lab, new_worker: Workers) -> None:
    """A chunk fails for good in its third segment of four; the next run finds the rest."""
    worker = new_worker(chunks=3, segments_per_chunk=4)
    worker.on("renderChunk", 1, Step(ending=FunctionFailed("ASSET_NOT_IN_PLAN"), segments=2))
    assert lab.run(worker).error["code"] == "ASSET_NOT_IN_PLAN"
    kept = {path.stem for path in worker.store.iterdir()}
    worker.begun.clear()
    assert lab.run(worker).state == "SUCCEEDED"
    assert len(worker.begun) == 12 - len(kept)
    assert not kept & worker.begun.keys()
