"""The image as Cloud Run runs it: the same one as Lambda's, with another entry point."""

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials

from fanreel.gcp.storage.gcs_client import connect, gs_uri
from fanreel.gcp.storage.gcs_store import GcsObjectStore
from fanreel.storage.sites import upload_site
from tests.aws.docker_engine import (
    LIKE_LAMBDA,
    bridge_address,
    docker,
    lambda_image,
    require_docker,
)
from tests.gcp.cloud_requests import (
    CONFIG,
    FRAMES,
    assemble_event,
    chunk_event,
    plan_event,
    write_project,
)
from tests.gcp.service_process import Instance
from tests.gcp.storage_service import serve_storage

pytestmark = pytest.mark.timeout(1200)  # the first build on a machine fetches a system

LOCAL = """
import hashlib, json, pathlib, sys
from fanreel.config import RenderConfig
from fanreel.local import render
config = RenderConfig.from_json(json.loads(sys.argv[1]) | {"runtimeCap": "lambda"})
result = render(pathlib.Path("/project"), pathlib.Path("/tmp/local.mp4"), config)
print(hashlib.sha256(result.output_path.read_bytes()).hexdigest())
"""


@contextmanager
def running(image: str, storage_url: str, bucket: str) -> Iterator[Instance]:
    """Run an instance: nothing to write but /tmp, no rights, its port on loopback."""
    name = f"fanreel-{uuid.uuid4().hex[:8]}"
    environ = {
        "STORAGE_EMULATOR_HOST": storage_url,
        "GOOGLE_CLOUD_PROJECT": "project",
        "FANREEL_RENDER_BUCKET": bucket,
        "PORT": "8080",
    }
    options = [f"--env={key}={value}" for key, value in environ.items()]
    docker(
        "run", "--detach", f"--name={name}", *LIKE_LAMBDA, *options, "--publish=127.0.0.1::8080",
        "--entrypoint=python", image, "-m", "handler.cloud_run",
    )  # fmt: skip
    try:
        port = docker("port", name, "8080/tcp").rpartition(":")[2]
        instance = Instance(f"http://127.0.0.1:{port}/")
        until = time.monotonic() + 60
        while instance.health() != 200:
            assert time.monotonic() < until, docker("logs", name)
            time.sleep(0.1)
        yield instance
        docker("stop", "--time=10", name)
        assert docker("inspect", "--format={{.State.ExitCode}}", name) == "0"
    finally:
        subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)


def test_the_image_serves_cloud_run(tmp_path: Path) -> None:
    """Plan, chunks and video as nobody, its bytes those of a local render in the same image."""
    require_docker()
    image = lambda_image()
    project = write_project(tmp_path / "project")
    with serve_storage(bridge_address()) as storage:
        storage.create("renders")
        client = connect(AnonymousCredentials(), "project", storage.url)
        site = upload_site(project, gs_uri("renders"), GcsObjectStore(client))
        client.close()
        with running(image, storage.url, "renders") as instance:
            status, planned = instance.post(plan_event("renders", site.uri))
            assert (status, planned["TotalFrames"]) == (200, FRAMES)
            for index in range(planned["ChunkCount"]):
                status, done = instance.post(chunk_event(planned, index))
                assert (status, done["Done"]) == (200, True)
            status, assembled = instance.post(
                assemble_event(planned, "gs://renders/outputs/r1.mp4")
            )
            assert status == 200
    local = docker(
        "run", "--rm", "--network=none", *LIKE_LAMBDA, f"--volume={project}:/project:ro",
        "--entrypoint=python", image, "-c", LOCAL, json.dumps(CONFIG),
    )  # fmt: skip
    assert local.splitlines()[-1] == assembled["Sha256"]
