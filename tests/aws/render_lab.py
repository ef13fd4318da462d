"""A deployed stack on loopback: S3, CloudFormation, Step Functions, and workers in a script."""

import itertools
import json
import logging
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal
from urllib.parse import urlsplit

import boto3
import moto.stepfunctions.parser.asl.component.common.retry.retrier_decl as moto_retrier
import pytest

from fanreel.aws import RenderClient
from fanreel.aws.deploy.stack_settings import Settings
from fanreel.aws.storage.s3_client import connect, s3_uri
from fanreel.aws.storage.s3_store import S3ObjectStore
from fanreel.remote.results import Progress, StartedRender
from statemachine.definition import definition
from tests.aws.recording_worker import RecordingWorker
from tests.aws.scripted_worker import LambdaEndpoint

REGION: Literal["eu-central-1"] = "eu-central-1"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:123456789012:function:render"
ROLE_ARN = "arn:aws:iam::123456789012:role/render"
_numbers = itertools.count()


class Lab:
    """A stack on loopback: its client, and the endpoint behind which workers wait."""

    def __init__(self, url: str, endpoint: LambdaEndpoint, folder: Path) -> None:
        self.url, self.endpoint, self.folder = url, endpoint, folder
        self.s3 = connect()
        self.store = S3ObjectStore(self.s3)
        self.number = next(_numbers)
        self.stack_name = f"stack-{self.number}"
        self.bucket = f"render-client-{self.number}"
        self.root = s3_uri(self.bucket)
        self.s3.create_bucket(
            Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        machine = boto3.client("stepfunctions").create_state_machine(
            name=f"machine-{self.number}",
            definition=json.dumps(
                definition(
                    function_arn=FUNCTION_ARN,
                    choice_arns={"big": f"{FUNCTION_ARN}-big"},
                    bucket_name=self.bucket,
                    settings=Settings(functions=("big=7076:arm64",)),
                )
            ),
            roleArn=ROLE_ARN,
        )
        outputs = {
            "BucketName": self.bucket,
            "StateMachineArn": machine["stateMachineArn"],
            "FunctionNames": json.dumps({"big": "render-big"}),
        }
        deploy(self.stack_name, outputs)
        self.client = RenderClient.from_stack(self.stack_name)
        self.project = folder / "project"
        self.project.mkdir()
        (self.project / "index.html").write_text("<div data-composition-id='a'></div>")

    def worker(self, **given: Any) -> RecordingWorker:
        """Put a worker in place for a render of its own."""
        render_id = f"render-{next(_numbers)}"
        store = self.folder / render_id
        store.mkdir()
        made = RecordingWorker(
            store=store, objects=self.store, root=self.root, render_id=render_id, **given
        )
        self.endpoint.workers[render_id] = made
        return made

    def start(self, worker: RecordingWorker, config: Any = None) -> StartedRender:
        """Start the project as the worker's render."""
        return self.client.start_render(self.project, config, render_id=worker.render_id)

    def wait(self, worker: RecordingWorker, **given: Any) -> Progress:
        """Wait for the worker's render."""
        return self.client.wait(worker.render_id, poll_s=0.05, **given)

    def objects(self) -> set[str]:
        """Everything in the bucket."""
        return {found.uri.key for found in self.store.list_objects(s3_uri(self.bucket))}


@contextmanager
def open_lab(s3_endpoint: str, folder: Path) -> Iterator[Lab]:
    """Deploy a stack with nothing but a bucket, a state machine and its outputs."""
    body = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()
    urllib.request.urlopen(f"{s3_endpoint}/moto-api/config", body).close()  # noqa: S310 (loopback)
    with LambdaEndpoint() as endpoint, pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": s3_endpoint,
            # Where moto's server sends a state machine's Lambda tasks.
            "MOTO_PORT": str(urlsplit(endpoint.url).port),
        }.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        # The machine keeps its real intervals; only the interpreter's clock runs faster.
        patch.setattr(moto_retrier, "time", SimpleNamespace(sleep=lambda s: time.sleep(s / 1000)))
        patch.setattr(logging.getLogger("moto.stepfunctions"), "level", logging.CRITICAL + 1)
        yield Lab(s3_endpoint, endpoint, folder)


def deploy(stack_name: str, outputs: dict[str, str]) -> None:
    """Make a stack that has the outputs and a topic."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(
        StackName=stack_name, TemplateBody=json.dumps(template)
    )
