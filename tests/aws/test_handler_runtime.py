"""The function behind AWS's own runtime client: what Step Functions gets to see."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.files.plan_dir import PlanManifest
from fanreel.files.plan_reading import read_chunks
from fanreel.segments.stores import SegmentKey
from fanreel.storage import layout
from fanreel.storage.artifacts import upload_plan
from fanreel.storage.progress import read_progress
from fanreel.storage.segments import StoredSegments, segment_folder
from fanreel.storage.store import ObjectStore
from fanreel.timing.timeline import segments_of
from handler.replies import MAX_CHUNK_REPLY_BYTES
from tests.aws.plans import write_plan
from tests.aws.runtime_api import TRACE_ID, Runtime, container

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def xray_daemon() -> Iterator[socket.socket]:
    """Listen as the X-Ray daemon beside a function does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        yield daemon


@pytest.fixture
def runtime(
    aws_environment: None, bucket: str, tmp_path: Path, xray_daemon: socket.socket
) -> Iterator[Runtime]:
    """Start a container whose /tmp is the test's."""
    (tmp_path / "tmp").mkdir()
    names = [name for name in os.environ if name.startswith("AWS_")]
    environment = {name: os.environ[name] for name in names} | {
        "FANREEL_RENDER_BUCKET": bucket,
        "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{xray_daemon.getsockname()[1]}",
    }
    with container(environment, tmp_path / "tmp") as runtime:
        yield runtime


def _keep_all(store: ObjectStore, bucket: str, plan_dir: Path, manifest: PlanManifest) -> None:
    """Put a few bytes for every segment, as workers of an earlier render did."""
    folder = segment_folder(None, s3_uri(bucket), manifest.plan_hash)
    segments = StoredSegments(store, folder, "mp4")
    for start, end in segments_of(0, manifest.total_frames, manifest.segment_frames):
        (plan_dir / "segment").write_bytes(b"x")
        key = SegmentKey(plan_hash=manifest.plan_hash, start_frame=start, end_frame=end)
        segments.keep(key, plan_dir / "segment")


def test_errors_and_replies_cross_the_runtime(
    runtime: Runtime, s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """`errorType` is the bare code; a reply is small; the container lives on after failures."""
    manifest = write_plan(tmp_path / "plan")
    uri, _ = upload_plan(store, tmp_path / "plan", layout.render(s3_uri(bucket), "r1"))
    _keep_all(store, bucket, tmp_path / "plan", manifest)
    chunk = {
        "Action": "renderChunk",
        "PlanManifestS3Uri": str(uri),
        "PlanHash": manifest.plan_hash,
        "ChunkIndex": 1,
        "Format": "mp4",
    }
    plan = {
        "Action": "plan",
        "ProjectS3Uri": f"s3://{bucket}/sites/none/site.json",
        "PlanOutputS3Prefix": f"s3://{bucket}/renders/r2/",
    }
    for event, error_type in [
        ({"Action": "draw"}, "INVALID_CONFIG"),
        (chunk | {"PlanManifestS3Uri": "s3://else/renders/r1/plan.json"}, "S3_URI_NOT_ALLOWED"),
        (chunk | {"PlanHash": "0" * 64}, "PLAN_HASH_MISMATCH"),
        (chunk | {"ChunkIndex": 2}, "CHUNK_INDEX_OUT_OF_RANGE"),
        (plan, "ASSET_NOT_FOUND"),
    ]:
        answer = runtime.invoke(event)
        assert answer.error_type == error_type
        message = json.loads(answer.json["errorMessage"])
        assert message["Code"] == error_type
        assert message["Retryable"] is False
    answer = runtime.invoke({"Payload": chunk})
    assert answer.error_type is None
    assert len(answer.body) <= MAX_CHUNK_REPLY_BYTES
    last = read_chunks(tmp_path / "plan")[1].end_frame
    assert (answer.json["Done"], answer.json["NextFrame"]) == (True, last)
    store.write_bytes(layout.cancelled(layout.render(s3_uri(bucket), "r1")), b"")
    assert runtime.invoke(chunk).error_type == "RENDER_CANCELLED"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_cold_start_is_in_the_first_record(
    runtime: Runtime, store: ObjectStore, bucket: str
) -> None:
    """With the time since the process began; later invocations are warm."""
    event = {
        "Action": "plan",
        "ProjectS3Uri": f"s3://{bucket}/sites/none/site.json",
        "PlanOutputS3Prefix": f"s3://{bucket}/renders/r1/",
    }
    for _ in range(2):
        answer = runtime.invoke(event)
        assert answer.error_type == "ASSET_NOT_FOUND", answer
    first, second = read_progress("r1", s3_uri(bucket), store).records
    assert (first.cold, second.cold, second.init_ms) == (1, 0, 0)
    assert first.billed_ms > first.init_ms > 0


def test_the_trace_says_what_takes_the_time(
    runtime: Runtime, xray_daemon: socket.socket, bucket: str
) -> None:
    """One subsegment per phase, under the trace that Lambda opened; failed ones say so."""
    event = {
        "Action": "plan",
        "ProjectS3Uri": f"s3://{bucket}/sites/none/site.json",
        "PlanOutputS3Prefix": f"s3://{bucket}/renders/r1/",
    }
    assert runtime.invoke(event).error_type == "ASSET_NOT_FOUND"
    _, _, sent = xray_daemon.recv(65536).partition(b"\n")
    subsegment = json.loads(sent)
    assert subsegment["name"] == "## fetch"
    assert subsegment["fault"] is True
    assert subsegment["trace_id"] in TRACE_ID
