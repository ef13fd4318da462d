"""What a client asks of a cloud: its store, its executions, what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from fanreel.config import RenderConfig
from fanreel.remote.estimates import Cost, Estimate
from fanreel.remote.results import RenderSummary, StartedRender, Status
from fanreel.storage.endpoints import OutputStores
from fanreel.storage.progress import RenderActivity
from fanreel.storage.projects import ProjectSources
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One run of a render's workflow, whoever started it."""

    render_id: str
    reference: str
    """What the cloud calls it."""
    status: Status
    started_at: datetime
    stopped_at: datetime | None = None
    input: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    """What assembling answered; empty until then."""
    code: str = ""
    """Of its failure."""
    message: str = ""
    chunk_index: int | None = None
    is_vague: bool = False
    """The code is one of the orchestrator's own, which may hide that of a worker."""

    @property
    def is_running(self) -> bool:
        """Whether it may still do something by itself."""
        return self.status in ("RUNNING", "PENDING_REDRIVE")


class Deployed(Protocol):
    """What was deployed, as far as requests are checked against it."""

    @property
    def root(self) -> ObjectUri:
        """Its bucket."""

    @property
    def output_buckets(self) -> tuple[str, ...]:
        """Where outputs may go besides: `bucket` or `bucket/prefix` each."""

    @property
    def project_sources(self) -> ProjectSources:
        """Where projects may come from."""

    @property
    def function_names(self) -> Mapping[str, str]:
        """Machines that a render may choose by name."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What it was deployed with, where that is not the default."""


class Cloud(Protocol):
    """A deployment, and how to reach it. Raises `fanreel.errors` alone."""

    command: str
    """What its commands begin with, for messages."""
    forgets: str
    """When renders are forgotten, and their ids free again."""
    max_input_bytes: int
    """An execution's input may have."""

    @property
    def deployment(self) -> Deployed:
        """What was deployed."""

    @property
    def store(self) -> ObjectStore:
        """What holds the render bucket."""

    @property
    def outputs(self) -> OutputStores:
        """What holds outputs, wherever they lie."""

    def find(self, render_id: str) -> Execution | None:
        """Return a render's execution, or None."""

    def begin(self, render_id: str, document: dict[str, Any]) -> str | None:
        """Start an execution and return its reference; None if the id is taken by now."""

    def stop(self, execution: Execution, reason: str) -> None:
        """End an execution at once; its workers are told by a marker."""

    def redrive(self, execution: Execution) -> StartedRender:
        """Go on with an execution that did not end well. Raises `InvalidConfig`."""

    def list_renders(self, status: Status | None, limit: int) -> tuple[RenderSummary, ...]:
        """Return the newest renders first."""

    def logs(self, execution: Execution, limit: int) -> list[str]:
        """Return its workers' log lines, oldest first."""

    def ask(self, event: dict[str, Any], function: str | None) -> dict[str, Any]:
        """Have a worker answer one event outside any execution. Raises as the worker does."""

    def cost(self, execution: Execution, activity: RenderActivity) -> Cost:
        """Price what a render's workers say that they used."""

    def estimate(
        self,
        project_dir: Path,
        config: RenderConfig,
        *,
        probe_frames: int,
        max_concurrency: int | None,
        function: str | None,
    ) -> Estimate[Cost]:
        """Foretell time and cost, by a few frames rendered here."""
