"""Google Cloud, as a client asks it (`fanreel.remote.cloud`): a workflow, a service, prices."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from fanreel.config import RenderConfig
from fanreel.errors import InvalidConfig, StorageUnavailable
from fanreel.gcp.client import executions, started
from fanreel.gcp.client.deployment import Connection
from fanreel.gcp.cost.prices import prices_for
from fanreel.gcp.cost.render_cost import Cost, Machine, cost_of, estimate_cut, used_so_far
from fanreel.gcp.workflow.settings import AT_ONCE
from fanreel.remote.cloud import Execution
from fanreel.remote.estimates import Estimate
from fanreel.remote.executions import output_uri_in
from fanreel.remote.inputs import PROJECT_URI
from fanreel.remote.results import Failure, RenderSummary, StartedRender, Status
from fanreel.storage.endpoints import OutputStores
from fanreel.storage.progress import RenderActivity
from fanreel.storage.store import ObjectStore

LOGGING = "https://logging.googleapis.com"
_ANSWER_TIMEOUT_S = 900
_MOST_LOG_LINES = 1000
# The argument's escapes and the render id join it.
_MAX_INPUT_BYTES = 30 * 1024
"""Workflows takes 32 KB of argument ("Executions API", `argument`)."""


class GoogleCloud:
    """One deployment."""

    command = "fanreel cloudrun"
    forgets = "as their plans expire (expiry_days)"
    max_input_bytes = _MAX_INPUT_BYTES

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.deployment = connection.deployment
        settings = self.deployment.settings
        self.machine = Machine(
            cpu=int(settings.get("cpu", 4)), memory_mb=int(settings.get("memory_mb", 16_384))
        )

    @property
    def store(self) -> ObjectStore:
        """Cloud Storage."""
        return self._connection.store

    @property
    def outputs(self) -> OutputStores:
        """Cloud Storage, any bucket of it."""
        return self._connection.outputs

    def find(self, render_id: str) -> Execution | None:
        """Return a render's execution: as it was started, or by the execution's own id."""
        known = started.read(self._connection, render_id)
        name = known.execution if known else f"{self.deployment.workflow}/executions/{render_id}"
        found = executions.get(self._connection, name)
        return None if found is None else executions.read(found, known.reason if known else "")

    def begin(self, render_id: str, document: Mapping[str, Any]) -> str | None:
        """Start an execution, once."""
        return started.claim(self._connection, render_id, document)

    def stop(self, execution: Execution, reason: str) -> None:
        """Cancel the execution; Workflows keeps no reason, so that stays beside the render."""
        started.note_reason(self._connection, execution.render_id, reason)
        executions.cancel(self._connection, execution.reference)

    def redrive(self, execution: Execution) -> StartedRender:
        """Run another execution of the same render: what is finished is found."""
        if execution.is_running or execution.status == "SUCCEEDED":
            raise InvalidConfig(
                f"render {execution.render_id} is {execution.status}; only one that failed or was "
                "cancelled can go on",
                render_id=execution.render_id,
            )
        again = started.again(self._connection, execution.render_id)
        if again is None:
            raise InvalidConfig(
                f"render {execution.render_id} was not started by a client, or goes on already",
                render_id=execution.render_id,
            )
        return StartedRender(
            render_id=execution.render_id,
            execution_arn=again.execution,
            output_uri=output_uri_in(self.deployment.root, execution),
            project_uri=str(execution.input.get(PROJECT_URI, "")),
            already_started=True,
        )

    def list_renders(self, status: Status | None, limit: int) -> tuple[RenderSummary, ...]:
        """Return the newest renders first; Workflows remembers them for 90 days."""
        found: list[RenderSummary] = []
        for one in map(executions.read, executions.newest(self._connection)):
            if len(found) == limit:
                break
            if status in (None, one.status):
                found.append(
                    RenderSummary(
                        render_id=one.render_id,
                        status=one.status,
                        started_at=one.started_at,
                        stopped_at=one.stopped_at,
                    )
                )
        return tuple(found)

    def logs(self, execution: Execution, limit: int) -> list[str]:
        """Ask Cloud Logging for what the service's instances wrote."""
        end = (execution.stopped_at or datetime.now(UTC)) + timedelta(minutes=2)
        wanted = (
            'resource.type="cloud_run_revision"',
            f'resource.labels.service_name="{self.deployment.name}"',
            f'jsonPayload.RenderId="{execution.render_id}"',
            f'timestamp>="{execution.started_at.isoformat()}"',
            f'timestamp<="{end.isoformat()}"',
        )
        body = {
            "resourceNames": [f"projects/{self.deployment.project}"],
            "filter": " AND ".join(wanted),
            "orderBy": "timestamp asc",
        }
        lines: list[str] = []
        token = ""
        while len(lines) < limit:
            asked = min(limit - len(lines), _MOST_LOG_LINES)
            page = self._connection.rest.post(
                f"{LOGGING}/v2/entries:list", body | {"pageSize": asked, "pageToken": token}
            )
            lines += [json.dumps(_line(entry)) for entry in page.get("entries", [])]
            token = page.get("nextPageToken", "")
            if not token:
                break
        return lines

    def ask(self, event: dict[str, Any], function: str | None) -> dict[str, Any]:
        """Post one event to the service, and wait for its answer."""
        del function  # one service does all; a request that names another was refused
        url = self.deployment.service_url
        token = self._connection.rest.identity_token(url)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = requests.post(url, json=event, headers=headers, timeout=_ANSWER_TIMEOUT_S)
        except requests.RequestException as exc:
            raise StorageUnavailable(f"{url} did not answer: {exc}") from exc
        found: dict[str, Any] = _document(answer)
        if not answer.ok:
            code = str(found.get("code") or f"CloudRun.{answer.status_code}")
            message = str(found.get("message") or answer.text[:500])
            raise Failure.of(code, message).to_error(event["RenderId"])
        return found

    def cost(self, execution: Execution, activity: RenderActivity) -> Cost:
        """Price Cloud Run, Workflows and Cloud Storage."""
        usage, notes = used_so_far(activity, self.machine, execution.stopped_at)
        return cost_of(usage, self.machine, prices_for(self.deployment.region), notes)

    def estimate(
        self,
        project_dir: Path,
        config: RenderConfig,
        *,
        probe_frames: int,
        max_concurrency: int | None,
        function: str | None,
    ) -> Estimate[Cost]:
        """Scale what this machine takes to the service's instances."""
        from fanreel.remote.probing import probe  # noqa: PLC0415 (needs Chromium from here on)

        del function  # as for `ask()`
        probed = probe(project_dir, config, frames=probe_frames)
        asked = max_concurrency or int(self.deployment.settings.get("max_concurrency", AT_ONCE))
        return estimate_cut(
            probed.cut,
            probed.measured,
            self.machine,
            prices_for(self.deployment.region),
            min(asked or AT_ONCE, AT_ONCE),
        )


def _line(entry: Mapping[str, Any]) -> dict[str, Any]:
    told = entry.get("jsonPayload") or {"message": entry.get("textPayload", "")}
    return {"timestamp": entry.get("timestamp"), "level": entry.get("severity"), **told}


def _document(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
