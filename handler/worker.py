"""
One request, whichever cloud it comes from: decode, check, fetch, take the step, store, answer.

Whatever happens, /tmp is left empty, a record of the invocation is left in the bucket, and a
failure leaves as `RequestFailed`. What a cloud adds is in a module of its own, as `app.py`.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fanreel.errors import InstanceStopped
from fanreel.processes import memory_mb
from fanreel.storage.endpoints import OutputStores
from fanreel.storage.invocations import (
    ASSEMBLE,
    PLAN,
    STILL,
    Invocation,
    InvocationRecord,
    chunk_work,
)
from fanreel.storage.journal import Journal
from fanreel.storage.progress import RenderActivity
from fanreel.storage.store import RequestCounts
from fanreel.storage.uris import ObjectUri, require_allowed, require_scheme
from handler.actions import act
from handler.events import RenderChunkRequest, Request, parse_event
from handler.heartbeat import Heartbeat
from handler.limits import Watched
from handler.naming import RequestFailed, code_of, describe, to_render_error, without_scratch
from handler.phases import Phases
from handler.primitives import Primitives
from handler.publishing import ProgressDocument
from handler.run import Outcome, Run
from handler.scratch import scratch
from handler.settings import Settings
from handler.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """What a cloud tells of one request."""

    request_id: str
    remaining_s: Callable[[], float]
    """Seconds until the process is ended, or the request given up."""


class Worker:
    """
    What a warm container keeps: settings, storage, telemetry. Never anything of a render.

    Args:
        settings: What the deployment says.
        outputs: The bucket and the places of outputs; its credentials are read when it is made,
            before any page runs.
        primitives: The three steps; each is taken by a child that sees no credentials.
        telemetry: Logs, and what else the cloud has.
        spent_usd: What the requests of a render have cost, as this cloud bills them.
        init_ms: What the cold start took until now, billed with the first invocation.
    """

    def __init__(
        self,
        settings: Settings,
        outputs: OutputStores,
        *,
        primitives: Primitives,
        telemetry: Telemetry,
        spent_usd: Callable[[RenderActivity], float],
        init_ms: int = 0,
    ) -> None:
        self._settings, self._outputs, self._primitives = settings, outputs, primitives
        self._telemetry, self._spent_usd = telemetry, spent_usd
        self._store = outputs.own
        self._requests = RequestCounts()
        self._store.count(self._requests)
        self._init_ms = init_ms
        self._cold = True
        self._heartbeat: Heartbeat | None = None
        self._is_stopping = False

    def handle(self, event: Any, context: RequestContext) -> dict[str, Any]:
        """
        Answer one event.

        Raises:
            RequestFailed: Whatever happened.
        """
        started = time.monotonic()
        self._requests.reset()
        cold, self._cold = self._cold, False
        self._telemetry.begin(context.request_id)
        heartbeat: Heartbeat | None = None
        phases = Phases(started, self._telemetry.phase)
        about: dict[str, Any] = {}
        try:
            request = parse_event(event)
            about = _describe(request)
            self._telemetry.start(cold=cold, **about)
            self._require_places(request)
            invocation = _invocation(request, context)
            heartbeat = Heartbeat(
                self._outputs,
                request.folder,
                invocation,
                self._telemetry.warn,
                self._primitives.cancel,
                Watched(request.limits, self._store, request.folder, self._spent_usd),
                self._document(request, invocation),
            )
            self._heartbeat = heartbeat
            if self._is_stopping:
                raise InstanceStopped  # noqa: TRY301 (as if it had come a moment later)
            outcome = self._act(request, context, heartbeat, phases)
        except (Exception, SystemExit) as exc:  # noqa: BLE001 (each leaves under its name)
            code = code_of(exc)
            record = self._record(heartbeat, code, {}, cold=cold, started=started)
            self._telemetry.fail(record, exc)
            if heartbeat is not None:
                message = without_scratch(to_render_error(exc).message, self._settings.tmp_dir)
                journal = Journal(
                    phases=tuple(phases.kept), memory=heartbeat.memory, message=message[:8000]
                )
                heartbeat.record(record, journal)
            raise RequestFailed(describe(exc, self._settings.tmp_dir, **about)) from None
        record = self._record(
            heartbeat, outcome.outcome, outcome.numbers, cold=cold, started=started
        )
        self._telemetry.end(record, outcome.warnings)
        journal = Journal(
            phases=tuple(phases.kept),
            memory=heartbeat.memory,
            segments=outcome.segments,
            warnings=outcome.warnings,
            fonts=outcome.fonts,
            film=outcome.film,
        )
        heartbeat.record(record, journal)
        return outcome.reply

    def stop(self) -> None:
        """
        End the request that is answered, from another thread; segments that are kept stay so.

        It fails with `INSTANCE_STOPPED`: the process is to end.
        """
        self._is_stopping = True
        if (heartbeat := self._heartbeat) is not None:
            heartbeat.end(InstanceStopped())

    def _require_places(self, request: Request) -> None:
        project, place = request.project(), request.place()
        given = (*request.uris(), project, place and place[0])
        require_scheme((one for one in given if isinstance(one, ObjectUri)), self._store.scheme)
        require_allowed(request.uris(), self._settings.bucket)
        if project is not None:
            self._settings.project_sources.require(project)
        if place is not None:
            self._settings.output_places.require(*place)

    def _document(self, request: Request, invocation: Invocation) -> ProgressDocument | None:
        if not self._settings.progress_document or invocation.work == STILL:
            return None
        return ProgressDocument(self._store, request.folder, invocation)

    def _act(
        self, request: Request, context: RequestContext, heartbeat: Heartbeat, phases: Phases
    ) -> Outcome:
        self._primitives.resume()
        try:
            with scratch(self._settings) as work_dir, heartbeat:
                run = Run(
                    store=self._store,
                    outputs=self._outputs,
                    sources=self._settings.project_sources,
                    primitives=self._primitives,
                    work_dir=work_dir,
                    temp_dir=self._settings.tmp_dir if self._settings.owns_tmp else work_dir,
                    heartbeat=heartbeat,
                    remaining_s=context.remaining_s,
                    plan_dir_size_limit_bytes=self._settings.plan_dir_size_limit_bytes,
                    assembly_room_bytes=self._settings.assembly_room_bytes,
                    cache=self._settings.cache,
                    phase=phases.phase,
                )
                return act(request, run)
        except BaseException as exc:
            if heartbeat.ending is not None:
                raise heartbeat.ending from exc
            raise

    def _record(
        self,
        heartbeat: Heartbeat | None,
        outcome: str,
        numbers: dict[str, int],
        *,
        cold: bool,
        started: float,
    ) -> InvocationRecord:
        init_ms = self._init_ms if cold else 0
        return InvocationRecord(
            invocation=heartbeat.invocation if heartbeat else _NOBODY,
            outcome=outcome,
            billed_ms=math.ceil(1000 * (time.monotonic() - started)) + init_ms,
            init_ms=init_ms,
            cold=int(cold),
            memory_used_mb=heartbeat.memory_used_mb if heartbeat else memory_mb(),
            memory_mb=self._settings.memory_mb,
            tmp_mb=self._settings.tmp_mb,
            s3_writes=self._requests.writes,
            s3_reads=self._requests.reads,
            **({"frames": heartbeat.frames if heartbeat else 0} | numbers),
        )


_NOBODY = Invocation(work="none", started_ms=0, request="")
_REQUEST_DIGITS = 8


def _invocation(request: Request, context: RequestContext) -> Invocation:
    works = {"plan": PLAN, "assemble": ASSEMBLE, "still": STILL}
    if isinstance(request, RenderChunkRequest):
        work = chunk_work(request.chunk_index)
    else:
        work = works[request.action]
    digits = "".join(filter(str.isalnum, context.request_id))[:_REQUEST_DIGITS]
    return Invocation(
        work=work, started_ms=time.time_ns() // 1_000_000, request=digits or "unknown"
    )


def _describe(request: Request) -> dict[str, Any]:
    chunk_index = request.chunk_index if isinstance(request, RenderChunkRequest) else None
    return {
        "Action": request.action,
        "RenderId": request.render_id or request.folder.name,
        "ChunkIndex": chunk_index,
    }
