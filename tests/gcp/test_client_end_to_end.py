"""From a folder to a video on Google Cloud's stand-ins: command line, workflow, real service."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials
from typer.testing import CliRunner

from fanreel.cli.cloudrun import cloudrun_app
from fanreel.config import RenderConfig
from fanreel.files.digest import sha256_file
from fanreel.gcp import RenderClient
from fanreel.gcp.workflow.settings import BUCKET, DEPLOYED, SERVICE_URL
from fanreel.local import render
from tests.aws.scripted_worker import wait_until
from tests.aws.telling import tell
from tests.gcp.cloud_run import CloudRun
from tests.gcp.google_apis import PROJECT, REGION, GoogleApis
from tests.gcp.storage_service import StorageService

NAME = "fanreel"
COMPOSITION = Path(__file__).parents[1] / "compositions" / "everything-moves"
CONFIG = {"quality": "draft", "targetChunkFrames": 20, "segmentFrames": 5}

pytestmark = pytest.mark.media


@pytest.fixture
def cloud(
    storage_service: StorageService, gcs_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[CloudRun, GoogleApis]]:
    """Deploy: a bucket, a service with two instances, the workflow."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_service.url)
    with CloudRun(storage_service.url, gcs_bucket) as service, GoogleApis() as apis:
        apis.workflows[NAME] = {
            BUCKET: gcs_bucket,
            SERVICE_URL: service.url,
            DEPLOYED: json.dumps({"cpu": 2, "memory_mb": 4096}),
        }
        yield service, apis


def _local(tmp_path: Path) -> str:
    path = tmp_path / "local.mp4"
    render(COMPOSITION, path, RenderConfig.from_json(CONFIG), workers=1)
    return sha256_file(path)


def test_the_video_is_the_local_render(cloud: tuple[CloudRun, GoogleApis], tmp_path: Path) -> None:
    """By `fanreel cloudrun render`, to the byte; and what it cost is told."""
    service, apis = cloud
    where = ["--project-id", PROJECT, "--region", REGION, "--endpoint-url", apis.url, "--json"]
    output = tmp_path / "cloud.mp4"
    begun = time.monotonic()
    tell(f"deployed: bucket, workflow, {service.instances} instances of the service")
    argv = ["render", str(COMPOSITION), "-o", str(output), "--quality", "draft"]
    argv += ["--target-chunk-frames", "20", "--segment-frames", "5"]
    answer = CliRunner().invoke(cloudrun_app, [*argv, *where])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    tell(
        f"rendered: {told['totalFrames']} frames in {len(told['chunks'])} chunks, "
        f"{time.monotonic() - begun:.0f} s, {told['cost']['totalUsd']:.6f} USD by list prices"
    )
    assert len(told["chunks"]) > 1
    assert 200 in service.statuses
    assert sha256_file(output) == _local(tmp_path)
    tell(f"the same bytes as the local render: sha256 {sha256_file(output)[:16]}…")


def test_a_killed_instance_costs_no_frame(
    cloud: tuple[CloudRun, GoogleApis], tmp_path: Path
) -> None:
    """Killed while chunks are rendered: another instance takes over, and the bytes are the same."""
    service, apis = cloud
    client = RenderClient.from_deployment(
        PROJECT, REGION, NAME, credentials=AnonymousCredentials(), endpoint_url=apis.url
    )
    started = client.start_render(COMPOSITION, CONFIG)
    wait_until(lambda: client.progress(started.render_id).frames_done > 0, timeout_s=120)
    service.busy[0].process.kill()
    end = client.wait(started.render_id, timeout_s=240, poll_s=0.5)
    assert end.retries >= 1
    assert 503 in service.statuses
    fetched = client.download(started.render_id, tmp_path / "cloud.mp4")
    assert fetched.sha256 == _local(tmp_path)
