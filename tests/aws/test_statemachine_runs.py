"""The state machine executed by two interpreters, against a worker that follows a script."""

import contextlib
import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fanreel.aws.deploy.stack_settings import Settings
from fanreel.errors import (
    CAPTURE_TIMEOUT,
    INVALID_CONFIG,
    PLAN_PRODUCED_ZERO_CHUNKS,
    RETRYABLE_CODES,
    TERMINAL_CODES,
)
from statemachine.definition import definition
from tests.aws.interpreters import (
    BIG_FUNCTION_ARN,
    BUCKET,
    FUNCTION_ARN,
    Interpreter,
    ministack,
    moto,
)
from tests.aws.scripted_worker import (
    FunctionFailed,
    Killed,
    LambdaEndpoint,
    ScriptedWorker,
    Step,
    Throttled,
    wait_until,
)

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

PROJECT = {"ProjectS3Uri": f"s3://{BUCKET}/sites/a/"}
ACTIONS = ("plan", "renderChunk", "assemble")
_numbers = itertools.count()


class Lab:
    """One interpreter with the state machine in it, and the endpoint of its function."""

    def __init__(self, interpreter: Interpreter, endpoint: LambdaEndpoint) -> None:
        self.interpreter = interpreter
        self.endpoint = endpoint
        self.machine_arn = interpreter.create(
            definition(function_arn=FUNCTION_ARN, bucket_name=BUCKET)
        )

    def start(self, worker: ScriptedWorker, **document: Any) -> str:
        """Start a render by *worker* and give its execution's ARN."""
        name = f"render-{next(_numbers)}"
        self.endpoint.workers[name] = worker
        return self.interpreter.start(self.machine_arn, name, PROJECT | document)

    def run(self, worker: ScriptedWorker, **document: Any) -> "DescribeExecutionOutputTypeDef":
        """Run a render by *worker* to its end."""
        return self.interpreter.wait(self.start(worker, **document))


