"""Cloud Run on loopback: requests go to idle instances, which are real processes of the service."""

import http.client
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from tests.gcp.service_process import ServiceProcess, serving
from tests.loopback import Answering, Loopback

_ANSWER_LIMIT_S = 240


@dataclass
class CloudRun(Loopback):
    """As many instances as asked for; one that died is replaced at the next request."""

    storage_url: str
    bucket: str
    instances: int = 2
    running: list[ServiceProcess] = field(default_factory=list)
    busy: list[ServiceProcess] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock, self._stack = threading.Lock(), ExitStack()
        front = self

        class Handler(Answering):
            def do_POST(self) -> None:  # noqa: N802 (http.server's name)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, kind, data = front.forward(body)
                front.statuses.append(status)
                self.give(status, data, kind)

        super().__init__(Handler)
        self.url += "/"

    def __enter__(self) -> Self:
        super().__enter__()
        for _ in range(self.instances):
            self._begin()
        return self

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self._stack.close()

    def _begin(self) -> None:
        instance = self._stack.enter_context(serving(self.storage_url, self.bucket))
        self.running.append(instance)

    def forward(self, body: bytes) -> tuple[int, str, bytes]:
        """Give a request to an idle instance, and return its answer; without one say 429."""
        with self._lock:
            alive = [one for one in self.running if one.process.poll() is None]
            if len(alive) < self.instances:
                self._begin()
                alive.append(self.running[-1])
            idle = next((one for one in alive if one not in self.busy), None)
            if idle is None:
                return 429, "text/plain", b"Rate exceeded."
            self.busy.append(idle)
        try:
            return _ask(idle.url, body)
        except (OSError, http.client.HTTPException):
            return 503, "text/plain", b"The connection to the instance had an error."
        finally:
            self.busy.remove(idle)


def _ask(url: str, body: bytes) -> tuple[int, str, bytes]:
    call: Any = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_ANSWER_LIMIT_S)
    try:
        call.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = call.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read()
    finally:
        call.close()
