"""Two programs that execute state machines on this machine, reached as Step Functions is."""

import io
import json
import logging
import os
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import moto.stepfunctions.parser.asl.component.common.retry.retrier_decl as moto_retrier
import pytest
from moto import mock_aws

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

REGION = "us-east-1"
BUCKET = "renders-bucket"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:000000000000:function:render"
BIG_FUNCTION_ARN = f"{FUNCTION_ARN}-big"
ROLE_ARN = "arn:aws:iam::000000000000:role/render"
WAIT_SCALE = 0.001
"""The machine under test keeps its real intervals; the interpreters' clocks run faster."""

# What a runtime's bootstrap is: asks for an event, passes it on, reports. A worker that is killed
# kills this process too, so that the interpreter sees what Lambda would.
_BOOTSTRAP = """#!{python} -IS
import http.client, json, os, signal
from urllib.parse import urlsplit
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    runtime = http.client.HTTPConnection(api)
    runtime.request("GET", "/2018-06-01/runtime/invocation/next")
    taken = runtime.getresponse()
    event, request_id = taken.read(), taken.headers["Lambda-Runtime-Aws-Request-Id"]
    worker = http.client.HTTPConnection(urlsplit("{url}").netloc)
    worker.request("POST", "/functions/{name}/invocations", body=event)
    answer = worker.getresponse()
    body = json.loads(answer.read())
    if body.get("errorType") == "Runtime.ExitError":
        os.kill(os.getpid(), signal.SIGKILL)
    if answer.status == 429:  # this interpreter calls its own throttling Lambda.Unknown
        body = {{"errorType": "Lambda.TooManyRequestsException", "errorMessage": "Rate Exceeded."}}
    failed = answer.status == 429 or answer.headers.get("X-Amz-Function-Error")
    path = f"/2018-06-01/runtime/invocation/{{request_id}}/" + ("error" if failed else "response")
    report = http.client.HTTPConnection(api)
    report.request("POST", path, body=json.dumps(body))
    report.getresponse().read()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Step Functions endpoint whose Lambda function leads to the scripted worker."""

    name: str
    client: "SFNClient"
    waits_s: list[float] | None = None
    """Every wait before a retry, unscaled, where the interpreter lets them be seen."""

    def create(self, definition: dict[str, Any], name: str = "render") -> str:
        """Create a state machine and give its ARN."""
        answer = self.client.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=ROLE_ARN
        )
        return answer["stateMachineArn"]

    def start(self, machine_arn: str, name: str, document: dict[str, Any]) -> str:
        """Start an execution and give its ARN."""
        answer = self.client.start_execution(
            stateMachineArn=machine_arn, name=name, input=json.dumps(document)
        )
        return answer["executionArn"]

    def wait(self, execution_arn: str, timeout_s: float = 60) -> "DescribeExecutionOutputTypeDef":
        """Wait until an execution has ended and describe it."""
        deadline = time.monotonic() + timeout_s
        while True:
            execution = self.client.describe_execution(executionArn=execution_arn)
            if execution["status"] != "RUNNING":
                return execution
            assert time.monotonic() < deadline, f"{self.name} still runs {execution_arn}"
            time.sleep(0.02)


@contextmanager
def moto(lambda_url: str) -> Iterator[Interpreter]:
    """Run moto's interpreter in this process."""
    waits_s: list[float] = []

    def sleep(seconds: float) -> None:
        waits_s.append(seconds)
        time.sleep(seconds * WAIT_SCALE)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_LAMBDA", lambda_url)
        patch.setattr(moto_retrier, "time", SimpleNamespace(sleep=sleep))
        # Each scripted failure would be logged with the whole syntax tree of the machine.
        patch.setattr(logging.getLogger("moto.stepfunctions"), "level", logging.CRITICAL + 1)
        with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
            client = boto3.client("stepfunctions", region_name=REGION)
            yield Interpreter(name="moto", client=client, waits_s=waits_s)


@contextmanager
def ministack(lambda_url: str, data_dir: Path) -> Iterator[Interpreter]:
    """Run ministack as a server of its own."""
    with serve_ministack(data_dir, SFN_WAIT_SCALE=str(WAIT_SCALE)) as session:
        for arn in (FUNCTION_ARN, BIG_FUNCTION_ARN):
            name = arn.rpartition(":")[2]
            session.client("lambda").create_function(
                FunctionName=name,
                Runtime="provided.al2023",
                Handler="bootstrap",
                Role=ROLE_ARN,
                Timeout=60,
                Code={"ZipFile": _zipped_bootstrap(lambda_url, name)},
            )
        yield Interpreter(name="ministack", client=session.client("stepfunctions"))


@dataclass(frozen=True, slots=True)
class EmulatorSession:
    """Where an emulator listens."""

    endpoint_url: str

    def client(self, service: Any) -> Any:
        """Return a boto3 client of the emulator."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 (the emulator takes any)
        )


@contextmanager
def serve_ministack(
    data_dir: Path, host: str = "127.0.0.1", **environment: str
) -> Iterator[EmulatorSession]:
    """Start ministack on a free port of *host*, and end it."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    url = f"http://{host}:{port}"
    command = [str(Path(sys.executable).with_name("ministack"))]
    env = {
        **os.environ,
        "BIND_HOST": host,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "AWS_ENDPOINT_URL": url,
        **environment,
    }
    log = data_dir / "ministack.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=data_dir, env=env, stdout=output, stderr=output) as server,
    ):
        try:
            _wait_for(url, server, log)
            yield EmulatorSession(url)
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{url}/_ministack/health", timeout=2).close()  # noqa: S310 (ours)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        else:
            return


def _zipped_bootstrap(lambda_url: str, name: str) -> bytes:
    member = zipfile.ZipInfo("bootstrap")
    member.external_attr = (stat.S_IFREG | 0o755) << 16
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(member, _BOOTSTRAP.format(python=sys.executable, url=lambda_url, name=name))
    return archive.getvalue()
