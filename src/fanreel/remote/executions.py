"""
Renders as executions: started once, described, cancelled.

The same id and input are the same render, however often it is asked for.
"""

from typing import Any

from fanreel.errors import InvalidConfig
from fanreel.remote.cloud import Cloud, Execution
from fanreel.remote.inputs import OUTPUT_URI, PLAN_PREFIX, RenderRequest
from fanreel.remote.results import StartedRender
from fanreel.storage import layout
from fanreel.storage.uris import ObjectUri


def start(cloud: Cloud, request: RenderRequest) -> StartedRender:
    """
    Start *request*, or find that it had been started.

    A cloud answers a second start of a running execution as it did the first, so it is looked up
    before, and its input compared here. Two that start it at the same moment are the same render
    too; then both may be told that they started it.

    Raises:
        InvalidConfig: The id belongs to a render with other input. Terminal.
        StorageUnavailable: The cloud did not answer. Retryable.
    """
    document = request.to_json()
    existing = cloud.find(request.render_id)
    if existing is not None:
        return _existing(cloud, request, document, existing)
    if request.sends_variables_apart:
        cloud.store.write_bytes(request.variables_uri, request.variables_json)
    reference = cloud.begin(request.render_id, document)
    if reference is None:
        return _existing(cloud, request, document, describe(cloud, request.render_id))
    return StartedRender(
        render_id=request.render_id,
        execution_arn=reference,
        output_uri=request.output_uri,
        project_uri=request.project_uri,
    )


def _existing(
    cloud: Cloud, request: RenderRequest, document: dict[str, Any], execution: Execution
) -> StartedRender:
    found = execution.input
    if found != document:
        names = sorted(found.keys() | document.keys())
        differing = [name for name in names if found.get(name) != document.get(name)]
        raise InvalidConfig(
            f"render id {request.render_id} is taken by a render with other input (differs in "
            f"{', '.join(differing)}); choose another id; ids are free again {cloud.forgets}",
            render_id=request.render_id,
            differing=differing,
        )
    return StartedRender(
        render_id=request.render_id,
        execution_arn=execution.reference,
        output_uri=request.output_uri,
        project_uri=request.project_uri,
        already_started=True,
    )


def describe(cloud: Cloud, render_id: str) -> Execution:
    """
    Return a render's execution.

    Raises:
        InvalidConfig: There is no such render. Terminal.
    """
    found = cloud.find(render_id)
    if found is None:
        raise InvalidConfig(
            f"there is no render {render_id!r} (renders are forgotten "
            f"{cloud.forgets}); `{cloud.command} ls` lists them",
            render_id=render_id,
        )
    return found


def output_uri_in(root: ObjectUri, execution: Execution) -> str:
    """Return where an execution puts its video: as it says at its end, or as it was told."""
    for document in (execution.output, execution.input):
        if document.get(OUTPUT_URI):
            return str(document[OUTPUT_URI])
    config = execution.input.get("Config") or {}
    return str(layout.output(root, execution.render_id, config.get("format", "mp4")))


def folder_of(cloud: Cloud, execution: Execution) -> ObjectUri:
    """Return where an execution keeps plan, progress and cancel marker, whoever started it."""
    given = execution.input.get(PLAN_PREFIX)
    if given:
        return ObjectUri.parse(str(given)).folder()
    return layout.render(cloud.deployment.root, execution.render_id)


def cancel(cloud: Cloud, render_id: str, reason: str) -> None:
    """Stop a render if it runs: the workers by a marker, its execution at once."""
    execution = describe(cloud, render_id)
    if not execution.is_running:
        return
    cloud.store.write_bytes(layout.cancelled(folder_of(cloud, execution)), b"{}")
    cloud.stop(execution, reason)


def redrive(cloud: Cloud, render_id: str) -> StartedRender:
    """Go on with a render that failed or was cancelled. Raises as `RenderClient.redrive()`."""
    execution = describe(cloud, render_id)
    cloud.store.delete_objects([layout.cancelled(folder_of(cloud, execution))])
    return cloud.redrive(execution)
