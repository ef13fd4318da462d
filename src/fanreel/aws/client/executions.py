"""
Renders as executions of the state machine: started once, described, stopped, redriven, listed.

The execution's name is the render id, so the same id and input are the same render, however often
it is asked for.
"""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from fanreel.aws.client.deployment import Connection
from fanreel.aws.client.inputs import OUTPUT_URI, PLAN_PREFIX, PROJECT_URI, RenderRequest
from fanreel.aws.client.results import RenderSummary, StartedRender, Status
from fanreel.aws.storage.failures import aws_errors, error_code
from fanreel.errors import InvalidConfig, RenderCancelled
from fanreel.files.digest import canonical_json
from fanreel.storage import layout
from fanreel.storage.uris import ObjectUri

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

CHUNK_FAILED_STATE = "ChunkFailed"
"""Where the state machine ends when one of more than 40 chunks failed; it names its state so."""
_LAST_EVENTS = 4
_MOST_ATTEMPTS = 100
_MOST_ID_LETTERS = 76  # of 80, and a number


def start(connection: Connection, request: RenderRequest) -> StartedRender:
    """
    Start *request*, or find that it had been started.

    Step Functions answers a second start of a running execution as it did the first, so it is
    looked up before, and its input compared here. Two that start it at the same moment are the same
    render too; then both are told that they started it.

    Raises:
        InvalidConfig: The id belongs to a render with other input. Terminal.
        StorageUnavailable: AWS did not answer. Retryable.
    """
    document = request.to_json()
    existing = find(connection, request.render_id)
    if existing is not None:
        return _existing(request, document, existing)
    if request.sends_variables_apart:
        connection.store.write_bytes(request.variables_uri, request.variables_json)
    with aws_errors(f"starting render {request.render_id}"):
        try:
            answer = connection.sfn.start_execution(
                stateMachineArn=connection.deployment.state_machine_arn,
                name=request.render_id,
                input=canonical_json(document).decode(),
            )
        except ClientError as exc:
            if error_code(exc) != "ExecutionAlreadyExists":
                raise
            return _existing(request, document, describe(connection, request.render_id))
    return StartedRender(
        render_id=request.render_id,
        execution_arn=answer["executionArn"],
        output_uri=request.output_uri,
        project_uri=request.project_uri,
    )


def _existing(
    request: RenderRequest, document: dict[str, Any], execution: "DescribeExecutionOutputTypeDef"
) -> StartedRender:
    found = execution_input(execution)
    if found != document:
        names = sorted(found.keys() | document.keys())
        differing = [name for name in names if found.get(name) != document.get(name)]
        raise InvalidConfig(
            f"render id {request.render_id} is taken by a render with other input (differs in "
            f"{', '.join(differing)}); choose another id, ids stay taken for 90 days",
            render_id=request.render_id,
            differing=differing,
        )
    return StartedRender(
        render_id=request.render_id,
        execution_arn=execution["executionArn"],
        output_uri=request.output_uri,
        project_uri=request.project_uri,
        already_started=True,
    )


def find(connection: Connection, render_id: str) -> "DescribeExecutionOutputTypeDef | None":
    """Return Step Functions' description of a render, or None."""
    arn = connection.deployment.execution_arn(render_id)
    with aws_errors(f"looking up render {render_id}"):
        try:
            return connection.sfn.describe_execution(executionArn=arn)
        except ClientError as exc:
            if error_code(exc) == "ExecutionDoesNotExist":
                return None
            raise


def describe(connection: Connection, render_id: str) -> "DescribeExecutionOutputTypeDef":
    """
    Return Step Functions' description of a render.

    Raises:
        InvalidConfig: There is no such render. Terminal.
    """
    found = find(connection, render_id)
    if found is None:
        raise InvalidConfig(
            f"there is no render {render_id!r} (Step Functions forgets renders 90 days "
            "after they end); `fanreel lambda ls` lists them",
            render_id=render_id,
        )
    return found


def execution_input(execution: "DescribeExecutionOutputTypeDef") -> dict[str, Any]:
    """Return the decoded input of an execution, whoever started it."""
    try:
        document = json.loads(execution.get("input") or "{}")
    except ValueError:
        document = {}
    return document if isinstance(document, dict) else {}


