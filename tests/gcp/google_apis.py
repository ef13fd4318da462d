"""
Google's APIs on loopback, as far as the client asks them: Workflows, executions, Cloud Logging.

Executions are run by the interpreter of `workflow_interpreter.py`. What is not known here is 501.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fanreel.gcp.workflow.__main__ import printed
from tests.gcp.workflow_interpreter import MOST_ARGUMENT_BYTES, Execution, Workflow
from tests.loopback import Answering, Loopback

PROJECT, REGION = "renders", "europe-west3"
_WORKFLOW = rf"/v1/(projects/{PROJECT}/locations/{REGION}/workflows/([a-z0-9-]+))"
Answer = tuple[int, dict[str, Any]]


class GoogleApis(Loopback):
    """Deployed workflows and their executions; a context manager."""

    def __init__(self) -> None:
        self.workflows: dict[str, dict[str, str]] = {}
        """Environments by the workflow's name."""
        self.executions: dict[str, Execution] = {}
        self.entries: list[dict[str, Any]] = []
        """Of the log."""
        self.requests: list[str] = []
        self.lose_next_answer = False
        """Create the next execution, and say that it failed."""
        self.refuse_next = False
        """Create no execution the next time: whoever asks may not."""
        apis = self

        class Handler(Answering):
            def do_GET(self) -> None:  # noqa: N802 (http.server's name)
                self._answer(None)

            def do_POST(self) -> None:  # noqa: N802 (http.server's name)
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, body: Any) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                apis.requests.append(f"{self.command} {parts.path}")
                status, answer = apis.answer(self.command, parts.path, query, body)
                self.give(status, json.dumps(answer).encode())

        super().__init__(Handler)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        """Answer one request."""
        if (method, path) == ("POST", "/v2/entries:list"):
            return 200, {"entries": self._logged(body)}
        found = re.fullmatch(rf"{_WORKFLOW}(/executions(?:/([^/:]+))?)?(:cancel)?", path)
        if found is None:
            return 501, {"error": {"message": f"{method} {path} is not known here"}}
        workflow, name, executions, identifier, cancel = found.groups()
        if name not in self.workflows:
            return 404, {"error": {"message": f"{name} not found"}}
        if identifier is not None:
            return self._one(f"{workflow}/executions/{identifier}", cancels=bool(cancel))
        if executions:
            return self._create(workflow, name, body) if method == "POST" else self._list(query)
        return 200, {"name": workflow, "userEnvVars": self.workflows[name]}

    def _one(self, name: str, *, cancels: bool) -> Answer:
        execution = self.executions.get(name)
        if execution is None:
            return 404, {"error": {"message": f"{name} not found"}}
        if cancels:
            if execution.state != "ACTIVE":
                return 400, {"error": {"message": "the execution has ended"}}
            execution.cancel()
        return 200, self._shown(name, execution)

    def _create(self, workflow: str, name: str, body: dict[str, Any]) -> Answer:
        if len(body["argument"].encode()) > MOST_ARGUMENT_BYTES or body.keys() != {"argument"}:
            return 400, {"error": {"message": "argument too large"}}
        deployed = Workflow(printed(), self.workflows[name])
        if self.refuse_next:
            self.refuse_next = False
            return 403, {"error": {"message": "workflows.executions.create is not allowed"}}
        execution = deployed.execute(json.loads(body["argument"]))
        execution_name = f"{workflow}/executions/{execution.identifier}"
        self.executions[execution_name] = execution
        if self.lose_next_answer:
            self.lose_next_answer = False
            return 503, {"error": {"message": "lost"}}
        return 200, self._shown(execution_name, execution)

    def _list(self, query: dict[str, str]) -> Answer:
        if query.get("view") != "FULL":
            return 501, {"error": {"message": "only the full view"}}
        newest = sorted(self.executions.items(), key=lambda item: -item[1].started_s)
        first, size = int(query.get("pageToken") or 0), int(query["pageSize"])
        page = [self._shown(name, one) for name, one in newest[first : first + size]]
        more = str(first + size) if first + size < len(newest) else ""
        return 200, {"executions": page, "nextPageToken": more}

    def _shown(self, name: str, execution: Execution) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "name": name,
            "state": execution.state,
            "createTime": _moment(execution.started_s),
            "startTime": _moment(execution.started_s),
            "argument": json.dumps(execution.argument),
        }
        if execution.ended_s is not None:
            shown["endTime"] = _moment(execution.ended_s)
        if execution.state == "SUCCEEDED":
            shown["result"] = json.dumps(execution.result)
        if execution.state == "FAILED":
            shown["error"] = {"payload": json.dumps(execution.error), "context": "in a step"}
        return shown

    def _logged(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        (render_id,) = re.findall(r'jsonPayload\.RenderId="([^"]+)"', body["filter"])
        return [one for one in self.entries if one["jsonPayload"]["RenderId"] == render_id]


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
