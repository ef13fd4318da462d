"""A deployment on loopback: Cloud Storage, Google's APIs, and workers in a script."""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from google.auth.credentials import AnonymousCredentials

from fanreel.gcp import RenderClient
from fanreel.gcp.storage.gcs_client import gs_uri
from fanreel.gcp.workflow.settings import BUCKET, DEPLOYED, SERVICE_URL
from fanreel.remote.results import Progress, StartedRender
from tests.aws.recording_worker import RecordingWorker
from tests.gcp.google_apis import PROJECT, REGION, GoogleApis
from tests.gcp.scripted_service import ScriptedService
from tests.gcp.storage_service import StorageService

_numbers = itertools.count()


class Lab:
    """One deployment: its client, and the service behind which workers wait."""

    def __init__(
        self, apis: GoogleApis, service: ScriptedService, storage: StorageService, folder: Path
    ) -> None:
        self.apis, self.service, self.storage, self.folder = apis, service, storage, folder
        self.name = f"deployed-{next(_numbers)}"
        self.bucket = f"render-{self.name}"
        self.root = gs_uri(self.bucket)
        storage.create(self.bucket)
        settings = {"cpu": 4, "memory_mb": 8192, "max_concurrency": 20}
        apis.workflows[self.name] = {
            BUCKET: self.bucket,
            SERVICE_URL: service.url,
            DEPLOYED: json.dumps(settings),
        }
        self.client = self.open()
        self.store = self.client.connection.store
        self.project = folder / "project"
        self.project.mkdir()
        (self.project / "index.html").write_text("<div data-composition-id='a'></div>")

    def open(self) -> RenderClient:
        """Open a client of its own, as another process would."""
        return RenderClient.from_deployment(
            PROJECT,
            REGION,
            self.name,
            credentials=AnonymousCredentials(),
            endpoint_url=self.apis.url,
            storage_url=self.storage.url,
        )

    def worker(self, **given: Any) -> RecordingWorker:
        """Put a worker in place for a render of its own."""
        render_id = f"render-{next(_numbers)}"
        store = self.folder / render_id
        store.mkdir()
        made = RecordingWorker(
            store=store, objects=self.store, root=self.root, render_id=render_id, **given
        )
        self.service.workers[render_id] = made
        return made

    def start(self, worker: RecordingWorker, config: Any = None) -> StartedRender:
        """Start the project as the worker's render."""
        return self.client.start_render(self.project, config, render_id=worker.render_id)

    def start_raw(self, worker: RecordingWorker, document: Mapping[str, Any]) -> str:
        """Start an execution as anybody may; gives the id that it is known by."""
        url = f"https://workflowexecutions.googleapis.com/v1/{self.client.deployment.workflow}"
        argument = json.dumps({**document, "RenderId": worker.render_id})
        answer = self.client.connection.rest.post(f"{url}/executions", {"argument": argument})
        return str(answer["name"].rpartition("/")[2])

    def wait(self, worker: RecordingWorker, **given: Any) -> Progress:
        """Wait for the worker's render."""
        return self.client.wait(worker.render_id, poll_s=0.05, **given)

    def objects(self) -> set[str]:
        """Everything in the bucket."""
        return {found.uri.key for found in self.store.list_objects(self.root)}


@contextmanager
def open_lab(storage: StorageService, folder: Path) -> Iterator[Lab]:
    """Deploy nothing but a bucket and a workflow, whose service is scripted."""
    with ScriptedService() as service, GoogleApis() as apis:
        yield Lab(apis, service, storage, folder)
