"""
Cloud Run's entry point: `python -m handler.cloud_run`.

`POST /` takes what the Lambda function takes, with `gs://` URIs, and answers with its reply, or
with `{code, message}`: 400 where another try does not help, 503 where it may. One request is
answered at a time; a second gets 429, which is also what Cloud Run says where it has no instance.
`GET /health` says that it listens.

SIGTERM ends the request that is answered, with 503: Cloud Run gives ten seconds. Segments that are
kept by then are found by the instance that goes on.
"""

import asyncio
import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fanreel.engine.engine import Engine
from fanreel.engine.isolation import hide_process
from fanreel.engine.warm import stay_warm
from fanreel.errors import INVALID_CONFIG, InstanceStopped, InvalidConfig
from fanreel.gcp.storage.gcs_client import connect
from fanreel.gcp.storage.gcs_store import GcsObjectStore
from fanreel.processes import age_ms
from fanreel.storage.endpoints import OutputEndpoint, OutputStores
from fanreel.storage.progress import RenderActivity
from fanreel.storage.store import ObjectStore
from handler.cloud_run_telemetry import CloudRunTelemetry
from handler.naming import RequestFailed
from handler.settings import Settings
from handler.worker import RequestContext, Worker

BUSY = "CloudRun.Busy"
"""Code of the answer to a second request."""
MOST_BODY_BYTES = 4 * 1024**2
"""Of a request; variables that are larger come as an object."""
USUAL_TIMEOUT_S = 240.0
"""A little less than Cloud Run's 300 s, where the deployment does not say another."""
_GRACE_S = 9
"""Of the ten seconds that Cloud Run waits after SIGTERM."""


class Service:
    """
    Answers requests, one at a time.

    Args:
        worker: Acts.
        telemetry: The worker's; is told whose trace a request belongs to.
        timeout_s: What a request may take.
    """

    def __init__(self, worker: Worker, telemetry: CloudRunTelemetry, timeout_s: float) -> None:
        self._worker, self._telemetry, self._timeout_s = worker, telemetry, timeout_s
        # One thread for all of them, as long as the process lives.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="request")
        self._is_busy = self._is_stopping = False

    def application(self) -> Starlette:
        """Return what a server serves."""
        return Starlette(
            routes=[
                Route("/", self.answer, methods=["POST"]),
                Route("/health", self.tell_health, methods=["GET"]),
            ]
        )

    async def tell_health(self, _request: Request) -> Response:
        """Say that requests may come."""
        if self._is_stopping:
            return PlainTextResponse("stopping", HTTPStatus.SERVICE_UNAVAILABLE)
        return PlainTextResponse("ok")

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        if self._is_stopping:
            error = InstanceStopped()
            return _told(HTTPStatus.SERVICE_UNAVAILABLE, error.code, error.message)
        if self._is_busy:
            return _told(
                HTTPStatus.TOO_MANY_REQUESTS,
                BUSY,
                "one request at a time; its concurrency is 1",
            )
        self._is_busy = True
        try:
            return await self._act(request)
        finally:
            self._is_busy = False

    async def _act(self, request: Request) -> Response:
        until = time.monotonic() + self._timeout_s
        body = b""
        async for data in request.stream():
            body += data
            if len(body) > MOST_BODY_BYTES:
                text = f"a request has at most {MOST_BODY_BYTES} bytes; send VariablesS3Uri"
                return _told(HTTPStatus.BAD_REQUEST, INVALID_CONFIG, text)
        try:
            event = json.loads(body)
        except ValueError as exc:
            text = f"the request is not JSON: {exc}"
            return _told(HTTPStatus.BAD_REQUEST, INVALID_CONFIG, text)
        context = RequestContext(
            request_id=uuid.uuid4().hex, remaining_s=lambda: until - time.monotonic()
        )
        self._telemetry.trace(request.headers.get("x-cloud-trace-context"))
        loop = asyncio.get_running_loop()
        try:
            reply = await loop.run_in_executor(self._thread, self._worker.handle, event, context)
        except RequestFailed as exc:
            status = HTTPStatus.SERVICE_UNAVAILABLE if exc.retryable else HTTPStatus.BAD_REQUEST
            return _told(status, exc.code, str(exc), exc.document["Facts"])
        return JSONResponse(reply)

    def stop(self) -> None:
        """Take no more requests, and end the one that is answered."""
        self._is_stopping = True
        threading.Thread(target=self._worker.stop, name="stop").start()


def spent_usd(activity: RenderActivity, settings: Settings, environ: Mapping[str, str]) -> float:
    """Return what the requests of a render have cost so far, by Cloud Run's list prices."""
    # Of no use to a render without a limit.
    from fanreel.gcp.cost.prices import REFERENCE_REGION, prices_for  # noqa: PLC0415
    from fanreel.gcp.cost.render_cost import Machine, cost_of, used_so_far  # noqa: PLC0415

    machine = Machine(cpu=int(environ.get("FANREEL_CPU") or 4), memory_mb=settings.memory_mb)
    usage, _ = used_so_far(activity, machine, None)
    prices = prices_for(environ.get("FANREEL_REGION") or REFERENCE_REGION)
    return cost_of(usage, machine, prices).total_usd


def serve(environ: Mapping[str, str] = os.environ) -> None:
    """Serve until the process is told to end."""
    hide_process()  # for good: what it knows is nobody's to look into
    settings = Settings.from_environment(environ)
    stay_warm()  # it imports what the steps need while this process connects
    client = connect()
    # A client of an emulator has none.
    telemetry = CloudRunTelemetry(environ.get("GOOGLE_CLOUD_PROJECT") or client.project)
    worker = Worker(
        settings,
        OutputStores(GcsObjectStore(client), settings.output_endpoints, _refuse_endpoint),
        primitives=Engine(),
        telemetry=telemetry,
        spent_usd=lambda activity: spent_usd(activity, settings, environ),
        init_ms=age_ms(),
    )
    timeout_s = float(environ.get("FANREEL_REQUEST_TIMEOUT_S") or USUAL_TIMEOUT_S)
    service = Service(worker, telemetry, timeout_s)
    asyncio.run(_listen(service, environ))


async def _listen(service: Service, environ: Mapping[str, str]) -> None:
    # Beside uvicorn, which on SIGTERM takes no more connections and waits for the last answer.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.stop)
    config = uvicorn.Config(
        service.application(),
        host=environ.get("FANREEL_HOST") or "0.0.0.0",  # noqa: S104 (Cloud Run's proxy is outside)
        port=int(environ.get("PORT") or 8080),
        timeout_graceful_shutdown=_GRACE_S,
        access_log=False,
        log_level="warning",
        lifespan="off",
    )
    await uvicorn.Server(config).serve()


def _refuse_endpoint(endpoint: OutputEndpoint) -> ObjectStore:
    raise InvalidConfig(
        f"bucket {endpoint.bucket}: outputs to other services are sent from AWS only; "
        "take FANREEL_OUTPUT_ENDPOINTS out of the service's environment"
    )


def _told(
    status: HTTPStatus, code: str, message: str, facts: Mapping[str, Any] | None = None
) -> JSONResponse:
    return JSONResponse({"code": code, "message": message, "facts": facts or {}}, status)


if __name__ == "__main__":
    serve()