def output_uri_of(connection: Connection, execution: "DescribeExecutionOutputTypeDef") -> str:
    """Return where an execution puts its video: as it says at its end, or as it was told."""
    for text in (execution.get("output"), execution.get("input")):
        document = json.loads(text) if text else {}
        if isinstance(document, dict) and document.get(OUTPUT_URI):
            return str(document[OUTPUT_URI])
    config = execution_input(execution).get("Config") or {}
    return str(connection.deployment.default_output(execution["name"], config.get("format", "mp4")))


def folder_of(connection: Connection, execution: "DescribeExecutionOutputTypeDef") -> ObjectUri:
    """Return where an execution keeps plan, progress and cancel marker, whoever started it."""
    given = execution_input(execution).get(PLAN_PREFIX)
    if given:
        return ObjectUri.parse(str(given)).folder()
    return layout.render(connection.deployment.root, execution["name"])


def is_running(execution: "DescribeExecutionOutputTypeDef") -> bool:
    """Tell whether an execution may still do something by itself."""
    return execution["status"] in ("RUNNING", "PENDING_REDRIVE")


def cancel(connection: Connection, render_id: str, reason: str) -> None:
    """Stop a render if it runs: the workers by a marker, the state machine at once."""
    execution = describe(connection, render_id)
    if not is_running(execution):
        return
    folder = folder_of(connection, execution)
    connection.store.write_bytes(layout.cancelled(folder), b"{}")
    with aws_errors(f"cancelling render {render_id}"):
        connection.sfn.stop_execution(
            executionArn=execution["executionArn"], error=RenderCancelled.code, cause=reason
        )


def redrive(connection: Connection, render_id: str) -> StartedRender:
    """
    Go on with a render that failed or was cancelled, from the step where it stopped.

    Step Functions cannot redrive an execution that ended in a Fail state, as one of more than 40
    chunks does (`statemachine/chunk_failures.py`). Such a render is started again under the next
    free id, `<render_id>-2`, with the same output: its finished segments are found all the same.
    """
    execution = describe(connection, render_id)
    folder = folder_of(connection, execution)
    connection.store.delete_objects([layout.cancelled(folder)])
    if _ended_in_fail_state(connection, execution):
        return _start_again(connection, execution)
    with aws_errors(f"redriving render {render_id}"):
        connection.sfn.redrive_execution(executionArn=execution["executionArn"])
    return StartedRender(
        render_id=render_id,
        execution_arn=execution["executionArn"],
        output_uri=output_uri_of(connection, execution),
        project_uri=str(execution_input(execution).get(PROJECT_URI, "")),
        already_started=True,
    )


def _ended_in_fail_state(
    connection: Connection, execution: "DescribeExecutionOutputTypeDef"
) -> bool:
    if execution["status"] != "FAILED":
        return False
    with aws_errors(f"looking up how render {execution['name']} ended"):
        last = connection.sfn.get_execution_history(
            executionArn=execution["executionArn"], reverseOrder=True, maxResults=_LAST_EVENTS
        )["events"]
    entered = (event.get("stateEnteredEventDetails", {}).get("name") for event in last)
    return CHUNK_FAILED_STATE in entered


def _start_again(
    connection: Connection, execution: "DescribeExecutionOutputTypeDef"
) -> StartedRender:
    render_id, document = execution["name"], execution_input(execution)
    document[OUTPUT_URI] = output_uri_of(connection, execution)
    document.pop(PLAN_PREFIX, None)  # the folder of one render never tells of another
    for attempt in range(2, _MOST_ATTEMPTS):
        name = f"{render_id[:_MOST_ID_LETTERS]}-{attempt}"
        if find(connection, name) is not None:
            continue
        with aws_errors(f"starting render {name}"):
            answer = connection.sfn.start_execution(
                stateMachineArn=connection.deployment.state_machine_arn,
                name=name,
                input=canonical_json(document).decode(),
            )
        return StartedRender(
            render_id=name,
            execution_arn=answer["executionArn"],
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
