"""
Renders as executions of the state machine: begun, described, stopped, redriven, listed.

The execution's name is the render id, so the same id and input are the same render, however often
it is asked for.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from fanreel.aws.client.causes import read_cause
from fanreel.aws.client.deployment import Connection
from fanreel.aws.storage.failures import aws_errors, error_code
from fanreel.errors import InvalidConfig, RenderCancelled
from fanreel.files.digest import canonical_json
from fanreel.remote.cloud import Execution
from fanreel.remote.executions import output_uri_in
from fanreel.remote.inputs import OUTPUT_URI, PLAN_PREFIX, PROJECT_URI
from fanreel.remote.json_object import read_json_object
from fanreel.remote.results import RenderSummary, StartedRender, Status

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

CHUNK_FAILED_STATE = "ChunkFailed"
"""Where the state machine ends when one of more than 40 chunks failed; it names its state so."""
_LAST_EVENTS = 4
_MOST_ATTEMPTS = 100
_MOST_ID_LETTERS = 76  # of 80, and a number


def begin(connection: Connection, render_id: str, document: Mapping[str, Any]) -> str | None:
    """Start an execution and return its ARN; None if the name is taken."""
    with aws_errors(f"starting render {render_id}"):
        try:
            answer = connection.sfn.start_execution(
                stateMachineArn=connection.deployment.state_machine_arn,
                name=render_id,
                input=canonical_json(document).decode(),
            )
        except ClientError as exc:
            if error_code(exc) != "ExecutionAlreadyExists":
                raise
            return None
    return answer["executionArn"]


def find(connection: Connection, render_id: str) -> Execution | None:
    """Return a render's execution, or None."""
    arn = connection.deployment.execution_arn(render_id)
    with aws_errors(f"looking up render {render_id}"):
        try:
            return _read(connection.sfn.describe_execution(executionArn=arn))
        except ClientError as exc:
            if error_code(exc) == "ExecutionDoesNotExist":
                return None
            raise


def _read(found: "DescribeExecutionOutputTypeDef") -> Execution:
    status: Status = found["status"]
    code = found.get("error") or ("States.Timeout" if status == "TIMED_OUT" else "")
    cause = read_cause(found.get("cause"))
    return Execution(
        render_id=found["name"],
        reference=found["executionArn"],
        status=status,
        started_at=found["startDate"],
        stopped_at=found.get("stopDate"),
        input=read_json_object(found.get("input")),
        output=read_json_object(found.get("output")),
        code=code,
        # Of one that was stopped it is what whoever stopped it said.
        message=(found.get("cause") or "") if status == "ABORTED" else cause.message,
        chunk_index=cause.chunk_index,
        # A distributed Map reports only that too many of its children failed.
        is_vague=code.startswith("States."),
    )


def stop(connection: Connection, execution: Execution, reason: str) -> None:
    """Stop the state machine; what it runs is told by a marker."""
    with aws_errors(f"cancelling render {execution.render_id}"):
        connection.sfn.stop_execution(
            executionArn=execution.reference, error=RenderCancelled.code, cause=reason
        )


def redrive(connection: Connection, execution: Execution) -> StartedRender:
    """
    Go on with a render that failed or was cancelled, from the step where it stopped.

    Step Functions cannot redrive an execution that ended in a Fail state, as one of more than 40
    chunks does (`statemachine/chunk_failures.py`). Such a render is started again under the next
    free id, `<render_id>-2`, with the same output: its finished segments are found all the same.
    """
    if _ended_in_fail_state(connection, execution):
        return _start_again(connection, execution)
    with aws_errors(f"redriving render {execution.render_id}"):
        connection.sfn.redrive_execution(executionArn=execution.reference)
    return StartedRender(
        render_id=execution.render_id,
        execution_arn=execution.reference,
        output_uri=output_uri_in(connection.deployment.root, execution),
        project_uri=str(execution.input.get(PROJECT_URI, "")),
        already_started=True,
    )


def _ended_in_fail_state(connection: Connection, execution: Execution) -> bool:
    if execution.status != "FAILED":
        return False
    with aws_errors(f"looking up how render {execution.render_id} ended"):
        last = connection.sfn.get_execution_history(
            executionArn=execution.reference, reverseOrder=True, maxResults=_LAST_EVENTS
        )["events"]
    entered = (event.get("stateEnteredEventDetails", {}).get("name") for event in last)
    return CHUNK_FAILED_STATE in entered


def _start_again(connection: Connection, execution: Execution) -> StartedRender:
    render_id, document = execution.render_id, dict(execution.input)
    document[OUTPUT_URI] = output_uri_in(connection.deployment.root, execution)
    document.pop(PLAN_PREFIX, None)  # the folder of one render never tells of another
    for attempt in range(2, _MOST_ATTEMPTS):
        name = f"{render_id[:_MOST_ID_LETTERS]}-{attempt}"
        if find(connection, name) is not None:
            continue
        reference = begin(connection, name, document)
        if reference is not None:
            return StartedRender(
                render_id=name,
                execution_arn=reference,
                output_uri=document[OUTPUT_URI],
                project_uri=str(document.get(PROJECT_URI, "")),
            )
    raise InvalidConfig(
        f"render {render_id} was gone on with {_MOST_ATTEMPTS} times; start it anew under "
        "another id",
        render_id=render_id,
    )


def list_executions(
    connection: Connection, status: Status | None, limit: int
) -> tuple[RenderSummary, ...]:
    """Return the newest renders first; Step Functions remembers them for 90 days."""
    filters: dict[str, Any] = {"statusFilter": status} if status else {}
    with aws_errors("listing renders"):
        pages = connection.sfn.get_paginator("list_executions").paginate(
            stateMachineArn=connection.deployment.state_machine_arn,
            PaginationConfig={"MaxItems": limit},
            **filters,
        )
        return tuple(
            RenderSummary(
                render_id=item["name"],
                status=item["status"],
                started_at=item["startDate"],
                stopped_at=item.get("stopDate"),
            )
            for page in pages
            for item in page["executions"]
        )
