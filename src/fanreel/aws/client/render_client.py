"""`RenderClient` on AWS: what all clients do, on a stack that is found or named."""

from collections.abc import Mapping
from typing import Any, Self, cast

import boto3

from fanreel.aws.client.cloud import AwsCloud
from fanreel.aws.client.deployment import (
    DEFAULT_STACK,
    Connection,
    Deployment,
    read_deployment,
)
from fanreel.aws.cost.render_cost import Cost
from fanreel.remote import render_client


class RenderClient(render_client.RenderClient):
    """
    Renders on one deployed stack. Thread-safe, as boto3's clients are.

    Args:
        bucket: The stack's bucket (output `BucketName`).
        state_machine_arn: Output `StateMachineArn`.
        function_name: Output `FunctionName`; for sizes and prices.
        function_names: Output `FunctionNames`, as a mapping: those that renders may choose.
        log_group: Output `LogGroupName`; for `logs()`.
        settings: What the stack was deployed with (output `Settings`).
        session: Any boto3 session; None takes boto3's defaults in the stack's region.
        endpoint_url: For emulators; None leaves it to `AWS_ENDPOINT_URL`.
    """

    def __init__(
        self,
        *,
        bucket: str,
        state_machine_arn: str,
        function_name: str | None = None,
        function_names: Mapping[str, str] | None = None,
        log_group: str | None = None,
        settings: Mapping[str, Any] | None = None,
        session: boto3.Session | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        self._connection = Connection(
            Deployment(
                bucket=bucket,
                state_machine_arn=state_machine_arn,
                function_name=function_name,
                function_names=function_names or {},
                log_group=log_group,
                settings=settings or {},
            ),
            session=session,
            endpoint_url=endpoint_url,
        )
        super().__init__(AwsCloud(self._connection))

    @classmethod
    def from_stack(
        cls,
        stack_name: str = DEFAULT_STACK,
        session: boto3.Session | None = None,
        endpoint_url: str | None = None,
    ) -> Self:
        """
        Find a stack by its CloudFormation outputs.

        Raises:
            InvalidConfig: There is no such stack, or it is not one of fanreel's. Terminal.
            StorageUnavailable: AWS did not answer. Retryable.
        """
        found = read_deployment(stack_name, session=session, endpoint_url=endpoint_url)
        return cls(
            bucket=found.bucket,
            state_machine_arn=found.state_machine_arn,
            function_name=found.function_name,
            function_names=found.function_names,
            log_group=found.log_group,
            settings=found.settings,
            session=session,
            endpoint_url=endpoint_url,
        )

    @property
    def deployment(self) -> Deployment:
        """The stack's parts."""
        return self._connection.deployment

    @property
    def connection(self) -> Connection:
        """The boto3 clients this client uses."""
        return self._connection

    def cost(self, render_id: str) -> Cost:
        """
        Tell what a render has cost so far, from what its invocations were billed.

        Raises:
            InvalidConfig: There is no such render. Terminal.
        """
        return cast("Cost", super().cost(render_id))
