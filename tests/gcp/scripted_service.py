"""The service's HTTP in front of scripted workers, one for each render, as Cloud Run has it."""

import json
import socket
from typing import Any

from fanreel.errors import CATALOGUE, RenderError
from tests.aws.scripted_worker import FunctionFailed, Killed, ScriptedWorker, Throttled
from tests.loopback import Answering, Loopback

Answer = tuple[int, dict[str, Any] | str]


class ScriptedService(Loopback):
    """Answers for every render's worker; a context manager."""

    def __init__(self) -> None:
        self.workers: dict[str, ScriptedWorker] = {}
        self.tokens: set[str] = set()
        service = self

        class Handler(Answering):
            def do_POST(self) -> None:  # noqa: N802 (http.server's name)
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
                self.give(status, text.encode(), kind)

        super().__init__(Handler)
        self.url += "/"


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
