"""S3 over the real protocol: moto's server on loopback, one bucket per test."""

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from fanreel.aws.storage.s3_client import connect
from fanreel.aws.storage.s3_store import S3ObjectStore
from tests.aws.carrying import Carrying
from tests.aws.handling import Function, deployed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Serve S3 (and all else moto knows) for the whole run."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws_environment(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the process the variables that Lambda would, pointing at the local S3."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_S3": s3_endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def s3_client(s3_endpoint: str) -> Iterator["S3Client"]:
    """Open one client for all tests: making one costs more than most tests."""
    session = boto3.session.Session("testing", "testing", region_name="eu-central-1")
    client = connect(session, s3_endpoint)
    yield client
    client.close()


@pytest.fixture
def s3(aws_environment: None, s3_client: "S3Client") -> "S3Client":
    """Return the client as the handler and the SDK make it."""
    return s3_client


@pytest.fixture
def store(s3: "S3Client") -> S3ObjectStore:
    """Return what the handler and the SDK make of it."""
    return S3ObjectStore(s3)


@pytest.fixture
def bucket(s3: "S3Client") -> str:
    """Make a bucket of its own for the test."""
    name = f"render-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return name


@pytest.fixture
def steps() -> Carrying:
    """Return steps for the function that carry, and draw nothing."""
    return Carrying()


@pytest.fixture(params=["", "1"], ids=["whole", "by parts"])
def room_bytes(request: pytest.FixtureRequest) -> str:
    """Return FANREEL_ASSEMBLY_ROOM_BYTES of a disk that is large, and of one that is small."""
    return str(request.param)


@pytest.fixture
def environ() -> Mapping[str, str]:
    """Return the function's settings; modules with others have a fixture of their own."""
    return {}


@pytest.fixture
def function(
    s3: "S3Client", bucket: str, tmp_path: Path, steps: Carrying, environ: Mapping[str, str]
) -> Iterator[Function]:
    """Deploy the function with these steps and settings."""
    with deployed(s3, bucket, tmp_path, steps, environ=environ) as function:
        yield function


@pytest.fixture
def record_calls(s3: "S3Client") -> Iterator[Callable[[], list[str]]]:
    """Yield a function that tells which S3 operations were sent since it was last asked."""
    calls: list[str] = []

    def note(event_name: str, **_: object) -> None:
        calls.append(event_name.rpartition(".")[2])

    def since() -> list[str]:
        seen = calls.copy()
        calls.clear()
        return seen

    s3.meta.events.register("before-send.s3", note)
    yield since
    s3.meta.events.unregister("before-send.s3", note)
