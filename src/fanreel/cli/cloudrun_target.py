"""Where a `fanreel cloudrun` command acts: project, region, name."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanreel.cli.lambda_target import OPTIONS as _AWS_OPTIONS
from fanreel.cli.lambda_target import CloudTarget, Command, with_options
from fanreel.errors import InvalidConfig

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

    from fanreel.gcp import RenderClient
    from fanreel.gcp.client.rest import Rest

DEFAULT_NAME = "fanreel"
_PANEL = "Where"


def _where(kind: Any, text: str, variable: str | None = None) -> Any:
    return Annotated[kind, typer.Option(help=text, envvar=variable, rich_help_panel=_PANEL)]


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "project_id": (
        _where(str | None, "The Google Cloud project.", "GOOGLE_CLOUD_PROJECT"),
        None,
    ),
    "region": (_where(str | None, "Its region.", "CLOUDSDK_RUN_REGION"), None),
    "name": (_where(str, "The deployment.", "FANREEL_DEPLOYMENT"), DEFAULT_NAME),
    "endpoint_url": (_where(str | None, "Of stand-ins for Google's APIs."), None),
    "as_json": _AWS_OPTIONS["as_json"],
    "debug": _AWS_OPTIONS["debug"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudRunTarget(CloudTarget):
    """A deployment on Google Cloud."""

    project_id: str | None = None
    name: str = DEFAULT_NAME
    endpoint_url: str | None = None

    @property
    def place(self) -> tuple[str, str]:
        """
        Project and region.

        Raises:
            InvalidConfig: One is not said. Terminal.
        """
        if not self.project_id or not self.region:
            raise InvalidConfig(
                "say --project-id and --region, or set GOOGLE_CLOUD_PROJECT and CLOUDSDK_RUN_REGION"
            )
        return self.project_id, self.region

    @property
    def storage_url(self) -> str | None:
        """Where Cloud Storage is, for stand-ins."""
        return os.environ.get("STORAGE_EMULATOR_HOST")

    def credentials(self) -> "Credentials | None":
        """Return nobody's where stand-ins are asked; None takes the application's default ones."""
        if self.endpoint_url is None:
            return None
        from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415

        return AnonymousCredentials()

    def rest(self) -> "Rest":
        """Open Google's APIs."""
        from fanreel.gcp.client.rest import Rest  # noqa: PLC0415

        return Rest(self.credentials(), self.endpoint_url)

    def client(self) -> "RenderClient":
        """Open the client of the deployment. Raises as `RenderClient.from_deployment()`."""
        from fanreel.gcp import RenderClient  # noqa: PLC0415 (loads Google's libraries)

        project, region = self.place
        return RenderClient.from_deployment(
            project,
            region,
            self.name,
            credentials=self.credentials(),
            endpoint_url=self.endpoint_url,
            storage_url=self.storage_url,
        )


def deployment_command(app: typer.Typer, name: str) -> Callable[[Command], Command]:
    """Register a function as command *name* of *app*, its first parameter `target` filled in."""

    def register(function: Command) -> Command:
        def act(given: dict[str, Any], values: dict[str, Any]) -> None:
            function(target=CloudRunTarget(**given), **values)

        app.command(name)(with_options(function, _OPTIONS, act))
        return function

    return register
