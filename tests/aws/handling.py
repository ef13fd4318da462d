"""The function in a process: settings, a scratch disk and events, as Lambda would give them."""

import io
import json
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fanreel.aws.storage.endpoint_keys import output_stores
from fanreel.aws.storage.s3_client import s3_uri
from fanreel.aws.storage.s3_store import S3ObjectStore
from fanreel.engine.engine import Engine
from fanreel.storage.sites import upload_site
from handler.app import answer, spent_usd
from handler.lambda_telemetry import LambdaTelemetry
from handler.primitives import Primitives
from handler.settings import Settings
from handler.worker import Worker

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Event = dict[str, Any]


@dataclass
class Context:
    """What Lambda tells of an invocation."""

    remaining_ms: int = 600_000
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the process is ended."""
        return self.remaining_ms


@dataclass
class Function:
    """A deployed function with its bucket and a project in it."""

    s3: "S3Client"
    store: S3ObjectStore
    bucket: str
    tmp_dir: Path
    worker: Worker
    logs: io.StringIO
    project_uri: str
    render_id: str = "r1"
    plan: dict[str, Any] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """The render's folder."""
        return f"s3://{self.bucket}/renders/{self.render_id}/"

    def invoke(self, event: Any, **context: Any) -> dict[str, Any]:
        """Invoke the function; JSON there and back, as Lambda does it."""
        reply = answer(self.worker, json.loads(json.dumps(event)), Context(**context))  # type: ignore[arg-type]
        return dict(json.loads(json.dumps(reply)))

    def plan_event(self, **changes: Any) -> Event:
        """Return the event that plans the project."""
        return {
            "Action": "plan",
            "RenderId": self.render_id,
            "ProjectS3Uri": self.project_uri,
            "PlanOutputS3Prefix": self.prefix,
            "VariablesS3Uri": None,
            "OutputS3Uri": None,
            "Config": {"cfr": False},
        } | changes

    def chunk_event(self, index: int, **changes: Any) -> Event:
        """Return the event that renders a chunk of what was planned."""
        return {
            "Action": "renderChunk",
            "RenderId": self.render_id,
            "PlanManifestS3Uri": self.plan["PlanManifestS3Uri"],
            "PlanHash": self.plan["PlanHash"],
            "ChunkIndex": index,
            "ChunkOutputS3Prefix": f"s3://{self.bucket}/segments/{self.plan['PlanHash']}/",
            "Format": self.plan["Format"],
        } | changes

    def assemble_event(self, **changes: Any) -> Event:
        """Return the event that assembles what was rendered."""
        event = self.chunk_event(0, Action="assemble")
        del event["ChunkIndex"]
        output = f"s3://{self.bucket}/outputs/{self.render_id}.mp4"
        return event | {"OutputS3Uri": output, "Cfr": False} | changes

    def planned(self, **changes: Any) -> dict[str, Any]:
        """Plan, and remember the reply for the events that follow."""
        self.plan = self.invoke(self.plan_event(**changes))
        return self.plan

    def lines(self) -> list[dict[str, Any]]:
        """Return the log lines so far."""
        return [json.loads(line) for line in self.logs.getvalue().splitlines()]


@contextmanager
def deployed(
    s3: "S3Client",
    bucket: str,
    tmp_path: Path,
    primitives: Primitives | None,
    project: Path | None = None,
    environ: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Function]:
    """Deploy the function with these steps, or with the engine's, and a project."""
    if project is None:
        project = tmp_path / "project"
        project.mkdir()
        (project / "index.html").write_text("<html>")
    with short_tmp_dir() as tmp_dir:
        yield _deploy(s3, bucket, tmp_dir, primitives or Engine(), project, environ)
        assert list(tmp_dir.iterdir()) == []  # after every invocation, so after the last


@contextmanager
def short_tmp_dir() -> Iterator[Path]:
    """Yield a folder as short as Lambda's /tmp: Chromium's sockets limit the length of a path."""
    folder = Path(tempfile.mkdtemp(prefix="", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def _deploy(
    s3: "S3Client",
    bucket: str,
    tmp_dir: Path,
    primitives: Primitives,
    project: Path,
    environ: Mapping[str, str],
) -> Function:
    settings = Settings.from_environment(
        {
            "FANREEL_RENDER_BUCKET": bucket,
            "FANREEL_TMP_DIR": str(tmp_dir),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
            **environ,
        }
    )
    logs = io.StringIO()
    # Loggers of one name share their first stream, so each function logs under its own.
    telemetry = LambdaTelemetry(service=f"fanreel-{uuid.uuid4().hex[:8]}", stream=logs)
    store = S3ObjectStore(s3)
    outputs = output_stores(store, settings.output_endpoints)
    worker = Worker(
        settings,
        outputs,
        primitives=primitives,
        telemetry=telemetry,
        spent_usd=lambda activity: spent_usd(activity, settings),
        init_ms=1234,
    )
    return Function(
        s3=s3,
        store=store,
        bucket=bucket,
        tmp_dir=tmp_dir,
        worker=worker,
        logs=logs,
        project_uri=upload_site(project, s3_uri(bucket), store).uri,
    )
