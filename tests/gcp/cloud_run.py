"""Cloud Run on loopback: requests go to idle instances, which are real processes of the service."""

import http.client
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import urlsplit

from tests.gcp.scripted_service import Server
from tests.gcp.service_process import ServiceProcess, serving

_ANSWER_LIMIT_S = 240


@dataclass
class CloudRun:
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

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, kind, data = front.forward(body)
                front.statuses.append(status)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        for _ in range(self.instances):
            self._begin()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
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