@pytest.fixture(scope="module", params=["moto", "ministack"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Each interpreter in turn, started once."""
    with contextlib.ExitStack() as stack:
        endpoint = stack.enter_context(LambdaEndpoint())
        interpreter = stack.enter_context(
            moto(endpoint.url)
            if request.param == "moto"
            else ministack(endpoint.url, tmp_path_factory.mktemp("ministack"))
        )
        yield Lab(interpreter, endpoint)


Workers = Callable[..., ScriptedWorker]


@pytest.fixture
def new_worker(tmp_path: Path) -> Workers:
    """Make workers, each with a bucket of its own."""

    def make(**fields: Any) -> ScriptedWorker:
        store = tmp_path / str(next(_numbers))
        store.mkdir()
        return ScriptedWorker(store=store, **fields)

    return make


def events_of(worker: ScriptedWorker, action: str) -> list[dict[str, Any]]:
    """Return the events of one action."""
    return [event for event in worker.invocations if event["Action"] == action]


def test_a_render_plans_renders_each_chunk_and_assembles(lab: Lab, new_worker: Workers) -> None:
    """One invocation each; the execution's output is assemble's result."""
    worker = new_worker(chunks=3)
    ended = lab.run(worker, Config={"fps": 30})
    assert ended["status"] == "SUCCEEDED"
    assert Counter(event["Action"] for event in worker.invocations) == {
        "plan": 1, "renderChunk": 3, "assemble": 1,
    }  # fmt: skip
    assert set(worker.begun.values()) == {1}
    assert json.loads(ended["output"])["FramesEncoded"] == worker.total_frames


def test_each_task_gets_what_its_contract_says(lab: Lab, new_worker: Workers) -> None:
    """Derived places are filled in, `cfr` is forwarded, the render id is the execution's name."""
    worker = new_worker(chunks=1)
    output = {"StorageClass": "STANDARD_IA"}
    config = {"cfr": True, "variables": {"title": "Hé ✓"}}
    ended = lab.run(worker, Config=config, Output=output, TimeoutSeconds=600, MaxCostUsd=0.5)
    plan, chunk, assembly = worker.invocations
    name = ended["name"]
    limits = plan["Limits"]
    assert datetime.fromisoformat(limits["StartedAt"]).timestamp() == pytest.approx(
        ended["startDate"].timestamp(), abs=2
    )
    assert (limits["TimeoutSeconds"], limits["MaxCostUsd"]) == (600, 0.5)
    shared = {
        "RenderId": name,
        "PlanManifestS3Uri": f"s3://{BUCKET}/renders/{name}/plan.json",
        "PlanHash": "5" * 64,
        "ChunkOutputS3Prefix": f"s3://{BUCKET}/segments/{'5' * 64}/",
        "Format": "mp4",
        "Limits": limits,
    }
    assert plan == {
        "Action": "plan",
        "RenderId": name,
        "ProjectS3Uri": PROJECT["ProjectS3Uri"],
        "PlanOutputS3Prefix": f"s3://{BUCKET}/renders/{name}/",
        "VariablesS3Uri": None,
        "OutputS3Uri": None,
        "Output": {"StorageClass": "STANDARD_IA"},
        "Limits": limits,
        "Config": {"cfr": True, "variables": {"title": "Hé ✓"}},
    }
    assert chunk == shared | {"Action": "renderChunk", "ChunkIndex": 0}
    assert assembly == shared | {
        "Action": "assemble",
        "OutputS3Uri": f"s3://{BUCKET}/outputs/{name}.mp4",
        "Output": output,
        "Cfr": True,
    }


def test_given_places_are_used(lab: Lab, new_worker: Workers) -> None:
    """What the input says outranks what is derived."""
    worker = new_worker(chunks=1)
    places = {
        "PlanOutputS3Prefix": f"s3://{BUCKET}/renders/elsewhere/",
        "OutputS3Uri": f"s3://{BUCKET}/outputs/mine.mp4",
        "VariablesS3Uri": f"s3://{BUCKET}/renders/elsewhere/variables.json",
    }
    assert lab.run(worker, **places)["status"] == "SUCCEEDED"
    plan, _, assembly = worker.invocations
    assert plan["PlanOutputS3Prefix"] == places["PlanOutputS3Prefix"]
    assert plan["VariablesS3Uri"] == places["VariablesS3Uri"]
    assert plan["OutputS3Uri"] == places["OutputS3Uri"]
    assert assembly["OutputS3Uri"] == places["OutputS3Uri"]
    assert assembly["Cfr"] is False


def test_a_png_sequence_goes_to_an_archive(lab: Lab, new_worker: Workers) -> None:
    """The derived output has the extension of the format."""
    worker = new_worker(chunks=1, output_format="png-sequence")
    ended = lab.run(worker)
    assert json.loads(ended["output"])["OutputS3Uri"].endswith(f"/outputs/{ended['name']}.tar")


@pytest.mark.parametrize("places", [{}, {"OutputS3Uri": f"s3://{BUCKET}/outputs/mine.mp3"}])
def test_a_sound_alone_goes_from_its_plan_to_its_place(
    lab: Lab, new_worker: Workers, places: dict[str, str]
) -> None:
    """There are no chunks, and that is no error."""
    worker = new_worker(chunks=0, output_format="mp3")
    ended = lab.run(worker, Config={"format": "mp3"}, **places)
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    plan, assembly = worker.invocations
    assert (plan["Action"], assembly["Action"]) == ("plan", "assemble")
    expected = places.get("OutputS3Uri", f"s3://{BUCKET}/outputs/{ended['name']}.mp3")
    assert assembly["OutputS3Uri"] == expected
    assert assembly["Format"] == "mp3"


@pytest.mark.parametrize("chunks", [1, 40, 41, 60])
def test_any_number_of_chunks(lab: Lab, new_worker: Workers, chunks: int) -> None:
    """Each is invoked once; beyond 40 the distributed Map takes over."""
    worker = new_worker(chunks=chunks, segments_per_chunk=1)
    ended = lab.run(worker)
    assert ended["status"] == "SUCCEEDED"
    assert sorted(event["ChunkIndex"] for event in events_of(worker, "renderChunk")) == [
        *range(chunks)
    ]
    runs = lab.interpreter.client.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    assert bool(runs) is (chunks > 40)


def test_no_chunks_is_an_error_of_its_own(lab: Lab, new_worker: Workers) -> None:
    """Nothing is invoked after the plan."""
    worker = new_worker(chunks=0)
    assert lab.run(worker)["error"] == PLAN_PRODUCED_ZERO_CHUNKS
    assert len(worker.invocations) == 1


def test_more_chunks_than_a_machine_can_spread_is_refused(lab: Lab, new_worker: Workers) -> None:
    """Before any is rendered, and saying what to lower."""
    worker = new_worker(chunks=1001)
    ended = lab.run(worker)
    assert ended["error"] == INVALID_CONFIG
    assert "maxParallelChunks" in ended["cause"]
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
    """More is refused before anything is invoked; who says nothing gets the deployment's."""
    settings = Settings(max_concurrency=8, concurrency_limit=8, max_render_cost_usd=0.25)
    limited = definition(function_arn=FUNCTION_ARN, bucket_name=BUCKET, settings=settings)
    name = f"limited-{next(_numbers)}"
    arn = lab.interpreter.create(limited, name)
    worker = new_worker(chunks=1)
    lab.endpoint.workers[name] = worker
    ended = lab.interpreter.wait(lab.interpreter.start(arn, name, PROJECT | document))
    if error is None:
        assert ended["status"] == "SUCCEEDED", ended.get("cause")
        assert worker.invocations[0]["Limits"]["MaxCostUsd"] == document.get("MaxCostUsd", 0.25)
    else:
        assert (ended["error"], worker.invocations) == (INVALID_CONFIG, [])
        assert error in ended["cause"]


def test_a_render_that_takes_longer_than_any_may_is_ended(lab: Lab, new_worker: Workers) -> None:
    """By the execution's own time, whatever its worker does."""
    if lab.interpreter.name == "ministack":
        pytest.skip("ministack does not read the execution's TimeoutSeconds")
    machine = definition(
        function_arn=FUNCTION_ARN, bucket_name=BUCKET, settings=Settings(render_timeout_s=3600)
    )
    assert machine["TimeoutSeconds"] == 3600
    name = f"long-{next(_numbers)}"
    arn = lab.interpreter.create(machine | {"TimeoutSeconds": 1}, name)
    gate = threading.Event()
    lab.endpoint.workers[name] = new_worker().on("plan", None, Step(before=gate.wait))
    ended = lab.interpreter.wait(lab.interpreter.start(arn, name, PROJECT))
    gate.set()
    assert ended["status"] == "TIMED_OUT"


@pytest.mark.parametrize("chunks", [2, 41], ids=["inline", "distributed"])
@pytest.mark.parametrize(
    ("document", "name"),
    [({}, "render"), ({"Function": None}, "render"), ({"Function": "big"}, "render-big")],
    ids=str,
)
def test_a_render_chooses_its_function(
    lab: Lab, new_worker: Workers, chunks: int, document: dict[str, Any], name: str
) -> None:
    """Every task of it goes there, further rounds of a chunk too."""
    machine = definition(
        function_arn=FUNCTION_ARN,
        choice_arns={"big": BIG_FUNCTION_ARN},
        bucket_name=BUCKET,
        settings=Settings(functions=("big=7076",)),
    )
    render_id = f"choosing-{next(_numbers)}"
    arn = lab.interpreter.create(machine, render_id)
    worker = new_worker(chunks=chunks, segments_per_chunk=2)
    worker.on("renderChunk", 1, Step(segments=1), Step(segments=1))
    lab.endpoint.workers[render_id] = worker
    ended = lab.interpreter.wait(lab.interpreter.start(arn, render_id, PROJECT | document))
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    assert Counter(lab.endpoint.invoked[render_id]) == {name: chunks + 3}


@pytest.mark.parametrize("function", ["other", "", 7076, {}])
def test_a_function_that_is_not_there_is_refused(
    lab: Lab, new_worker: Workers, function: Any
) -> None:
    """Before anything is invoked, and saying which there are: here none."""
    worker = new_worker()
    ended = lab.run(worker, Function=function)
    assert (ended["error"], worker.invocations) == (INVALID_CONFIG, [])
    assert "none to choose" in ended["cause"]


@pytest.mark.parametrize(
    "document",
    [
        {"ProjectS3Uri": None},
        {"ProjectS3Uri": {}},
        {"Config": None},
        {"Config": [{"fps": 30}]},
        {"Config": "{}"},
        {"Output": "{}"},
        {"TimeoutSeconds": "600"},
        {"MaxCostUsd": {}},
        {"MaxConcurrency": "5"},
        {"OutputS3Url": f"s3://{BUCKET}/outputs/mine.mp4"},
        {"Extra": None},
    ],
    ids=str,
)
def test_an_input_that_is_no_request_is_refused(
    lab: Lab, new_worker: Workers, document: dict[str, Any]
) -> None:
    """Before anything is invoked, and saying what is expected."""
    worker = new_worker()
    ended = lab.run(worker, **document)
    assert ended["error"] == INVALID_CONFIG
    assert "ProjectS3Uri" in ended["cause"]
    assert worker.invocations == []


def test_an_empty_input_is_refused(lab: Lab) -> None:
    """As the console starts an execution when nothing is typed."""
    arn = lab.interpreter.start(lab.machine_arn, f"empty-{next(_numbers)}", {})
    assert lab.interpreter.wait(arn)["error"] == INVALID_CONFIG


# Whether its bucket and prefix are allowed, the function knows: test_outputs.py.
@pytest.mark.parametrize("key", ["outputs/mine.mov", "outputs/"])
def test_an_output_that_does_not_fit_ends_the_render_at_once(
    lab: Lab, new_worker: Workers, key: str
) -> None:
    """In Plan, whoever started the execution: nothing is planned, let alone rendered."""
    worker = new_worker()
    ended = lab.run(worker, OutputS3Uri=f"s3://{BUCKET}/{key}")
    assert ended["error"] == INVALID_CONFIG
    assert "OutputS3Uri" in ended["cause"]
    assert worker.invocations == []


def test_a_place_given_as_null_is_derived(lab: Lab, new_worker: Workers) -> None:
    """As documents of other languages have it."""
    ended = lab.run(new_worker(chunks=1), OutputS3Uri=None, VariablesS3Uri=None)
    assert json.loads(ended["output"])["OutputS3Uri"].endswith(f"/outputs/{ended['name']}.mp4")


@pytest.mark.parametrize("action", ACTIONS)
def test_a_terminal_code_ends_the_render_at_once(
    lab: Lab, new_worker: Workers, action: str
) -> None:
    """Each code, in each task: exactly one invocation, and the execution fails under its name."""
    chunk = 0 if action == "renderChunk" else None
    renders = {}
    for code in TERMINAL_CODES:
        worker = new_worker(chunks=1).on(action, chunk, Step(ending=FunctionFailed(code)))
        renders[code] = worker, lab.start(worker)
    for code, (worker, execution_arn) in renders.items():
        ended = lab.interpreter.wait(execution_arn)
        assert (ended["status"], ended["error"]) == ("FAILED", code)
        assert worker.count(action) == 1
        assert len(worker.invocations) == ACTIONS.index(action) + 1


@pytest.mark.parametrize("action", ACTIONS)
def test_a_retryable_code_recovers(lab: Lab, new_worker: Workers, action: str) -> None:
    """Each code, in each task, twice in a row: the third attempt is as if nothing had been."""
    chunk = 0 if action == "renderChunk" else None
    renders = {}
    for code in RETRYABLE_CODES:
        failing = Step(ending=FunctionFailed(code), segments=1)
        worker = new_worker(chunks=1).on(action, chunk, failing, failing)
        renders[code] = worker, lab.start(worker)
    for worker, execution_arn in renders.values():
        assert lab.interpreter.wait(execution_arn)["status"] == "SUCCEEDED"
        assert worker.count(action) == 3
        assert len(worker.invocations) == 5


def test_a_retryable_code_that_stays_ends_the_render(lab: Lab, new_worker: Workers) -> None:
    """After four attempts, under its name."""
    failing = Step(ending=FunctionFailed("BROWSER_CRASHED"))
    worker = new_worker(chunks=1).on("renderChunk", 0, *[failing] * 9)
    assert lab.run(worker)["error"] == "BROWSER_CRASHED"
    assert worker.count("renderChunk") == 4


def test_a_chunk_takes_the_rounds_it_needs(lab: Lab, new_worker: Workers) -> None:
    """Three invocations, no segment begun twice."""
    worker = new_worker(chunks=2, segments_per_chunk=5)
    worker.on("renderChunk", 1, Step(segments=2), Step(segments=2))
    assert lab.run(worker)["status"] == "SUCCEEDED"
    assert [worker.count("renderChunk", chunk) for chunk in (0, 1)] == [1, 3]
    assert set(worker.begun.values()) == {1}


def test_a_chunk_that_gets_nowhere_is_given_up(lab: Lab, new_worker: Workers) -> None:
    """Two rounds without a segment: the loop ends instead of billing for ever."""
    worker = new_worker(chunks=1).on("renderChunk", 0, *[Step()] * 9)
    ended = lab.run(worker)
    assert ended["error"] == CAPTURE_TIMEOUT
    assert "segmentFrames" in ended["cause"]
    assert worker.count("renderChunk") == 2


def test_a_killed_worker_costs_one_segment(lab: Lab, new_worker: Workers) -> None:
    """Killed in its tenth segment of ten: only that one is begun again."""
    worker = new_worker(chunks=2, segments_per_chunk=10)
    worker.on("renderChunk", 1, Step(ending=Killed(), segments=9))
    assert lab.run(worker)["status"] == "SUCCEEDED"
    assert worker.count("renderChunk", 1) == 2
    assert sorted(worker.begun.values()) == [1] * 19 + [2]


def test_a_worker_that_dies_twice_is_given_up(lab: Lab, new_worker: Workers) -> None:
    """Out of memory twice is out of memory always."""
    worker = new_worker(chunks=1)
    dying = FunctionFailed("Lambda.Unknown")
    worker.on("renderChunk", 0, *[Step(ending=dying)] * 9)
    assert lab.run(worker)["error"] == "Lambda.Unknown"
    assert worker.count("renderChunk") == 2


@pytest.mark.parametrize("action", ACTIONS)
def test_throttling_is_waited_out(lab: Lab, new_worker: Workers, action: str) -> None:
    """Ten refusals of one task leave no trace but time."""
    chunk = 0 if action == "renderChunk" else None
    worker = new_worker(chunks=1).on(action, chunk, *[Step(ending=Throttled())] * 10)
    if lab.interpreter.waits_s is not None:
        lab.interpreter.waits_s.clear()
    assert lab.run(worker)["status"] == "SUCCEEDED"
    assert worker.count(action) == 11
    if lab.interpreter.waits_s is not None:
        assert len(lab.interpreter.waits_s) == 10
        assert max(lab.interpreter.waits_s) <= 120
        assert len(set(lab.interpreter.waits_s)) > 1, "no jitter"


def test_a_distributed_render_recovers_too(lab: Lab, new_worker: Workers) -> None:
    """Above 40 chunks: a crash, a refusal, a deadline and a kill in one render."""
    worker = new_worker(chunks=41, segments_per_chunk=2)
    worker.on("renderChunk", 3, Step(ending=FunctionFailed("BROWSER_CRASHED"), segments=1))
    worker.on("renderChunk", 7, Step(ending=Throttled()))
    worker.on("renderChunk", 11, Step(segments=1))
    worker.on("renderChunk", 40, Step(ending=Killed(), segments=1))
    assert lab.run(worker)["status"] == "SUCCEEDED"
    assert worker.count("renderChunk") == 45
    assert Counter(worker.begun.values()) == {1: 80, 2: 2}


def test_concurrency_comes_from_the_input(lab: Lab, new_worker: Workers) -> None:
    """Of eight chunks, never more than two at once."""
    if lab.interpreter.name == "ministack":
        pytest.skip("ministack does not read MaxConcurrencyPath")
    worker = new_worker(chunks=8)
    together = threading.Barrier(2)
    for chunk in range(8):
        worker.on("renderChunk", chunk, Step(segments=9, before=lambda: together.wait(20)))
    assert lab.run(worker, MaxConcurrency=2)["status"] == "SUCCEEDED"
    assert worker.most_at_once == 2


def test_a_large_configuration_does_not_travel_past_the_plan(lab: Lab, new_worker: Workers) -> None:
    """240 KiB of variables arrive whole, and what passes between later states stays small."""
    variables = {"text": "x" * 240 * 1024}
    worker = new_worker(chunks=60, segments_per_chunk=1)
    ended = lab.run(worker, Config={"variables": variables})
    assert ended["status"] == "SUCCEEDED"
    assert worker.invocations[0]["Config"]["variables"] == variables
    assert max(len(json.dumps(event)) for event in worker.invocations[1:]) < 1000
    pages = lab.interpreter.client.get_paginator("get_execution_history").paginate(
        executionArn=ended["executionArn"]
    )
    entered = {
        event["stateEnteredEventDetails"]["name"]: event["stateEnteredEventDetails"]["input"]
        for page in pages
        for event in page["events"]
        if "stateEnteredEventDetails" in event
    }
    assert max(map(len, entered.values())) < 256 * 1024
    assert len(entered["RenderManyChunks"]) < 2000
    assert len(entered["Assemble"]) < 2000


@pytest.mark.parametrize("action", ["plan", "renderChunk"])
def test_a_stopped_render_goes_no_further(lab: Lab, new_worker: Workers, action: str) -> None:
    """StopExecution while a task is in work: no other task follows."""
    stopped = threading.Event()
    chunk = 0 if action == "renderChunk" else None
    worker = new_worker(chunks=1)
    worker.on(action, chunk, Step(segments=9, before=lambda: stopped.wait(20)))
    execution_arn = lab.start(worker)
    wait_until(lambda: worker.count(action) == 1)
    lab.interpreter.client.stop_execution(executionArn=execution_arn)
    stopped.set()
    ended = lab.interpreter.wait(execution_arn)
    wait_until(lambda: not worker.is_busy)
    assert len(worker.invocations) == ACTIONS.index(action) + 1
    # moto trips over its own MapIterationAborted and says FAILED for a stop inside a Map.
    if (lab.interpreter.name, action) != ("moto", "renderChunk"):
        assert ended["status"] == "ABORTED"


def test_a_second_run_renders_only_what_is_missing(lab: Lab, new_worker: Workers) -> None:
    """
    A chunk fails for good in its third segment of four; the next run of the plan finds the rest.

    Neither interpreter has RedriveExecution. It resumes the failed iterations of the Map, which
    are a part of what a second execution of the same plan does.
    """
    worker = new_worker(chunks=3, segments_per_chunk=4)
    worker.on("renderChunk", 1, Step(ending=FunctionFailed("ASSET_NOT_IN_PLAN"), segments=2))
    first = lab.start(worker)
    assert lab.interpreter.wait(first)["error"] == "ASSET_NOT_IN_PLAN"
    wait_until(lambda: not worker.is_busy)
    kept = {path.stem for path in worker.store.iterdir()}
    assert len(kept) <= 10
    worker.begun.clear()
    assert lab.run(worker)["status"] == "SUCCEEDED"
    assert len(worker.begun) == 12 - len(kept)
    assert not kept & worker.begun.keys()
