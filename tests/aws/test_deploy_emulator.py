"""`fanreel lambda deploy`, a render by the real image, `destroy`: the whole AWS path here."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fanreel.aws.client.render_client import RenderClient
from fanreel.remote.results import Progress
from fanreel.storage.progress import read_progress
from statemachine.announcement import DETAIL_TYPE, SOURCE
from tests.aws.docker_engine import (
    LIKE_LAMBDA,
    ROOT,
    bridge_address,
    docker,
    invocable_image,
    lambda_image,
    require_docker,
)
from tests.aws.interpreters import REGION, EmulatorSession, serve_ministack
from tests.aws.scripted_worker import wait_until
from tests.aws.telling import progress_teller, tell, tell_same_frames

pytestmark = pytest.mark.timeout(2400)

ACCOUNT = "000000000000"
IMAGE_URI = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/fanreel:test"
PROJECT = ROOT / "handler" / "image" / "writing"
# 24 frames in three chunks of one segment each.
CONFIG = {"segmentFrames": 8, "chunkSize": 8}
# Of LIKE_LAMBDA, what ministack hands on.
CONTAINER_FLAGS = (
    "--read-only --tmpfs /tmp:rw,exec,mode=1777 -m 3538m --security-opt no-new-privileges"
)


@dataclass(frozen=True, slots=True)
class Deployed:
    """An emulator with the stack in it."""

    aws: EmulatorSession
    environment: Mapping[str, str]

    def fanreel(self, *arguments: str, stack: str = "fanreel") -> Any:
        """Run `fanreel lambda …` as a user would, and give its JSON answer."""
        ended = subprocess.run(
            [
                sys.executable, "-m", "fanreel", "lambda", *arguments, "--json",
                "--stack", stack, "--region", REGION, "--endpoint-url", self.aws.endpoint_url,
            ],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return json.loads(ended.stdout)

    def deploy(self, *options: str, stack: str = "fanreel") -> Any:
        """Deploy a stack with the image of this checkout."""
        return self.fanreel("deploy", "--set", f"image_uri={IMAGE_URI}", *options, stack=stack)

    @property
    def renders(self) -> RenderClient:
        """A client that found the stack by its outputs."""
        return RenderClient.from_stack("fanreel", endpoint_url=self.aws.endpoint_url)

    def bucket_exists(self, bucket: str) -> bool:
        """Tell whether there is such a bucket."""
        return bucket in {b["Name"] for b in self.aws.client("s3").list_buckets()["Buckets"]}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The stack, deployed as a user would, with the image of this checkout."""
    require_docker()
    if not (ROOT / "cdk" / "node_modules").is_dir():
        pytest.skip("the cdk command is not installed: npm ci --prefix cdk")
    tell("building the image of this checkout")
    invocable_image(IMAGE_URI, tmp_path_factory.mktemp("image"))
    with contextlib.ExitStack() as stack:
        aws = stack.enter_context(
            serve_ministack(
                tmp_path_factory.mktemp("ministack"),
                bridge_address(),
                LAMBDA_DOCKER_FLAGS=CONTAINER_FLAGS,
                AWS_ACCESS_KEY_ID="test",
                AWS_SECRET_ACCESS_KEY="test",  # noqa: S106 (the emulator takes any)
            )
        )
        environment = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in environment.items():
            patch.setenv(name, value)
        made = Deployed(aws, environment)
        tell("fanreel lambda deploy, to an emulator of AWS")
        answer = made.deploy("--expiry-days", "3")
        tell(f"deployed: bucket {answer['bucket']}, function {answer['functionName']}")
        # What the command answers is what a client finds.
        assert answer["bucket"] == made.renders.deployment.bucket
        assert answer["functionName"] == made.renders.deployment.function_name
        yield made


def heard_events(aws: EmulatorSession) -> str:
    """Subscribe to finished renders as a user would; give the queue they come to."""
    queue: str = aws.client("sqs").create_queue(QueueName="finished")["QueueUrl"]
    events = aws.client("events")
    pattern = {"source": [SOURCE], "detail-type": [DETAIL_TYPE]}
    events.put_rule(Name="finished", EventPattern=json.dumps(pattern))
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:finished"
    events.put_targets(Rule="finished", Targets=[{"Id": "queue", "Arn": arn}])
    return queue


# The command line is not in the image.
RENDER_HERE = """
from fanreel import RenderConfig, render
render("/project", "/output/local.mp4", RenderConfig(segment_frames=8))
"""


def rendered_locally(output_dir: Path) -> bytes:
    """Render the project in the same image without any AWS."""
    output_dir.chmod(0o777)
    docker(
        "run", "--rm", "--network=none", *LIKE_LAMBDA,
        f"--volume={PROJECT}:/project:ro", f"--volume={output_dir}:/output",
        "--entrypoint=python", lambda_image(),
        "-c", RENDER_HERE,
    )  # fmt: skip
    return (output_dir / "local.mp4").read_bytes()


