"""Outputs in buckets of other S3-compatible services: MiniStack's S3 is one, moto's is AWS."""

import json
import re
import traceback
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.model import OperationModel

from fanreel.aws.client.deployment import Connection, Deployment
from fanreel.aws.deploy.stack_settings import Settings
from fanreel.aws.storage import endpoint_keys
from fanreel.aws.storage.endpoint_keys import output_stores
from fanreel.aws.storage.s3_client import connect, s3_uri
from fanreel.errors import InvalidConfig, RenderCancelled, RenderTimedOut
from fanreel.remote.inputs import build_request
from fanreel.storage import endpoints, layout
from fanreel.storage.endpoints import parse_endpoints
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri
from tests.aws.carrying import Carrying
from tests.aws.handling import Function
from tests.aws.interpreters import EmulatorSession, serve_ministack
from tests.aws.test_outputs import render_to

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "films-elsewhere"
KEYS = {"AccessKeyId": "elsewhere", "SecretAccessKey": "hidden-key", "Region": "auto"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorSession]:
    """Another service, with a bucket."""
    with serve_ministack(tmp_path_factory.mktemp("service")) as session:
        session.client("s3").create_bucket(Bucket=BUCKET)
        yield session


@pytest.fixture
def secret(aws_environment: None, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Keep the service's keys in AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", s3_endpoint)
    name = f"fanreel/{uuid.uuid4().hex[:8]}"
    boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(KEYS))
    return name


@pytest.fixture
def without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let endpoints be reached by http, as the emulator is."""
    pattern = endpoints.ENTRY.pattern.replace("https", "https?")
    monkeypatch.setattr(endpoints, "ENTRY", re.compile(pattern))


@pytest.fixture
def environ(
    service: EmulatorSession, secret: str, without_tls: None, room_bytes: str
) -> dict[str, str]:
    """Return the other service's bucket, for a disk that is large and one that is small."""
    return {
        "FANREEL_OUTPUT_ENDPOINTS": f"{BUCKET}={service.endpoint_url}={secret}",
        "FANREEL_ASSEMBLY_ROOM_BYTES": room_bytes,
    }


def test_a_video_goes_to_another_service(
    function: Function, service: EmulatorSession, secret: str, tmp_path: Path
) -> None:
    """Its bytes are there and not in AWS; a second render is refused; the client reads it."""
    place = f"s3://{BUCKET}/{uuid.uuid4().hex}/spring.mp4"
    uri = ObjectUri.parse(place)
    reply = render_to(function, OutputS3Uri=place, Output={"DownloadName": "Spring.mp4"})
    there = service.client("s3").get_object(Bucket=uri.bucket, Key=uri.key)
    data = there["Body"].read()
    assert (reply["OutputS3Uri"], reply["FileSize"]) == (place, len(data))
    assert there["ContentDisposition"] == "attachment; filename*=UTF-8''Spring.mp4"
    with pytest.raises(ClientError):
        function.s3.head_object(Bucket=uri.bucket, Key=uri.key)
    with pytest.raises(Exception, match="there is something already"):
        function.invoke(function.plan_event(OutputS3Uri=place))
    deployment = Deployment(
        bucket=function.bucket,
        state_machine_arn="arn:aws:states:eu-central-1:1:stateMachine:m",
        settings={"output_endpoints": [f"{BUCKET}={service.endpoint_url}={secret}"]},
    )
    assert deployment.output_buckets == (BUCKET,)
    store = Connection(deployment).outputs.of(uri)
    assert store.read_bytes(uri, limit_bytes=len(data)) == data
    link = store.link(uri, 60)
    assert link.startswith(f"{service.endpoint_url}/{BUCKET}/{uri.key}?X-Amz-Algorithm=")


