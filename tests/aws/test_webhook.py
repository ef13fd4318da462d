"""The webhook's function against a real HTTP server on loopback."""

import http.server
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from fanreel.aws.webhooks import SIGNATURE_HEADER, is_signed
from handler import webhook
from tests.aws.interpreters import EmulatorSession, serve_ministack
from tests.aws.scripted_worker import wait_until

KEY = "k" * 64
DETAIL = {"RenderId": "größe-1", "Status": "SUCCEEDED", "Output": "{}", "Error": None}


@dataclass
class Receiver:
    """What came, and how each was answered."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    came: list[tuple[bytes, str | None, str | None]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Serve an endpoint that answers as it is told, in order, then 200."""
    received = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signature, kind = self.headers[SIGNATURE_HEADER], self.headers["Content-Type"]
            received.came.append((body, signature, kind))
            self.send_response(received.answers.pop(0) if received.answers else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    received.url = f"http://127.0.0.1:{server.server_address[1]}/ended"
    yield received
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def deployed(
    receiver: Receiver, s3_endpoint: str, aws_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Receiver:
    """Give the function its URL and a secret in a real store."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    secret = boto3.client("secretsmanager").create_secret(
        Name=f"webhook-{receiver.url[-12:].replace('/', '-')}", SecretString=KEY
    )
    monkeypatch.setenv("WEBHOOK_SECRET_ARN", secret["ARN"])
    monkeypatch.setenv("WEBHOOK_URL", receiver.url)
    return receiver


def _records(*details: dict[str, Any]) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{number}", "body": json.dumps({"source": "fanreel", "detail": detail})}
            for number, detail in enumerate(details)
        ]
    }


def test_the_end_of_a_render_is_posted_and_signed(deployed: Receiver) -> None:
    """The event's detail as JSON; whoever has the key can tell that it is ours and whole."""
    assert webhook.handler(_records(DETAIL), None) == {"batchItemFailures": []}
    ((body, signature, kind),) = deployed.came
    assert json.loads(body) == DETAIL
    assert kind == "application/json"
    assert is_signed(body, signature, KEY)
    assert not is_signed(body.replace(b"SUCCEEDED", b"FAILED"), signature, KEY)
    assert not is_signed(body, signature, KEY + "x")
    assert not is_signed(body, None, KEY)


@pytest.mark.parametrize("answer", [500, 404, 302, 301])
def test_what_is_not_accepted_comes_again(
    deployed: Receiver, answer: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """That message only; the log says why, and nothing is sent to where an answer points."""
    deployed.answers = [answer]
    ended = webhook.handler(_records(DETAIL, DETAIL), None)
    assert ended == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert len(deployed.came) == 2
    assert str(answer) in json.loads(capsys.readouterr().out)["reason"]


def test_a_receiver_that_is_away_is_tried_again(
    deployed: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that is refused is a failure like any other."""
    monkeypatch.setenv("WEBHOOK_URL", "http://127.0.0.1:9/ended")
    assert webhook.handler(_records(DETAIL), None)["batchItemFailures"]
    assert deployed.came == []


@dataclass(frozen=True)
class Queued:
    """The function behind a queue on an emulator, as the stack has it but sooner tried again."""

    aws: EmulatorSession
    queue_url: str
    dead_url: str

    def send(self) -> None:
        """Send the event of a render that ended, as the rule of the stack does."""
        body = json.dumps({"source": "fanreel", "detail": DETAIL})
        self.aws.client("sqs").send_message(QueueUrl=self.queue_url, MessageBody=body)

    def dead(self) -> int:
        """Return how many messages were given up."""
        name = "ApproximateNumberOfMessages"
        answer = self.aws.client("sqs").get_queue_attributes(
            QueueUrl=self.dead_url, AttributeNames=[name]
        )
        return int(answer["Attributes"][name])


@pytest.fixture
def queued(receiver: Receiver, tmp_path: Path) -> Iterator[Queued]:
    """Put the very source that lies in the template behind a queue of three attempts."""
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("index.py", Path(webhook.__file__).read_text())
    with serve_ministack(tmp_path) as aws:
        sqs, functions = aws.client("sqs"), aws.client("lambda")

        def arn_of(url: str) -> str:
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            return str(answer["Attributes"]["QueueArn"])

        dead_url = sqs.create_queue(QueueName="dead")["QueueUrl"]
        redrive = {"maxReceiveCount": 3, "deadLetterTargetArn": arn_of(dead_url)}
        attributes = {"VisibilityTimeout": "5", "RedrivePolicy": json.dumps(redrive)}
        queue_url = sqs.create_queue(QueueName="ended", Attributes=attributes)["QueueUrl"]
        secret = aws.client("secretsmanager").create_secret(Name="key", SecretString=KEY)
        functions.create_function(
            FunctionName="webhook",
            Runtime="python3.11",
            Handler="index.handler",
            Role="arn:aws:iam::000000000000:role/webhook",
            Code={"ZipFile": source.getvalue()},
            Timeout=20,
            Environment={
                "Variables": {
                    "WEBHOOK_URL": receiver.url,
                    "WEBHOOK_SECRET_ARN": secret["ARN"],
                    "AWS_ENDPOINT_URL": aws.endpoint_url,
                }
            },
        )
        functions.create_event_source_mapping(
            FunctionName="webhook",
            EventSourceArn=arn_of(queue_url),
            BatchSize=1,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        yield Queued(aws, queue_url, dead_url)


def test_a_message_comes_until_it_is_accepted(queued: Queued, receiver: Receiver) -> None:
    """Twice in vain, then taken; each time the same, with the same signature."""
    receiver.answers = [500, 503]
    queued.send()
    wait_until(lambda: len(receiver.came) == 3, timeout_s=120)
    ((body, signature, _),) = set(receiver.came)
    assert json.loads(body) == DETAIL
    assert is_signed(body, signature, KEY)
    time.sleep(7)  # longer than it would take to come again
    assert (len(receiver.came), queued.dead()) == (3, 0)


def test_a_message_that_is_never_accepted_is_kept(queued: Queued, receiver: Receiver) -> None:
    """After its attempts, among the dead letters."""
    receiver.answers = [500] * 10
    queued.send()
    wait_until(lambda: queued.dead() == 1, timeout_s=120)
    assert len(receiver.came) == 3