def test_a_render_on_aws_is_the_local_render(deployed: Deployed, tmp_path: Path) -> None:
    """Deploy, upload, execute, progress to 100 %, download: the same bytes as without AWS."""
    queue = heard_events(deployed.aws)
    seen: list[Progress] = []
    client = deployed.renders
    started = client.start_render(PROJECT, CONFIG, render_id="first")
    tell("site uploaded, execution started")
    show = progress_teller()

    def look(now: Progress) -> None:
        show(now)
        seen.append(now)

    ended = client.wait("first", timeout_s=900, on_progress=look)
    assert (ended.status, ended.fraction, ended.frames_done) == ("SUCCEEDED", 1.0, 24)
    assert [chunk.attempts for chunk in ended.chunks] == [1, 1, 1]
    fractions = [now.fraction for now in seen]
    assert fractions == sorted(fractions)

    video = tmp_path / "video.mp4"
    client.download("first", video)
    local_dir = tmp_path / "local"
    local_dir.mkdir()
    same = rendered_locally(local_dir)
    tell_same_frames(video, local_dir / "local.mp4")
    assert video.read_bytes() == same

    answer = deployed.aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)
    (message,) = answer["Messages"]
    detail: dict[str, Any] = json.loads(message["Body"])["detail"]
    assert (detail["RenderId"], detail["Status"]) == ("first", "SUCCEEDED")
    assert json.loads(detail["Output"])["OutputS3Uri"] == started.output_uri
    assert len(message["Body"]) < 2000

    again = client.start_render(PROJECT, CONFIG, render_id="second")
    repeated = client.wait(again.render_id, timeout_s=900)
    assert repeated.status == "SUCCEEDED"
    assert client.cost("second").gb_seconds < client.cost("first").gb_seconds


def segment_keys(deployed: Deployed) -> set[str]:
    """Return the segments in the bucket."""
    pages = deployed.aws.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=deployed.renders.deployment.bucket, Prefix="segments/")
    return {item["Key"] for page in found for item in page.get("Contents", [])}


def busy_worker() -> str:
    """Return the container in which a browser runs."""
    for container in docker("ps", "--quiet", f"--filter=ancestor={IMAGE_URI}").split():
        if "chromium" in docker("top", container):
            return container
    pytest.fail("no worker is busy")


def test_a_worker_killed_at_nine_tenths_repeats_one_segment(deployed: Deployed) -> None:
    """Nine of ten segments are kept; the retry finds them and renders the tenth."""
    client = deployed.renders
    before = segment_keys(deployed)
    config = {"frameRange": [0, 200], "segmentFrames": 20, "maxParallelChunks": 1}
    client.start_render(ROOT / "examples" / "launch", config, render_id="killed")
    # Found early, so that killing it takes less time than the tenth segment does.
    wait_until(lambda: len(segment_keys(deployed) - before) >= 1, timeout_s=600)
    worker = busy_worker()
    wait_until(lambda: len(segment_keys(deployed) - before) >= 9, timeout_s=600)
    docker("kill", worker)  # as out of memory would
    tell("worker killed at nine tenths of its chunk")
    ended = client.wait("killed", timeout_s=600, on_progress=progress_teller())
    assert ended.status == "SUCCEEDED"
    (chunk,) = ended.chunks
    assert (chunk.attempts, chunk.frames_done) == (2, 200)
    activity = read_progress("killed", client.deployment.root, client.connection.store)
    # A killed worker leaves no record: the only one is the retry's.
    (record,) = [found for found in activity.records if found.invocation.chunk_index is not None]
    assert record.segments_found >= 9
    assert record.segments_rendered <= 1
    tell(f"segments found {record.segments_found}, rendered again {record.segments_rendered}")


def test_destroying_the_stack_keeps_the_videos(deployed: Deployed) -> None:
    """`destroy` takes the function and the machine, and leaves the bucket."""
    client = deployed.renders
    tell("fanreel lambda destroy")
    answer = deployed.fanreel("destroy", "--yes")
    assert answer == {"destroyed": "fanreel", "deletedBucket": None, "deletedObjects": 0}
    kept = deployed.aws.client("s3").list_objects_v2(
        Bucket=client.deployment.bucket, Prefix="outputs/"
    )
    assert {item["Key"] for item in kept["Contents"]} >= {
        f"outputs/{name}.mp4" for name in ("first", "second")
    }
    with pytest.raises(ClientError):
        deployed.aws.client("lambda").get_function(FunctionName=client.deployment.function_name)


def test_destroying_can_take_the_bucket_with_it(deployed: Deployed) -> None:
    """A second stack beside the first, with something in its bucket."""
    bucket = deployed.deploy("--no-bootstrap", stack="passing")["bucket"]
    deployed.aws.client("s3").put_object(Bucket=bucket, Key="outputs/film.mp4", Body=b"film")
    answer = deployed.fanreel("destroy", "--yes", "--delete-bucket", stack="passing")
    assert answer == {"destroyed": "passing", "deletedBucket": bucket, "deletedObjects": 1}
    assert not deployed.bucket_exists(bucket)
