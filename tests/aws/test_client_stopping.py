"""What moto cannot do: stop at once (ministack can); redrive, or fail in a distributed Map."""

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from fanreel.aws import RenderClient
from fanreel.aws.storage.s3_client import connect, s3_uri
from fanreel.aws.storage.s3_store import S3ObjectStore
from fanreel.errors import AssetNotFound, InvalidConfig, RenderCancelled
from fanreel.storage import layout
from fanreel.storage.invocations import Invocation, InvocationRecord, chunk_work
from fanreel.storage.store import ObjectStore
from statemachine.definition import definition
from tests.aws.interpreters import BUCKET, FUNCTION_ARN, REGION, ministack
from tests.aws.recording_worker import RecordingWorker
from tests.aws.scripted_worker import LambdaEndpoint, Step, wait_until
from tests.loopback import Answering, Loopback

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:machine"
EXECUTION = MACHINE.replace("stateMachine", "execution")


def test_a_cancelled_render_is_stopped_at_once(tmp_path: Path) -> None:
    """Its worker still runs; the execution has ended, with the reason."""
    session = boto3.Session("test", "test", region_name=REGION)
    with LambdaEndpoint() as endpoint, ministack(endpoint.url, tmp_path) as interpreter:
        url = interpreter.client.meta.endpoint_url
        s3 = connect(session, url)
        s3.create_bucket(Bucket=BUCKET)
        arn = interpreter.create(definition(function_arn=FUNCTION_ARN, bucket_name=BUCKET))
        client = RenderClient(
            bucket=BUCKET, state_machine_arn=arn, session=session, endpoint_url=url
        )
        gate = threading.Event()
        worker = RecordingWorker(
            store=tmp_path, objects=S3ObjectStore(s3), root=s3_uri(BUCKET), render_id="r1"
        )
        worker.on("plan", None, Step(before=gate.wait))
        endpoint.workers["r1"] = worker
        client.start_render(f"s3://{BUCKET}/sites/a/site.json", render_id="r1")
        wait_until(lambda: worker.is_busy)
        now = client.cancel("r1", "changed my mind")
        assert worker.is_busy
        gate.set()
        assert (now.stage, now.status) == ("cancelled", "ABORTED")
        assert now.failure
        assert now.failure.message == "changed my mind"
        with pytest.raises(RenderCancelled, match="changed my mind"):
            client.wait("r1")


def _entered(state: str) -> dict[str, Any]:
    return {"timestamp": 2.0, "type": "FailStateEntered", "id": 9} | {
        "stateEnteredEventDetails": {"name": state}
    }


class StepFunctions(Loopback):
    """Answers a few actions of Step Functions' protocol, and remembers what it was asked."""

    def __init__(self, status: str, last_states: Sequence[str] = (), **execution: Any) -> None:
        self.asked: list[str] = []
        self.started: list[dict[str, Any]] = []
        answers: dict[str, dict[str, Any]] = {
            "DescribeExecution": {
                "executionArn": EXECUTION + ":r1",
                "stateMachineArn": MACHINE,
                "name": "r1",
                "status": status,
                "startDate": 1.0,
                "input": json.dumps({"OutputS3Uri": "s3://b/outputs/r1.mp4"}),
                **execution,
            },
            "RedriveExecution": {"redriveDate": 2.0},
            "GetExecutionHistory": {"events": [_entered(name) for name in last_states]},
            "StartExecution": {"executionArn": EXECUTION + ":r1-2", "startDate": 3.0},
        }
        asked, started = self.asked, self.started

        class Handler(Answering):
            def do_POST(self) -> None:  # noqa: N802 (http.server's name)
                document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                action = self.headers["X-Amz-Target"].partition(".")[2]
                asked.append(action)
                body = answers[action]
                refused = True
                if action == "RedriveExecution" and status == "SUCCEEDED":
                    body = {"__type": "ExecutionNotRedrivable", "message": "it succeeded"}
                elif document.get("executionArn", "").endswith(":r1-2"):
                    body = {"__type": "ExecutionDoesNotExist", "message": "no r1-2"}
                else:
                    refused = False
                if action == "StartExecution":
                    started.append(document)
                self.give(400 if refused else 200, json.dumps(body).encode())

        super().__init__(Handler)


@pytest.fixture(params=["FAILED", "SUCCEEDED"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve an execution in this state."""
    with StepFunctions(request.param) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", served.url)
        yield request.param
        looked = ["GetExecutionHistory"] if request.param == "FAILED" else []
        assert served.asked == ["DescribeExecution", *looked, "RedriveExecution"]


def test_redriving_takes_the_marker_away_first(
    machine: str, store: ObjectStore, bucket: str
) -> None:
    """Or the workers would stop again; what did not fail is refused with AWS's reason."""
    marker = layout.cancelled(layout.render(s3_uri(bucket), "r1"))
    store.write_bytes(marker, b"{}")
    client = RenderClient(bucket=bucket, state_machine_arn=MACHINE)
    if machine == "SUCCEEDED":
        with pytest.raises(InvalidConfig, match=r"redriving render r1: .*it succeeded"):
            client.redrive("r1")
        return
    again = client.redrive("r1")
    assert (again.render_id, again.output_uri) == ("r1", "s3://b/outputs/r1.mp4")
    assert store.look_up(marker) is None


def test_what_failed_in_a_distributed_map_is_started_again(
    s3: "S3Client", bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Its execution ended in a Fail state, which cannot be redriven: the next id, the same output.

    Source: Step Functions guide, "Restarting state machine executions with redrive".
    """
    folder = f"s3://{bucket}/renders/r1/"
    document = {"ProjectS3Uri": "s3://b/sites/a/", "PlanOutputS3Prefix": folder}
    with StepFunctions(
        "FAILED", last_states=["ChunkFailed", "HasCode"], input=json.dumps(document)
    ) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", served.url)
        again = RenderClient(bucket=bucket, state_machine_arn=MACHINE).redrive("r1")
    assert (again.render_id, again.already_started) == ("r1-2", False)
    (started,) = served.started
    assert started["name"] == "r1-2"
    assert json.loads(started["input"]) == {
        "ProjectS3Uri": "s3://b/sites/a/",
        "OutputS3Uri": f"s3://{bucket}/outputs/r1.mp4",
    }


def test_the_message_of_a_failure_is_in_the_folder_it_was_given(
    store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A distributed Map says only that too many children failed; their worker said why."""
    folder = s3_uri(bucket, "renders/elsewhere/")
    record = InvocationRecord(
        invocation=Invocation(work=chunk_work(3), started_ms=1, request="00000000"),
        outcome=AssetNotFound.code,
    )
    uri = layout.progress(folder).joined(record.name())
    store.write_bytes(uri, record.to_json({"message": "no such picture"}))
    with StepFunctions(
        "FAILED",
        stopDate=2.0,
        error="States.ExceedToleratedFailureThreshold",
        cause="The specified tolerated failure threshold was exceeded",
        input=json.dumps({"PlanOutputS3Prefix": str(folder)}),
    ) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", served.url)
        client = RenderClient(bucket=bucket, state_machine_arn=MACHINE)
        failure = client.progress("r1").failure
    assert failure
    assert (failure.code, failure.chunk_index) == (AssetNotFound.code, 3)
    assert failure.message == "no such picture"
