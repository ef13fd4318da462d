"""A video larger than the function's disk: segments come and parts leave while it is joined."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.storage.transfer import fetch_file
from fanreel.storage.uris import ObjectUri
from tests.aws.carrying import Carrying
from tests.aws.handling import Function, deployed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MIB = 1024**2
SEGMENTS = 5
SEGMENT_BYTES = 3 * MIB
ROOM_BYTES = 20 * MIB
"""A third of it holds two segments; all segments and the video are more."""


@pytest.fixture
def steps() -> Carrying:
    """Steps whose segments have some size."""
    return Carrying(segment_bytes=SEGMENT_BYTES)


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give the function little disk, and the smallest parts that S3 takes."""
    monkeypatch.setattr("fanreel.storage.streamed.PART_BYTES", 5 * MIB)
    return {"FANREEL_ASSEMBLY_ROOM_BYTES": str(ROOM_BYTES)}


@pytest.fixture
def function(function: Function) -> Function:
    """Have its chunks rendered."""
    function.planned()
    for index in range(2):
        function.invoke(function.chunk_event(index))
    return function


def uploads(function: Function) -> list[Any]:
    """Return the uploads in parts that were begun and not ended."""
    return list(function.s3.list_multipart_uploads(Bucket=function.bucket).get("Uploads", []))


def test_no_more_than_a_few_segments_and_parts_are_on_the_disk(
    function: Function, steps: Carrying, tmp_path: Path
) -> None:
    """The object is whole, in four parts, and its digest is what S3 holds."""
    most: list[int] = []

    def look(path: Path) -> None:
        here = [file.stat().st_size for file in path.parent.iterdir()]
        most.append(sum(here))

    steps.during = look
    reply = function.invoke(function.assemble_event())
    assert steps.called[-1] == "assemble parts"
    content = fetch_file(
        function.store, ObjectUri.parse(reply["OutputS3Uri"]), tmp_path / "video.mp4"
    )
    assert (reply["Sha256"], reply["FileSize"]) == (content.sha256, content.size_bytes)
    video = (tmp_path / "video.mp4").read_bytes()
    assert len(video) == SEGMENTS * SEGMENT_BYTES + len("audio.m4a")
    names = [
        video[start : start + 19] for start in range(0, SEGMENTS * SEGMENT_BYTES, SEGMENT_BYTES)
    ]
    assert names == [f"[{n:08d}-{n + 10:08d}]".encode() for n in range(0, 50, 10)]
    assert max(most) <= ROOM_BYTES // 3
    assert uploads(function) == []
    head = function.s3.head_object(Bucket=function.bucket, Key="outputs/r1.mp4")
    assert head["ContentType"] == "video/mp4"
    assert head["ETag"].endswith('-4"')


def test_a_segment_that_is_lost_ends_it(function: Function, steps: Carrying) -> None:
    """Under its own code, not as cancelled; no parts stay behind and no video appears."""

    def lose(path: Path) -> None:
        if path.name.startswith("00000010"):
            found = function.store.list_objects(s3_uri(function.bucket, "segments/"))
            function.store.delete_objects([one.uri for one in found if "00000040" in one.uri.name])

    steps.during = lose
    with pytest.raises(Exception) as caught:  # noqa: PT011 (its class is made at run time)
        function.invoke(function.assemble_event())
    assert type(caught.value).__name__ == "MISSING_PLAN_ARTIFACT"
    assert uploads(function) == []
    assert list(function.store.list_objects(s3_uri(function.bucket, "outputs/"))) == []


def test_a_step_that_fails_leaves_nothing(function: Function, steps: Carrying) -> None:
    """Also when parts were sent already."""

    def fail(path: Path) -> None:
        if path.name.startswith("00000040"):
            raise ZeroDivisionError

    steps.during = fail
    with pytest.raises(Exception, match="ZeroDivisionError"):
        function.invoke(function.assemble_event())
    assert uploads(function) == []


def test_frames_that_do_not_fit_are_refused_before_they_are_fetched(
    s3: "S3Client", bucket: str, tmp_path: Path, steps: Carrying
) -> None:
    """A PNG sequence is made on the disk; the ways out are named."""
    environ = {"FANREEL_ASSEMBLY_ROOM_BYTES": str(ROOM_BYTES)}
    with deployed(s3, bucket, tmp_path, steps, environ=environ) as function:
        function.planned(Config={"format": "png-sequence"})
        for index in range(2):
            function.invoke(function.chunk_event(index))
        event = function.assemble_event(OutputS3Uri=f"s3://{bucket}/outputs/r1.tar")
        with pytest.raises(Exception) as caught:  # noqa: PT011 (its class is made at run time)
            function.invoke(event)
    message = json.loads(str(caught.value))
    assert message["Code"] == "DISK_FULL"
    assert "ephemeral_storage_mb" in message["Message"]
    assert message["Facts"]["free_bytes"] == ROOM_BYTES
