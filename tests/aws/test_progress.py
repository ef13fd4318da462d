"""One LIST answers a poll."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.storage import layout
from fanreel.storage.invocations import DONE, PLAN, Invocation, InvocationRecord, chunk_work
from fanreel.storage.journal import LIMIT_BYTES, Journal
from fanreel.storage.progress import read_progress
from fanreel.storage.store import ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_a_poll_is_one_list(
    store: ObjectStore, bucket: str, record_calls: Callable[[], list[str]]
) -> None:
    """For 40 chunks with counters, records and a cancelled render: one request."""
    folder = layout.progress(layout.render(s3_uri(bucket), "r1"))
    plan = InvocationRecord(
        invocation=Invocation(work=PLAN, started_ms=1, request="00000000"),
        outcome=DONE,
        total_frames=4000,
        chunk_count=40,
        segment_frames=100,
    )
    store.write_bytes(folder.joined(plan.name()), plan.to_json())
    for index in range(40):
        invocation = Invocation(work=chunk_work(index), started_ms=2, request="00000000")
        store.write_bytes(folder.joined(invocation.live_name()), bytes(index))
    store.write_bytes(layout.cancelled(layout.render(s3_uri(bucket), "r1")), b"")
    record_calls()
    activity = read_progress("r1", s3_uri(bucket), store)
    assert record_calls() == ["ListObjectsV2"]
    assert activity.frames_done == sum(range(40))
    assert activity.cancelled
    assert activity.stage == "rendering"


def test_a_failure_leaves_its_message(s3: "S3Client", store: ObjectStore, bucket: str) -> None:
    """The code is in the name; the message takes one GET; none, if gone or no journal."""
    record = InvocationRecord(
        invocation=Invocation(work=chunk_work(3), started_ms=1, request="00000000"),
        outcome="BROWSER_CRASHED",
        billed_ms=1500,
    )
    folder = layout.render(s3_uri(bucket), "r1")
    uri = layout.progress(folder).joined(record.name())
    store.write_bytes(uri, record.to_json({"message": "Chromium went away"}))
    seen = read_progress("r1", s3_uri(bucket), store).records[0]
    assert seen == record
    assert Journal.read(seen, folder, store).message == "Chromium went away"
    assert json.loads(record.to_json())["billed_ms"] == 1500
    s3.delete_object(Bucket=bucket, Key=uri.key)
    assert Journal.read(seen, folder, store) == Journal()
    for body in (b'{"segments": "none"}', b'{"message": "' + b"x" * LIMIT_BYTES + b'"}'):
        store.write_bytes(uri, body)
        assert Journal.read(seen, folder, store) == Journal()
