"""What was deployed on Google Cloud, read from its workflow; and how it is reached."""

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from google.cloud.storage import Client

from fanreel.errors import InvalidConfig
from fanreel.gcp.client.rest import Rest
from fanreel.gcp.storage.gcs_client import connect, gs_uri
from fanreel.gcp.storage.gcs_store import GcsObjectStore
from fanreel.gcp.workflow.settings import BUCKET, DEPLOYED, SERVICE_URL
from fanreel.storage.endpoints import OutputStores
from fanreel.storage.projects import ProjectSources
from fanreel.storage.uris import ObjectUri

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

DEFAULT_NAME = "fanreel"
WORKFLOWS = "https://workflows.googleapis.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The parts of one deployment."""

    project: str
    region: str
    name: str
    bucket: str
    service_url: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What it was deployed with (`terraform/gcp`)."""
    function_names: Mapping[str, str] = field(default_factory=dict)
    """None: all of it is one service."""

    @property
    def workflow(self) -> str:
        """What the API calls the workflow."""
        return workflow_name(self.project, self.region, self.name)

    @property
    def root(self) -> ObjectUri:
        """Its bucket as a URI."""
        return gs_uri(self.bucket)

    @property
    def output_buckets(self) -> tuple[str, ...]:
        """Where outputs may go besides its own bucket: `bucket` or `bucket/prefix` each."""
        return tuple(self.settings.get("output_buckets", ()))

    @property
    def project_sources(self) -> ProjectSources:
        """Where projects may come from."""
        return ProjectSources.of(
            self.bucket,
            self.settings.get("project_buckets", ()),
            self.settings.get("project_hosts", ()),
        )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self)


def workflow_name(project: str, region: str, name: str) -> str:
    """Return what the API calls a workflow."""
    return f"projects/{project}/locations/{region}/workflows/{name}"


def read_deployment(rest: Rest, project: str, region: str, name: str = DEFAULT_NAME) -> Deployment:
    """
    Look a deployment up: its workflow's environment says all.

    Raises:
        InvalidConfig: There is no such workflow, or it is not one of fanreel's. Terminal.
        StorageUnavailable: Google Cloud did not answer. Retryable.
    """
    found = rest.get(f"{WORKFLOWS}/v1/{workflow_name(project, region, name)}")
    if found is None:
        raise InvalidConfig(
            f"there is no workflow {name!r} in {project}, {region}; deploy it with "
            "`fanreel cloudrun deploy`, or name another one with --name",
            name=name,
        )
    environment = found.get("userEnvVars", {})
    if not {BUCKET, SERVICE_URL} <= environment.keys():
        raise InvalidConfig(f"workflow {name!r} in {project}, {region} is not one of fanreel's")
    return Deployment(
        project=project,
        region=region,
        name=name,
        bucket=environment[BUCKET],
        service_url=environment[SERVICE_URL],
        settings=json.loads(environment.get(DEPLOYED) or "{}"),
    )


class Connection:
    """
    A deployment and the clients to reach it, each made on first use.

    Args:
        deployment: What to reach.
        rest: For Google's APIs.
        storage_url: Of Cloud Storage, for emulators; None also honours `STORAGE_EMULATOR_HOST`.
    """

    def __init__(self, deployment: Deployment, rest: Rest, storage_url: str | None = None) -> None:
        self.deployment, self.rest = deployment, rest
        self._storage_url = storage_url
        self._making = threading.Lock()

    @cached_property
    def store(self) -> GcsObjectStore:
        """What holds the render bucket."""
        with self._making:
            return GcsObjectStore(self._client())

    def _client(self) -> Client:
        credentials: Credentials = self.rest.credentials
        return connect(credentials, self.deployment.project, self._storage_url)

    @cached_property
    def outputs(self) -> OutputStores:
        """What holds outputs: Cloud Storage, wherever they lie."""

        def refuse(_endpoint: object) -> GcsObjectStore:
            raise InvalidConfig("on Google Cloud outputs go to buckets of Cloud Storage")

        return OutputStores(self.store, {}, refuse)
