"""The example for Kubernetes, from its script to a video: Jobs run here, S3 on loopback."""

import json
import os
import stat
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.aws.storage.s3_store import S3ObjectStore
from fanreel.config import RenderConfig
from fanreel.local import render
from fanreel.storage.sites import upload_site
from fanreel.storage.transfer import fetch_file
from fanreel.storage.uris import ObjectUri
from tests.aws.handling import short_tmp_dir

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "kubernetes" / "render.sh"
COMPOSITION = ROOT / "tests" / "compositions" / "everything-moves"
CONFIG = {"quality": "draft", "targetChunkFrames": 20, "segmentFrames": 5}


def run(tmp_path: Path, tmp_dir: Path, *argv: str) -> "subprocess.CompletedProcess[str]":
    """Run the script with a kubectl that runs Jobs on this machine."""
    kubectl = tmp_path / "bin" / "kubectl"
    kubectl.parent.mkdir(exist_ok=True)
    kubectl.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/aws/kubectl.py "$@"\n')
    kubectl.chmod(kubectl.stat().st_mode | stat.S_IEXEC)
    environment = {
        **os.environ,
        "PATH": f"{kubectl.parent}{os.pathsep}{os.environ['PATH']}",
        "KUBECTL_FOLDER": str(tmp_path),
        "FANREEL_TMP_DIR": str(tmp_dir),
    }
    return subprocess.run(
        ["sh", SCRIPT, "fanreel:1", *argv],
        env=environment, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip


@pytest.fixture
def bucket(s3: "S3Client") -> str:
    """Make a bucket of its own."""
    name = f"cluster-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return name


@pytest.mark.media
def test_jobs_render_what_this_machine_renders(s3: "S3Client", bucket: str, tmp_path: Path) -> None:
    """Plan, an index for each chunk, assemble; the bytes are those of a local render."""
    store = S3ObjectStore(s3)
    site = upload_site(COMPOSITION, s3_uri(bucket), store)
    with short_tmp_dir() as tmp_dir:
        done = run(tmp_path, tmp_dir, bucket, "k1", site.uri, json.dumps(CONFIG))
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    cloud, local = tmp_path / "cloud.mp4", tmp_path / "local.mp4"
    fetch_file(store, ObjectUri.parse(reply["OutputS3Uri"]), cloud)
    render(COMPOSITION, local, RenderConfig.from_json(CONFIG), workers=1)
    assert cloud.read_bytes() == local.read_bytes()


def test_what_cannot_help_fails_its_job_at_once(
    s3: "S3Client", bucket: str, tmp_path: Path
) -> None:
    """A terminal code ends the script, which shows it."""
    del s3
    with short_tmp_dir() as tmp_dir:
        done = run(tmp_path, tmp_dir, bucket, "k2", f"s3://{bucket}/sites/nobody/site.json")
    assert done.returncode != 0
    assert "ASSET_NOT_FOUND" in done.stderr
