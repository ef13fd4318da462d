"""Executions of the workflow, by the API: created, described, listed, cancelled."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fanreel.errors import UnexpectedError
from fanreel.gcp.client.deployment import Connection
from fanreel.remote.cloud import Execution
from fanreel.remote.json_object import read_json_object
from fanreel.remote.results import Status

EXECUTIONS = "https://workflowexecutions.googleapis.com"
_PAGE = 100
_STATES: dict[str, Status] = {
    "ACTIVE": "RUNNING",
    "QUEUED": "RUNNING",
    "SUCCEEDED": "SUCCEEDED",
    "CANCELLED": "ABORTED",
}
"""Workflows' words in those of all clients; any other is a failure."""


def create(connection: Connection, argument: Mapping[str, Any]) -> str:
    """Create an execution and return its name; sent once, as a second one would be another."""
    url = f"{EXECUTIONS}/v1/{connection.deployment.workflow}/executions"
    answer = connection.rest.post(url, {"argument": json.dumps(argument)}, again=False)
    return str(answer["name"])


def get(connection: Connection, name: str) -> dict[str, Any] | None:
    """Return the API's description of an execution, or None."""
    return connection.rest.get(f"{EXECUTIONS}/v1/{name}")


def newest(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield executions with their arguments, the newest first."""
    url = f"{EXECUTIONS}/v1/{connection.deployment.workflow}/executions"
    token = ""
    while True:
        page = connection.rest.get(url, view="FULL", pageSize=_PAGE, pageToken=token) or {}
        yield from page.get("executions", [])
        token = page.get("nextPageToken", "")
        if not token:
            return


def name_of(connection: Connection, render_id: str, since: datetime) -> str | None:
    """Return the execution of a render that was begun after *since*, if there is one."""
    for found in newest(connection):
        if _moment(found["createTime"]) < since:
            return None
        if render_id_of(found) == render_id:
            return str(found["name"])
    return None


def cancel(connection: Connection, name: str) -> None:
    """End an execution, unless it has ended."""
    try:
        connection.rest.post(f"{EXECUTIONS}/v1/{name}:cancel", {})
    except UnexpectedError:
        found = get(connection, name)
        if found is not None and read(found).is_running:
            raise


def render_id_of(found: Mapping[str, Any]) -> str:
    """Return a render's id: as its argument says, or the execution's own."""
    return str(
        read_json_object(found.get("argument")).get("RenderId") or found["name"].rpartition("/")[2]
    )


def read(found: Mapping[str, Any], reason: str = "") -> Execution:
    """Read the API's description; *reason* is why it was cancelled."""
    argument = read_json_object(found.get("argument"))
    status: Status = _STATES.get(found["state"], "FAILED")
    told = read_json_object((found.get("error") or {}).get("payload"))
    code = str(told.get("code") or "")
    if not code and status == "FAILED":
        tags = told.get("tags") or ["Error"]
        code = f"Workflows.{tags[0]}"
    message = str(told.get("message") or (found.get("error") or {}).get("payload") or "")
    return Execution(
        render_id=render_id_of(found),
        reference=found["name"],
        status=status,
        started_at=_moment(found.get("startTime") or found["createTime"]),
        stopped_at=_moment(found["endTime"]) if found.get("endTime") else None,
        input={name: value for name, value in argument.items() if name != "RenderId"},
        output=read_json_object(found.get("result")),
        code=code,
        message=reason if status == "ABORTED" else message,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
