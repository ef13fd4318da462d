"""AWS, as a client asks it (`fanreel.remote.cloud`): a state machine, a function, their prices."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.config import Config

from fanreel.aws.client import executions
from fanreel.aws.client.causes import read_cause
from fanreel.aws.client.deployment import Connection
from fanreel.aws.cost.estimating import AtOnce, chunks_at_once, estimate_project
from fanreel.aws.cost.functions import (
    FunctionSettings,
    parse_settings,
    reserved_concurrency,
)
from fanreel.aws.cost.prices import prices_for
from fanreel.aws.cost.quotas import DEFAULT_MAX_CONCURRENCY, read_quotas
from fanreel.aws.cost.render_cost import Cost, cost_of
from fanreel.aws.cost.usage import used_so_far
from fanreel.aws.storage.failures import aws_errors
from fanreel.config import RenderConfig
from fanreel.errors import InvalidConfig, RenderError
from fanreel.remote.cloud import Execution
from fanreel.remote.estimates import Estimate
from fanreel.remote.inputs import FUNCTION, MAX_INPUT_BYTES
from fanreel.remote.results import Failure, RenderSummary, StartedRender, Status
from fanreel.storage.endpoints import OutputStores
from fanreel.storage.invocations import to_ms
from fanreel.storage.progress import RenderActivity
from fanreel.storage.store import ObjectStore

_ANSWER_TIMEOUT_S = 900


class AwsCloud:
    """One stack; asks for each function's settings once."""

    command = "fanreel lambda"
    forgets = "90 days after they end"
    max_input_bytes = MAX_INPUT_BYTES

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.deployment = connection.deployment
        self._functions: dict[str | None, FunctionSettings] = {}

    @property
    def store(self) -> ObjectStore:
        """S3."""
        return self._connection.store

    @property
    def outputs(self) -> OutputStores:
        """S3, and services like it."""
        return self._connection.outputs

    def find(self, render_id: str) -> Execution | None:
        """Return a render's execution; its name is the render id."""
        return executions.find(self._connection, render_id)

    def begin(self, render_id: str, document: Mapping[str, Any]) -> str | None:
        """Start an execution."""
        return executions.begin(self._connection, render_id, document)

    def stop(self, execution: Execution, reason: str) -> None:
        """Stop the state machine."""
        executions.stop(self._connection, execution, reason)

    def redrive(self, execution: Execution) -> StartedRender:
        """Go on from the step where it stopped."""
        return executions.redrive(self._connection, execution)

    def list_renders(self, status: Status | None, limit: int) -> tuple[RenderSummary, ...]:
        """Return the newest renders first; Step Functions remembers them for 90 days."""
        return executions.list_executions(self._connection, status, limit)

    def logs(self, execution: Execution, limit: int) -> list[str]:
        """Read the function's log group."""
        group = self.deployment.log_group
        if group is None:
            raise InvalidConfig("the stack names no log group; give `log_group` to RenderClient()")
        end = execution.stopped_at or datetime.now(UTC)
        with aws_errors(f"reading the logs of render {execution.render_id}"):
            pages = self._connection.logs.get_paginator("filter_log_events").paginate(
                logGroupName=group,
                startTime=to_ms(execution.started_at),
                # Lines arrive up to a minute after they were written.
                endTime=to_ms(end + timedelta(minutes=2)),
                filterPattern=f'"{execution.render_id}"',
                PaginationConfig={"MaxItems": limit},
            )
            return [event.get("message", "") for page in pages for event in page["events"]]

    def ask(self, event: dict[str, Any], function: str | None) -> dict[str, Any]:
        """Invoke the function, and wait for its answer."""
        name = self.deployment.named_function(function)
        if name is None:
            raise InvalidConfig(
                "a still needs the function's name: RenderClient.from_stack() finds it, or pass "
                "function_name"
            )
        with aws_errors(f"invoking {name}"):
            # Not the shared client: it may take minutes, and asking again would do it twice.
            client = self._connection.session.client(
                "lambda",
                region_name=self.deployment.region,
                endpoint_url=self._connection.endpoint_url,
                config=Config(read_timeout=_ANSWER_TIMEOUT_S, retries={"total_max_attempts": 1}),
            )
            answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            text = answer["Payload"].read().decode()
        if answer.get("FunctionError"):
            cause = read_cause(text)
            raise Failure.of(cause.code, cause.message).to_error(event["RenderId"])
        found: dict[str, Any] = json.loads(text)
        return found

    def function(self, choice: str | None = None) -> FunctionSettings:
        """
        Return the settings of a function that renders may choose; None is the default one.

        They are asked for once; the defaults, marked so, if they cannot be read.

        Raises:
            InvalidConfig: There is none to choose by that name. Terminal.
        """
        if choice not in self._functions:
            self._functions[choice] = self._read_function(self.deployment.named_function(choice))
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

    def cost(self, execution: Execution, activity: RenderActivity) -> Cost:
        """Price Lambda, Step Functions and S3."""
        choice = execution.input.get(FUNCTION)
        # Whoever started it may have misspelt it; then it has failed, and its cost is asked for.
        function = self.function(choice if choice in self.deployment.function_names else None)
        usage, notes = used_so_far(activity, function, execution.stopped_at)
        if function.assumed:
            notes = (*notes, f"architecture assumed to be {function.architecture}")
        prices = prices_for(self.deployment.region, function.architecture)
        return cost_of(usage, prices, notes)

    def estimate(
        self,
        project_dir: Path,
        config: RenderConfig,
        *,
        probe_frames: int,
        max_concurrency: int | None,
        function: str | None,
    ) -> Estimate[Cost]:
        """Scale what this machine takes to the function."""
        return estimate_project(
            project_dir,
            config,
            self.function(function),
            self.deployment.region,
            probe_frames=probe_frames,
            at_once=self._chunks_at_once(max_concurrency, function),
        )

    def _chunks_at_once(self, asked: int | None, function: str | None) -> AtOnce:
        settings = self.deployment.settings
        wanted = asked or settings.get("max_concurrency", DEFAULT_MAX_CONCURRENCY)
        try:
            quotas = read_quotas(
                self._connection.session, endpoint_url=self._connection.endpoint_url
            )
        except RenderError:  # who may render need not have the right to ask
            return chunks_at_once(wanted, None)
        reserved = reserved_concurrency(settings, function)
        return chunks_at_once(wanted, reserved or quotas.unreserved_concurrency)
