"""The service as Cloud Run runs it: its own process, HTTP, and Cloud Storage on loopback."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanreel.config import RenderConfig
from fanreel.gcp.storage.gcs_client import gs_uri
from fanreel.gcp.storage.gcs_store import GcsObjectStore
from fanreel.local import render
from fanreel.storage.progress import read_progress
from fanreel.storage.sites import upload_site
from fanreel.storage.transfer import fetch_file
from tests.aws.scripted_worker import wait_until
from tests.gcp.cloud_requests import (
    CONFIG,
    FRAMES,
    assemble_event,
    chunk_event,
    plan_event,
    write_project,
)
from tests.gcp.service_process import ServiceProcess, serving
from tests.gcp.storage_service import StorageService

HASH = "0" * 64


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project in which a word moves for 40 frames."""
    return write_project(tmp_path / "moving")


@pytest.fixture
def service(storage_service: StorageService, gcs_bucket: str) -> Iterator[ServiceProcess]:
    """Start an instance for the bucket."""
    with serving(storage_service.url, gcs_bucket) as process:
        yield process


@pytest.mark.media
def test_it_renders_what_this_machine_renders(
    service: ServiceProcess, gcs: GcsObjectStore, gcs_bucket: str, project: Path, tmp_path: Path
) -> None:
    """Plan, two chunks and the video: the very same bytes; a still; records; an empty disk."""
    service.headers["X-Cloud-Trace-Context"] = "105445aa7843bc8bf206b12000100000/1;o=1"
    site = upload_site(project, gs_uri(gcs_bucket), gcs)
    status, planned = service.post(plan_event(gcs_bucket, site.uri))
    assert (status, planned["ChunkCount"], planned["TotalFrames"]) == (200, 2, FRAMES)
    for index in range(2):
        status, done = service.post(chunk_event(planned, index))
        assert (status, done["Done"]) == (200, True)
    output = f"gs://{gcs_bucket}/outputs/r1.mp4"
    status, assembled = service.post(assemble_event(planned, output))
    assert (status, assembled["OutputS3Uri"]) == (200, output)
    fetched = fetch_file(gcs, gs_uri(gcs_bucket, "outputs/r1.mp4"), tmp_path / "cloud.mp4")
    assert fetched.sha256 == assembled["Sha256"]
    local = render(project, tmp_path / "local.mp4", RenderConfig.from_json(CONFIG))
    assert local.output_path.read_bytes() == (tmp_path / "cloud.mp4").read_bytes()
    status, still = service.post(
        {
            "Action": "still",
            "RenderId": "s1",
            "ProjectS3Uri": site.uri,
            "OutputS3Uri": f"gs://{gcs_bucket}/outputs/s1.png",
            "AtS": 0.5,
        }
    )
    assert (status, still["Frame"]) == (200, 15)
    activity = read_progress("r1", gs_uri(gcs_bucket), gcs)
    assert (activity.stage, activity.frames_done) == ("done", FRAMES)
    assert all(record.s3_writes and record.s3_reads for record in activity.records)
    assert {record.memory_mb for record in activity.records} == {4096}
    assert list(service.tmp_dir.iterdir()) == []
    lines = service.lines()
    assert {line["severity"] for line in lines} == {"INFO"}
    assert [line["message"] for line in lines] == ["start", "end"] * 5
    assert {line["logging.googleapis.com/trace"] for line in lines} == {
        "projects/project/traces/105445aa7843bc8bf206b12000100000"
    }


def test_what_cannot_be_answered_says_why(
    service: ServiceProcess, gcs_bucket: str, storage_service: StorageService
) -> None:
    """400 where another try does not help, 503 where it may; both with code and message."""
    work = {"PlanManifestS3Uri": f"gs://{gcs_bucket}/renders/r1/plan.json", "PlanHash": HASH}
    chunk = {"Action": "renderChunk", "ChunkIndex": 0, **work}
    elsewhere = {"PlanManifestS3Uri": "gs://other/renders/r1/plan.json"}
    in_s3 = {"PlanManifestS3Uri": f"s3://{gcs_bucket}/renders/r1/plan.json"}
    for event, status, code in (
        (b"{", 400, "INVALID_CONFIG"),
        (b"x" * (5 * 1024**2), 400, "INVALID_CONFIG"),
        ({"Action": "dance"}, 400, "INVALID_CONFIG"),
        (chunk | elsewhere, 400, "S3_URI_NOT_ALLOWED"),
        (chunk | in_s3, 400, "S3_URI_NOT_ALLOWED"),
        (chunk, 503, "MISSING_PLAN_ARTIFACT"),
        (plan_event(gcs_bucket, f"gs://{gcs_bucket}/sites/none/"), 400, "ASSET_NOT_FOUND"),
    ):
        found, answer = service.post(event)
        assert (found, answer["code"]) == (status, code)
        assert answer["message"]
    begun = {"Action": "renderChunk", "ChunkIndex": 1, "Limits": {"MaxCostUsd": 1e-9}, **work}
    status, answer = service.post(begun)
    assert (status, answer["code"]) == (400, "RENDER_COST_LIMIT")
    storage_service.fail("GET /storage/", 403)
    status, answer = service.post(chunk)
    assert (status, answer["code"]) == (400, "S3_URI_NOT_ALLOWED")
    errors = [line for line in service.lines() if line["severity"] == "ERROR"]
    assert [line["code"] for line in errors][-1] == "S3_URI_NOT_ALLOWED"
    assert all("Traceback" in line["stack_trace"] for line in errors)


