"""
Where a render stands and what it used: one look at its execution and one LIST, made sense of.

The execution's history is never read: it grows to thousands of events, and what the workers wrote
about themselves (`storage/progress.py`) says more in one request.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

from fanreel.errors import CATALOGUE, RenderCancelled
from fanreel.remote.cloud import Cloud, Execution
from fanreel.remote.estimates import Cost
from fanreel.remote.executions import describe, folder_of, output_uri_in
from fanreel.remote.pace import Pace, retries
from fanreel.remote.results import Failure, Progress, Stage, Status
from fanreel.storage.invocations import InvocationRecord
from fanreel.storage.journal import Journal
from fanreel.storage.progress import RenderActivity, parse_progress
from fanreel.storage.store import in_parallel
from fanreel.storage.uris import ObjectUri


class Watcher:
    """Reads renders of one deployment."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def _activity(self, execution: Execution) -> RenderActivity:
        folder = folder_of(self._cloud, execution)
        return parse_progress(execution.render_id, self._cloud.store.list_objects(folder))

    def progress(self, render_id: str) -> Progress:
        """Tell where a render stands. Raises as `RenderClient.progress()`."""
        execution = describe(self._cloud, render_id)
        activity = self._activity(execution)
        status = execution.status
        stopped_at = execution.stopped_at
        now = stopped_at or datetime.now(UTC)
        pace = Pace.of(activity, now)
        output_uri = output_uri_in(self._cloud.deployment.root, execution)
        stage = _stage(status, activity)
        # What it wrote about itself expires by itself, its video never.
        if stage == "done" and not activity.records and not self._has_video(output_uri):
            stage = "deleted"
        return Progress(
            render_id=render_id,
            status=status,
            stage=stage,
            frames_done=activity.frames_done,
            total_frames=activity.total_frames,
            fraction=_fraction(stage, activity),
            chunks=activity.chunks,
            frames_per_s=pace.frames_per_s,
            remaining_s=pace.remaining_s if stage in ("rendering", "assembling") else None,
            elapsed_s=(now - execution.started_at).total_seconds(),
            retries=retries(activity, status),
            failure=self._failure(execution, activity),
            warnings=tuple(
                Failure.of(record.outcome, "", record.invocation.chunk_index)
                for record in activity.records
                if record.failed
            ),
            cost=self._cloud.cost(execution, activity),
            output_uri=None if stage == "deleted" else output_uri,
            started_at=execution.started_at,
            stopped_at=stopped_at,
        )

    def _has_video(self, output_uri: str) -> bool:
        uri = ObjectUri.parse(output_uri)
        store = self._cloud.outputs.of(uri)
        if uri.is_folder:
            return next(iter(store.list_objects(uri)), None) is not None
        return store.look_up(uri) is not None

    def told(self, render_id: str) -> tuple[RenderActivity, list[tuple[InvocationRecord, Journal]]]:
        """Read all that a render's workers wrote, with one GET an invocation."""
        execution = describe(self._cloud, render_id)
        folder, activity = folder_of(self._cloud, execution), self._activity(execution)
        journals = in_parallel(
            lambda record: Journal.read(record, folder, self._cloud.store), activity.records
        )
        return activity, list(zip(activity.records, journals, strict=True))

    def cost(self, render_id: str) -> Cost:
        """Tell what a render has cost so far. Raises as `RenderClient.cost()`."""
        execution = describe(self._cloud, render_id)
        return self._cloud.cost(execution, self._activity(execution))

    def _failure(self, execution: Execution, activity: RenderActivity) -> Failure | None:
        if execution.status == "ABORTED":
            return Failure.of(RenderCancelled.code, execution.message)
        if execution.status not in ("FAILED", "TIMED_OUT"):
            return None
        code, message = execution.code, execution.message
        failed = [record for record in activity.records if record.failed]
        if code not in CATALOGUE and failed and execution.is_vague:
            code, message = failed[-1].outcome, ""
        culprit = next((r for r in reversed(failed) if r.outcome == code), None)
        if culprit is not None and not message:
            folder = folder_of(self._cloud, execution)
            message = Journal.read(culprit, folder, self._cloud.store).message
        chunk_index = culprit.invocation.chunk_index if culprit else execution.chunk_index
        return Failure.of(code, message, chunk_index)

    def logs(self, render_id: str, *, limit: int) -> Iterator[dict[str, Any]]:
        """Return a render's log lines. Raises as `RenderClient.logs()`."""
        lines = self._cloud.logs(describe(self._cloud, render_id), limit)
        return iter([_log_line(line) for line in lines])


def _stage(status: Status, activity: RenderActivity) -> Stage:
    if status == "SUCCEEDED":
        return "done"
    if status == "ABORTED":
        return "cancelled"
    if status in ("FAILED", "TIMED_OUT"):
        return "failed"
    if activity.stage in ("rendering", "assembling"):
        return cast("Stage", activity.stage)
    return "assembling" if activity.stage == "done" else "planning"


def _fraction(stage: Stage, activity: RenderActivity) -> float:
    return 1.0 if stage in ("done", "deleted") else activity.fraction


def _log_line(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        line = None
    return line if isinstance(line, dict) else {"message": text.rstrip()}
