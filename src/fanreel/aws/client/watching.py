"""
Where a render stands and what it used: one DescribeExecution and one LIST, made sense of.

The execution's history is never read: it grows to thousands of events, and what the workers wrote
about themselves (`storage/progress.py`) says more in one request.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from fanreel.aws.client.causes import read_cause
from fanreel.aws.client.deployment import Connection
from fanreel.aws.client.executions import describe, execution_input, folder_of, output_uri_of
from fanreel.aws.client.inputs import FUNCTION
from fanreel.aws.client.pace import Pace, retries
from fanreel.aws.client.results import Failure, Progress, Stage, Status
from fanreel.aws.cost.functions import FunctionSettings, parse_settings
from fanreel.aws.cost.prices import prices_for
from fanreel.aws.cost.render_cost import Cost, cost_of
from fanreel.aws.cost.usage import to_ms, used_so_far
from fanreel.aws.storage.failures import aws_errors
from fanreel.errors import CATALOGUE, InvalidConfig, RenderCancelled, RenderError
from fanreel.storage.journal import Journal
from fanreel.storage.progress import InvocationRecord, RenderActivity, parse_progress
from fanreel.storage.store import in_parallel
from fanreel.storage.uris import ObjectUri

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef


class Watcher:
    """Reads renders of one deployment; asks for each function's settings once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._functions: dict[str | None, FunctionSettings] = {}

    def function(self, choice: str | None = None) -> FunctionSettings:
        """
        Return the settings of a function that renders may choose; None is the default one.

        They are asked for once; the defaults, marked so, if they cannot be read.

        Raises:
            InvalidConfig: There is none to choose by that name. Terminal.
        """
        if choice not in self._functions:
            name = self._connection.deployment.named_function(choice)
            self._functions[choice] = self._read_function(name)
        return self._functions[choice]

    def _read_function(self, name: str | None) -> FunctionSettings:
        if name is None:
            return FunctionSettings(assumed=True)
        try:
            with aws_errors(f"reading the settings of function {name}"):
                answer = self._connection.functions.get_function_configuration(FunctionName=name)
        except RenderError:
            return FunctionSettings(assumed=True)  # prices are worth an assumption, not a failure
        return parse_settings(answer)

    def _activity(self, execution: "DescribeExecutionOutputTypeDef") -> RenderActivity:
        folder = folder_of(self._connection, execution)
        return parse_progress(execution["name"], self._connection.store.list_objects(folder))

    def progress(self, render_id: str) -> Progress:
        """Tell where a render stands. Raises as `RenderClient.progress()`."""
        execution = describe(self._connection, render_id)
        activity = self._activity(execution)
        status: Status = execution["status"]
        stopped_at = execution.get("stopDate")
        now = stopped_at or datetime.now(UTC)
        pace = Pace.of(activity, now)
        output_uri = output_uri_of(self._connection, execution)
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
            elapsed_s=(now - execution["startDate"]).total_seconds(),
            retries=retries(activity, status),
            failure=self._failure(execution, activity),
            warnings=tuple(
                Failure.of(record.outcome, "", record.invocation.chunk_index)
                for record in activity.records
                if record.failed
            ),
            cost=self._cost(activity, execution),
            output_uri=None if stage == "deleted" else output_uri,
            started_at=execution["startDate"],
            stopped_at=stopped_at,
        )

    def _has_video(self, output_uri: str) -> bool:
        uri = ObjectUri.parse(output_uri)
        store = self._connection.outputs.of(uri)
        if uri.is_folder:
            return next(iter(store.list_objects(uri)), None) is not None
        return store.look_up(uri) is not None

    def told(self, render_id: str) -> tuple[RenderActivity, list[tuple[InvocationRecord, Journal]]]:
        """Read all that a render's workers wrote, with one GET an invocation."""
        execution = describe(self._connection, render_id)
        folder, activity = folder_of(self._connection, execution), self._activity(execution)
        journals = in_parallel(
            lambda record: Journal.read(record, folder, self._connection.store), activity.records
        )
        return activity, list(zip(activity.records, journals, strict=True))

    def cost(self, render_id: str) -> Cost:
        """Tell what a render has cost so far. Raises as `RenderClient.cost()`."""
        execution = describe(self._connection, render_id)
        return self._cost(self._activity(execution), execution)

    def _cost(self, activity: RenderActivity, execution: "DescribeExecutionOutputTypeDef") -> Cost:
        function = self._function_of(execution)
        usage, notes = used_so_far(activity, function, execution.get("stopDate"))
        if function.assumed:
            notes = (*notes, f"architecture assumed to be {function.architecture}")
        region = self._connection.deployment.region
        return cost_of(usage, prices_for(region, function.architecture), notes)

    def _function_of(self, execution: "DescribeExecutionOutputTypeDef") -> FunctionSettings:
        choice = execution_input(execution).get(FUNCTION)
        # Whoever started it may have misspelt it; then it has failed, and its cost is asked for.
        known = self._connection.deployment.function_names
        return self.function(choice if choice in known else None)

    def _failure(
        self, execution: "DescribeExecutionOutputTypeDef", activity: RenderActivity
    ) -> Failure | None:
        status = execution["status"]
        if status == "ABORTED":
            return Failure.of(RenderCancelled.code, execution.get("cause") or "")
        if status not in ("FAILED", "TIMED_OUT"):
            return None
        code = execution.get("error") or ("States.Timeout" if status == "TIMED_OUT" else "")
        cause = read_cause(execution.get("cause"))
        message = cause.message
        failed = [record for record in activity.records if record.failed]
        # A distributed Map reports only that too many of its children failed.
        if code not in CATALOGUE and failed and code.startswith("States."):
            code, message = failed[-1].outcome, ""
        culprit = next((r for r in reversed(failed) if r.outcome == code), None)
        if culprit is not None and not message:
            folder = folder_of(self._connection, execution)
            message = Journal.read(culprit, folder, self._connection.store).message
        chunk_index = culprit.invocation.chunk_index if culprit else cause.chunk_index
        return Failure.of(code, message, chunk_index)

    def logs(self, render_id: str, *, limit: int) -> Iterator[dict[str, Any]]:
        """Return a render's log lines. Raises as `RenderClient.logs()`."""
        group = self._connection.deployment.log_group
        if group is None:
            raise InvalidConfig("the stack names no log group; give `log_group` to RenderClient()")
        execution = describe(self._connection, render_id)
        end = execution.get("stopDate") or datetime.now(UTC)
        with aws_errors(f"reading the logs of render {render_id}"):
            pages = self._connection.logs.get_paginator("filter_log_events").paginate(
                logGroupName=group,
                startTime=to_ms(execution["startDate"]),
                # Lines arrive up to a minute after they were written.
                endTime=to_ms(end + timedelta(minutes=2)),
                filterPattern=f'"{render_id}"',
                PaginationConfig={"MaxItems": limit},
            )
            events = [event for page in pages for event in page["events"]]
        return iter([_log_line(event.get("message", "")) for event in events])


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
