"""Where videos go, and how they lie there: the function against S3 on loopback."""

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.errors import InvalidConfig, S3UriNotAllowed
from fanreel.remote.batches import batch_requests, parse_batch
from fanreel.remote.inputs import build_request
from fanreel.storage.outputs import OutputOptions
from fanreel.storage.uris import ObjectUri
from tests.aws.carrying import Carrying
from tests.aws.handling import Function

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OPTIONS = {
    "StorageClass": "STANDARD_IA",
    "DownloadName": "Größe.mp4",
    "Tags": {"team": "a+b = c"},
    "ExpiresInDays": 7,
}


@pytest.fixture
def elsewhere(s3: "S3Client") -> str:
    """Make a bucket that is not the stack's."""
    name = f"media-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return name


@pytest.fixture
def environ(elsewhere: str, room_bytes: str) -> dict[str, str]:
    """Return a prefix of another bucket, for a disk that is large and one that is small."""
    return {
        "FANREEL_OUTPUT_BUCKETS": f"{elsewhere}/films,unrelated",
        "FANREEL_ASSEMBLY_ROOM_BYTES": room_bytes,
    }


def render_to(function: Function, **changes: Any) -> dict[str, Any]:
    """Plan, render two chunks, and assemble to where *changes* say; give the last reply."""
    planned = {name: changes[name] for name in ("OutputS3Uri", "Output") if name in changes}
    function.planned(**planned)
    for index in (0, 1):
        function.invoke(function.chunk_event(index))
    return function.invoke(function.assemble_event(**changes))


def test_a_video_lies_as_it_was_asked_for(function: Function) -> None:
    """Storage class, name for browsers, tags, and the tag that a rule of the bucket goes by."""
    reply = render_to(function, Output=OPTIONS)
    uri = ObjectUri.parse(reply["OutputS3Uri"])
    head = function.s3.head_object(Bucket=uri.bucket, Key=uri.key)
    assert head["StorageClass"] == "STANDARD_IA"
    assert head["ContentDisposition"] == "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.mp4"
    assert head["ContentType"] == "video/mp4"
    tags = function.s3.get_object_tagging(Bucket=uri.bucket, Key=uri.key)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "a+b = c", "fanreel-expires": "7"}


def test_a_video_goes_to_a_bucket_of_the_list(function: Function, elsewhere: str) -> None:
    """Below the prefix that the list has; all else of the render stays in the stack's."""
    place = f"s3://{elsewhere}/films/spring.mp4"
    assert render_to(function, OutputS3Uri=place)["OutputS3Uri"] == place
    found = function.s3.list_objects_v2(Bucket=elsewhere)["Contents"]
    assert [one["Key"] for one in found] == ["films/spring.mp4"]


@pytest.mark.parametrize("key", ["spring.mp4", "filmsX/spring.mp4", "films/../a.mp4"])
def test_a_place_outside_of_the_list_is_refused(
    function: Function, steps: Carrying, elsewhere: str, key: str
) -> None:
    """Before anything is planned, naming where outputs may go."""
    event = function.plan_event(OutputS3Uri=f"s3://{elsewhere}/{key}")
    with pytest.raises(Exception, match="s3://") as caught:
        function.invoke(event)
    assert type(caught.value).__name__ == "S3_URI_NOT_ALLOWED"
    assert steps.called == []


def test_a_video_is_replaced_on_request_only(function: Function, steps: Carrying) -> None:
    """What is there already refuses the render before it is planned."""
    place = s3_uri(function.bucket, "outputs/spring.mp4")
    function.store.write_bytes(place, b"another")
    with pytest.raises(Exception, match="there is something already") as caught:
        function.invoke(function.plan_event(OutputS3Uri=str(place)))
    assert type(caught.value).__name__ == "INVALID_CONFIG"
    assert steps.called == []
    render_to(function, OutputS3Uri=str(place), Output={"Overwrite": True})
    body = function.s3.get_object(Bucket=place.bucket, Key=place.key)["Body"].read()
    assert body != b"another"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"StorageClass": "DEEP_ARCHIVE"}, "StorageClass"),
        ({"ExpiresInDays": 2}, "ExpiresInDays"),
        ({"Tags": {"aws:x": "1"}}, "not aws:"),
        ({"Tags": {"x": "a & b"}}, "letters, digits, spaces"),
        ({"Tags": {str(n): "" for n in range(10)}}, "at most 9"),
        ({"DownloadName": "a/b.mp4"}, "allowed: a file name"),
        ({"Overwite": True}, "Known: StorageClass, DownloadName, Tags"),
    ],
)
def test_options_that_there_are_not_are_refused(options: dict[str, Any], message: str) -> None:
    """By the client as by the function, with what is allowed."""
    with pytest.raises(InvalidConfig, match=message):
        build_request(
            bucket=s3_uri("b-1"), project_uri="s3://b-1/sites/a/site.json", output=options
        )


def test_the_client_knows_the_list(bucket: str) -> None:
    """It is a setting of the stack; expiry is by rules that only the stack's bucket has."""
    given: dict[str, Any] = {
        "bucket": s3_uri(bucket),
        "project_uri": f"s3://{bucket}/sites/a/site.json",
        "output_uri": "s3://media/films/spring.mp4",
    }
    request = build_request(**given, output_buckets=["media/films"])
    assert request.to_json()["OutputS3Uri"] == "s3://media/films/spring.mp4"
    with pytest.raises(S3UriNotAllowed):
        build_request(**given)
    with pytest.raises(InvalidConfig, match="ExpiresInDays = 7"):
        build_request(**given, output_buckets=["media/films"], output={"expires_in_days": 7})


def test_a_line_of_a_batch_has_options_of_its_own() -> None:
    """Laid over those of the batch; a line without keeps the id it always had."""
    lines = parse_batch('{"output": {"Tags": {"a": "1"}}}\n{}\n')
    shared = OutputOptions(storage_class="GLACIER_IR", tags={"b": "2"})
    own, plain = batch_requests(
        lines, bucket=s3_uri("b-1"), project_uri="s3://b-1/sites/a/site.json", output=shared
    )
    assert own.to_json()["Output"] == {"StorageClass": "GLACIER_IR", "Tags": {"a": "1"}}
    assert plain.to_json()["Output"] == {"StorageClass": "GLACIER_IR", "Tags": {"b": "2"}}
    assert plain.render_id == "batch-00002-9a1db9accc35"
