"""Lambda's Runtime API on loopback, and the function behind AWS's own runtime client."""

import http.server
import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

REPOSITORY = Path(__file__).parents[2]
TRACE_ID = "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the runtime posted: a result, or an error with its type."""

    body: bytes
    error_type: str | None = None

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


class _RuntimeApi(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    events: ClassVar[queue.Queue[bytes | None]]
    answers: ClassVar[queue.Queue[Answer]]

    def do_GET(self) -> None:
        event = self.events.get()
        if event is None:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 600) * 1000)))
        self.send_header("Lambda-Runtime-Trace-Id", TRACE_ID)
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:x:1:function:f")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        failed = self.path.endswith("/error")
        self.answers.put(Answer(body, json.loads(body)["errorType"] if failed else None))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


class Runtime:
    """One container: a process of `awslambdaric` with the function in it."""

    def __init__(self, api: type[_RuntimeApi], process: subprocess.Popen[bytes]) -> None:
        self._api, self.process = api, process

    def send(self, event: Any) -> None:
        """Invoke, without waiting."""
        self._api.events.put(json.dumps(event).encode())

    def answer(self) -> Answer | None:
        """Return what the runtime posted, if it has posted anything yet."""
        return None if self._api.answers.empty() else self._api.answers.get()

    def invoke(self, event: Any, timeout_s: float = 120) -> Answer:
        """Invoke once and wait for what the runtime posts."""
        self.send(event)
        return self._api.answers.get(timeout=timeout_s)


@contextmanager
def container(environment: dict[str, str], tmp_dir: Path) -> Iterator[Runtime]:
    """Start a container with *environment* added to what a process needs, and *tmp_dir* as /tmp."""

    class Api(_RuntimeApi):
        events: ClassVar[queue.Queue[bytes | None]] = queue.Queue()
        answers: ClassVar[queue.Queue[Answer]] = queue.Queue()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    process = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", "handler.app.lambda_handler"],
        cwd=REPOSITORY,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{REPOSITORY / 'src'}{os.pathsep}{REPOSITORY}",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "fanreel",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
            "LAMBDA_TASK_ROOT": str(REPOSITORY),
            "FANREEL_TMP_DIR": str(tmp_dir),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield Runtime(Api, process)
    finally:
        process.kill()
        process.communicate()
        Api.events.put(None)
        server.shutdown()
        server.server_close()
