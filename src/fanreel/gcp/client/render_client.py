"""`RenderClient` on Google Cloud: what all clients do, on a deployment that is found by name."""

from typing import Self, cast

from google.auth.credentials import Credentials

from fanreel.gcp.client.cloud import GoogleCloud
from fanreel.gcp.client.deployment import (
    DEFAULT_NAME,
    Connection,
    Deployment,
    read_deployment,
)
from fanreel.gcp.client.rest import Rest
from fanreel.gcp.cost.render_cost import Cost, Machine
from fanreel.remote import render_client


class RenderClient(render_client.RenderClient):
    """
    Renders on one deployment. Thread-safe.

    Args:
        connection: The deployment and how to reach it; `from_deployment()` makes one.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._google = GoogleCloud(connection)
        super().__init__(self._google)

    @classmethod
    def from_deployment(
        cls,
        project: str,
        region: str,
        name: str = DEFAULT_NAME,
        *,
        credentials: Credentials | None = None,
        endpoint_url: str | None = None,
        storage_url: str | None = None,
    ) -> Self:
        """
        Find a deployment by its workflow.

        Args:
            project: Id of the Google Cloud project.
            region: Where it was deployed.
            name: Of its workflow.
            credentials: None takes the application's default ones.
            endpoint_url: Where Google's APIs are, for stand-ins.
            storage_url: Where Cloud Storage is, for stand-ins.
        Raises:
            InvalidConfig: There is no such workflow, or it is not one of fanreel's. Terminal.
            StorageUnavailable: Google Cloud did not answer. Retryable.
        """
        rest = Rest(credentials, endpoint_url)
        return cls(Connection(read_deployment(rest, project, region, name), rest, storage_url))

    @property
    def deployment(self) -> Deployment:
        """Its parts."""
        return self._connection.deployment

    @property
    def connection(self) -> Connection:
        """The clients this client uses."""
        return self._connection

    @property
    def machine(self) -> Machine:
        """What an instance is given."""
        return self._google.machine

    def cost(self, render_id: str) -> Cost:
        """
        Tell what a render has cost so far, from what its requests were billed.

        Raises:
            InvalidConfig: There is no such render. Terminal.
        """
        return cast("Cost", super().cost(render_id))
