"""The example for Temporal: its steps in Temporal's environment for activities, S3 on loopback."""

import asyncio
import importlib.util
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.aws.storage.s3_store import S3ObjectStore
from fanreel.config import RenderConfig
from fanreel.errors import CATALOGUE
from fanreel.local import render
from fanreel.storage.sites import upload_site
from fanreel.storage.transfer import fetch_file
from fanreel.storage.uris import ObjectUri
from tests.aws.handling import short_tmp_dir

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).parents[2]
COMPOSITION = ROOT / "tests" / "compositions" / "everything-moves"
CONFIG = {"quality": "draft", "targetChunkFrames": 20, "segmentFrames": 5}


@pytest.fixture(name="example", scope="module")
def _example() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("worker", ROOT / "docs/temporal/worker.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["worker"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["worker"]


@pytest.fixture(name="bucket")
def _bucket(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"temporal-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    monkeypatch.setenv("FANREEL_RENDER_BUCKET", name)
    monkeypatch.chdir(ROOT)
    with short_tmp_dir() as tmp_dir:
        monkeypatch.setenv("FANREEL_TMP_DIR", str(tmp_dir))
        yield name


@pytest.mark.media
def test_the_workflow_renders_what_this_machine_renders(
    example: ModuleType,
    s3: "S3Client",
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Plan, the chunks, assemble; the bytes are those of a local render."""
    taken: list[str] = []

    async def execute(step: Any, event: dict[str, Any], **options: Any) -> Any:
        assert options["retry_policy"] is example.RETRIES
        taken.append(step.__name__)
        # One after the other: they share a disk, which each of them empties.
        async with one_at_a_time:
            return await ActivityEnvironment().run(step, event)

    monkeypatch.setattr(workflow, "execute_activity", execute)
    one_at_a_time = asyncio.Lock()
    store = S3ObjectStore(s3)
    site = upload_site(COMPOSITION, s3_uri(bucket), store)
    asked = {"RenderId": "t1", "ProjectS3Uri": site.uri, "Config": CONFIG}
    reply = asyncio.run(example.Render().run(asked))
    assert taken[0] == "plan"
    assert taken.count("render_chunk") > 1
    assert taken[-1] == "assemble"
    cloud, local = tmp_path / "cloud.mp4", tmp_path / "local.mp4"
    fetch_file(store, ObjectUri.parse(reply["OutputS3Uri"]), cloud)
    render(COMPOSITION, local, RenderConfig.from_json(CONFIG), workers=1)
    assert cloud.read_bytes() == local.read_bytes()


def test_a_failure_has_its_code_for_a_type(example: ModuleType, bucket: str) -> None:
    """By which the retry policy knows what another try does not help."""
    event = {
        "RenderId": "t2",
        "ProjectS3Uri": f"s3://{bucket}/sites/nobody/site.json",
        "PlanOutputS3Prefix": f"s3://{bucket}/renders/t2/",
        "Config": {},
    }
    with pytest.raises(ApplicationError) as caught:
        asyncio.run(ActivityEnvironment().run(example.plan, event))
    assert caught.value.type == "ASSET_NOT_FOUND"
    refused = set(example.RETRIES.non_retryable_error_types)
    assert refused == {code for code, error in CATALOGUE.items() if not error.retryable}


def test_a_cancelled_step_ends_its_process(
    example: ModuleType, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without waiting for its end by itself."""
    del bucket
    started = tmp_path / "started"
    script = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(600)"
    (tmp_path / "handler").mkdir()
    (tmp_path / "handler" / "__init__.py").touch()
    (tmp_path / "handler" / "step.py").write_text(script)
    monkeypatch.chdir(tmp_path)

    async def cancelled() -> None:
        environment = ActivityEnvironment()
        task = asyncio.ensure_future(environment.run(example.plan, {}))
        while not started.exists():  # noqa: ASYNC110 (another process makes it)
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancelled(), 30))