def test_an_upload_to_another_service_is_cancelled(
    function: Function, service: EmulatorSession, steps: Carrying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two parts, and those that are there are deleted: no rule of ours would do so."""
    uri = s3_uri(BUCKET, f"{uuid.uuid4().hex}/spring.mp4")
    marker = layout.cancelled(layout.render(s3_uri(function.bucket), "r1"))
    sent: list[str] = []

    def cancel_first(model: OperationModel, **_event: Any) -> None:
        if model.name == "UploadPart":
            function.store.write_bytes(marker, b"")
            assert steps.cancelled.wait(20)
        sent.append(model.name)

    def connect_watched(*args: Any, **options: Any) -> "S3Client":
        client = connect(*args, **options)
        client.meta.events.register_first("before-call.s3", cancel_first)
        return client

    monkeypatch.setattr(endpoint_keys, "connect", connect_watched)
    steps.segment_bytes = 12 * 1024**2
    with pytest.raises(Exception, match="was cancelled") as caught:
        render_to(function, OutputS3Uri=str(uri))
    assert type(caught.value).__name__ == "RENDER_CANCELLED"
    assert "UploadPart" in sent
    assert "CompleteMultipartUpload" not in sent
    left = service.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    assert [upload for upload in left if upload["Key"] == uri.key] == []


def test_every_store_is_watched(store: ObjectStore, secret: str, s3_endpoint: str) -> None:
    """The stack's own, one that was there, and one that is made meanwhile; and no longer."""
    listed = parse_endpoints(
        [f"{name}=https://{name}.example.com={secret}" for name in ("a-1", "b-1")]
    )
    outputs = output_stores(store, listed, boto3.Session(), s3_endpoint)
    uris = [s3_uri(name, "a.mp4") for name in ("own", "a-1", "b-1")]
    outputs.of(uris[1])

    def refuse() -> None:
        raise RenderCancelled("refused before it was sent")

    def refuse_later() -> None:
        raise RenderTimedOut("refused by another")

    with outputs.watch(refuse):
        for uri in uris:
            with pytest.raises(RenderCancelled):
                outputs.of(uri).look_up(uri)
    for uri in uris:
        with outputs.of(uri).watch(refuse_later), pytest.raises(RenderTimedOut):
            outputs.of(uri).look_up(uri)


@pytest.mark.parametrize(
    "text", ["not JSON hidden-key", '{"AccessKeyId": "hidden-key"}', '["hidden-key"]']
)
def test_a_secret_without_keys_is_named_and_not_told(
    aws_environment: None, s3_endpoint: str, store: ObjectStore, text: str
) -> None:
    """Neither in the message nor in a traceback."""
    session = boto3.Session()
    name = f"fanreel/{uuid.uuid4().hex[:8]}"
    secrets = session.client("secretsmanager", endpoint_url=s3_endpoint)
    secrets.create_secret(Name=name, SecretString=text)
    listed = parse_endpoints([f"media=https://s3.example.com={name}"])
    outputs = output_stores(store, listed, session, s3_endpoint)
    with pytest.raises(InvalidConfig, match=f"the secret {name} does not hold") as caught:
        outputs.of(s3_uri("media", "a.mp4"))
    assert "hidden-key" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("media=https://s3.example.com", "BUCKET=https://HOST=SECRET"),
        ("media=http://s3.example.com=s", "BUCKET=https://HOST=SECRET"),
        ("media=https://s3.example.com/path=s", "BUCKET=https://HOST=SECRET"),
        ("media=https://me:hidden@s3.example.com=s", "BUCKET=https://HOST=SECRET"),
        ("media=http://127.0.0.1:9000=s", "BUCKET=https://HOST=SECRET"),
        ("media=https://a.example=s,media=https://b.example=s", "bucket media is listed twice"),
        ("other=https://s3.example.com=s", "other is in output_buckets and output_endpoints"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(value: str, why: str) -> None:
    """Before anything is deployed, saying how it is written."""
    with pytest.raises(InvalidConfig, match=why):
        Settings.chosen({"output_endpoints": value, "output_buckets": "other/films"})


def test_expiry_is_refused_there() -> None:
    """The rules that delete are those of the stack's bucket."""
    given: dict[str, Any] = {
        "bucket": s3_uri("b-1"),
        "project_uri": "s3://b-1/sites/a/site.json",
        "output_uri": "s3://media/spring.mp4",
        "output_buckets": ["media"],
    }
    build_request(**given)
    with pytest.raises(InvalidConfig, match="ExpiresInDays"):
        build_request(**given, output={"expires_in_days": 7})