def test_a_service_without_a_bucket_answers_nobody(
    storage_service: StorageService, gcs_bucket: str
) -> None:
    """Unset refuses every URI before anything is asked for; `*` is the explicit opt-out."""
    chunk = {
        "Action": "renderChunk",
        "ChunkIndex": 0,
        "PlanManifestS3Uri": f"gs://{gcs_bucket}/renders/r1/plan.json",
        "PlanHash": HASH,
    }
    with serving(storage_service.url, None) as service:
        storage_service.seen.clear()
        status, answer = service.post(chunk)
        assert (status, answer["code"]) == (400, "S3_URI_NOT_ALLOWED")
        assert "FANREEL_RENDER_BUCKET is not set" in answer["message"]
        assert storage_service.seen == []
    with serving(storage_service.url, "*") as service:
        assert service.post(chunk)[1]["code"] == "MISSING_PLAN_ARTIFACT"


@pytest.mark.media
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_another_instance_goes_on_where_one_was_ended(
    storage_service: StorageService,
    gcs: GcsObjectStore,
    gcs_bucket: str,
    project: Path,
    ending: signal.Signals,
) -> None:
    """With what was kept by then: told to end it answers 503 first, killed it answers nothing."""
    site = upload_site(project, gs_uri(gcs_bucket), gcs)
    segments = gs_uri(gcs_bucket, "segments/")
    config = CONFIG | {"targetChunkFrames": FRAMES, "segmentFrames": 1}
    answers: list[Any] = []

    def kept() -> int:
        return len(list(gcs.list_objects(segments)))

    with serving(storage_service.url, gcs_bucket) as service:
        status, planned = service.post(plan_event(gcs_bucket, site.uri, Config=config))
        assert (status, planned["ChunkCount"]) == (200, 1)

        def ask() -> None:
            try:
                answers.append(service.post(chunk_event(planned, 0)))
            except OSError as exc:
                answers.append(exc)

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: kept() >= 2)
        status, answer = service.post(chunk_event(planned, 0))
        assert (status, answer["code"]) == (429, "CloudRun.Busy")
        service.process.send_signal(ending)
        asking.join(30)
        code = service.process.wait(15)
    before = kept()
    assert before < FRAMES
    if ending == signal.SIGTERM:
        status, answer = answers[0]
        assert (status, answer["code"], code) == (503, "INSTANCE_STOPPED", 0)
    else:
        assert isinstance(answers[0], OSError)
    with serving(storage_service.url, gcs_bucket) as service:
        status, done = service.post(chunk_event(planned, 0))
        assert (status, done["Done"]) == (200, True)
        assert 0 < done["FramesEncoded"] <= FRAMES - before
        output = f"gs://{gcs_bucket}/outputs/r1.mp4"
        assert service.post(assemble_event(planned, output))[0] == 200
    last = read_progress("r1", gs_uri(gcs_bucket), gcs).records[-2]
    assert last.segments_found == before


@pytest.mark.media
def test_a_chunk_is_left_before_the_request_is_given_up(
    storage_service: StorageService, gcs: GcsObjectStore, gcs_bucket: str, project: Path
) -> None:
    """As Lambda's: not done, and where it goes on."""
    site = upload_site(project, gs_uri(gcs_bucket), gcs)
    config = CONFIG | {"targetChunkFrames": FRAMES, "segmentFrames": 1}
    with serving(storage_service.url, gcs_bucket) as service:
        _, planned = service.post(plan_event(gcs_bucket, site.uri, Config=config))
    rounds = 0
    with serving(storage_service.url, gcs_bucket, FANREEL_REQUEST_TIMEOUT_S="1") as service:
        status, answer = service.post(chunk_event(planned, 0))
        rounds += 1
        assert (status, answer["Done"]) == (200, False)
        assert answer["NextFrame"] < FRAMES
