"""One LIST answers a poll."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from fanreel.aws.storage import layout
from fanreel.aws.storage.journal import LIMIT_BYTES, Journal
from fanreel.aws.storage.objects import write_bytes
from fanreel.aws.storage.progress import (
    DONE,
    PLAN,
    Invocation,
    InvocationRecord,
    chunk_work,
    read_progress,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_a_poll_is_one_list(
    s3: "S3Client", bucket: str, record_calls: Callable[[], list[str]]
) -> None:
    """For 40 chunks with counters, records and a cancelled render: one request."""
    folder = layout.progress(layout.render(bucket, "r1"))
    plan = InvocationRecord(
        invocation=Invocation(work=PLAN, started_ms=1, request="00000000"),
        outcome=DONE,
        total_frames=4000,
        chunk_count=40,
        segment_frames=100,
    )
    write_bytes(s3, folder.joined(plan.name()), plan.to_json())
    for index in range(40):
        invocation = Invocation(work=chunk_work(index), started_ms=2, request="00000000")
        write_bytes(s3, folder.joined(invocation.live_name()), bytes(index))
    write_bytes(s3, layout.cancelled(layout.render(bucket, "r1")), b"")
    record_calls()
    activity = read_progress("r1", bucket, s3)
    assert record_calls() == ["ListObjectsV2"]
    assert activity.frames_done == sum(range(40))
    assert activity.cancelled
    assert activity.stage == "rendering"


def test_a_failure_leaves_its_message(s3: "S3Client", bucket: str) -> None:
    """The code is in the name; the message takes one GET; none, if gone or no journal."""
    record = InvocationRecord(
        invocation=Invocation(work=chunk_work(3), started_ms=1, request="00000000"),
        outcome="BROWSER_CRASHED",
        billed_ms=1500,
    )
    folder = layout.render(bucket, "r1")
    uri = layout.progress(folder).joined(record.name())
    write_bytes(s3, uri, record.to_json({"message": "Chromium went away"}))
    seen = read_progress("r1", bucket, s3).records[0]
    assert seen == record
    assert Journal.read(seen, folder, s3).message == "Chromium went away"
    assert json.loads(record.to_json())["billed_ms"] == 1500
    s3.delete_object(Bucket=bucket, Key=uri.key)
    assert Journal.read(seen, folder, s3) == Journal()
    for body in (b'{"segments": "none"}', b'{"message": "' + b"x" * LIMIT_BYTES + b'"}'):
        write_bytes(s3, uri, body)
        assert Journal.read(seen, folder, s3) == Journal()
