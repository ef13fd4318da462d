"""The service's HTTP in front of scripted workers, one for each render, as Cloud Run has it."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from fanreel.errors import CATALOGUE, RenderError
from tests.aws.scripted_worker import FunctionFailed, Killed, ScriptedWorker, Throttled

Answer = tuple[int, dict[str, Any] | str]


class Server(ThreadingHTTPServer):
    """As many may call at once as a workflow has iterations; five could wait otherwise."""

    request_queue_size = 128
    daemon_threads = True


class ScriptedService:
    """Listens on loopback; a context manager."""

    def __init__(self) -> None:
        self.workers: dict[str, ScriptedWorker] = {}
        self.tokens: set[str] = set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.tokens.add(self.headers.get("Authorization", ""))
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = _answer(service.workers[event["RenderId"]], event)
                if answer is None:  # the instance is gone, and nobody told Cloud Run
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                status, body = answer
                kind = "text/plain" if isinstance(body, str) else "application/json"
                text = body if isinstance(body, str) else json.dumps(body)
                self._send(status, kind, text.encode())

            def _send(self, status: int, kind: str, data: bytes) -> None:
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
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _answer(worker: ScriptedWorker, event: dict[str, Any]) -> Answer | None:
    try:
        return 200, worker.invoke(event)
    except FunctionFailed as exc:
        if exc.error_type.isdigit():  # the platform's own, without a body of the service
            return int(exc.error_type), "upstream connect error"
        return _told(exc.error_type, "as scripted")
    except RenderError as exc:
        return _told(exc.code, exc.message)
    except Killed:
        return None
    except Throttled:
        return 429, "Rate exceeded."


def _told(code: str, message: str) -> Answer:
    is_terminal = code in CATALOGUE and not CATALOGUE[code].retryable
    return 400 if is_terminal else 503, {"code": code, "message": message}
