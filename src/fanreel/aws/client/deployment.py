"""Where a deployed stack is: the names `RenderClient` needs, read from CloudFormation outputs."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.exceptions import ClientError

from fanreel.aws.storage.endpoint_keys import output_stores
from fanreel.aws.storage.failures import aws_errors, error_code
from fanreel.aws.storage.s3_client import connect, s3_uri
from fanreel.aws.storage.s3_store import S3ObjectStore
from fanreel.errors import InvalidConfig
from fanreel.remote.inputs import require_function
from fanreel.remote.json_object import read_json_object
from fanreel.storage.endpoints import OutputEndpoint, OutputStores, parse_endpoints
from fanreel.storage.projects import ProjectSources
from fanreel.storage.uris import ObjectUri

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_stepfunctions import SFNClient

DEFAULT_STACK = "fanreel"
BUCKET, FUNCTION, FUNCTIONS, STATE_MACHINE, LOG_GROUP, SETTINGS = (
    "BucketName",
    "FunctionName",
    "FunctionNames",
    "StateMachineArn",
    "LogGroupName",
    "Settings",
)
"""Names of the stack's outputs; the CDK app writes them under the same ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The parts of one stack."""

    bucket: str
    state_machine_arn: str
    function_name: str | None = None
    """Of the function that a render gets if it does not choose."""
    function_names: Mapping[str, str] = field(default_factory=dict)
    """Of those it may choose: what a render calls it, and what Lambda does."""
    log_group: str | None = None
    stack_name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What it was deployed with, where that is not the default (`deploy/stack_settings.py`)."""

    @property
    def root(self) -> ObjectUri:
        """Its bucket as a URI."""
        return s3_uri(self.bucket)

    @property
    def region(self) -> str:
        """The region the state machine is in."""
        return self.state_machine_arn.split(":")[3]

    @property
    def output_buckets(self) -> tuple[str, ...]:
        """Where outputs may go besides its own bucket: `bucket` or `bucket/prefix` each."""
        return (*self.settings.get("output_buckets", ()), *self.output_endpoints)

    @property
    def output_endpoints(self) -> dict[str, OutputEndpoint]:
        """Those of them that belong to other services."""
        return parse_endpoints(self.settings.get("output_endpoints", ()))

    @property
    def project_sources(self) -> ProjectSources:
        """Where projects may come from."""
        return ProjectSources.of(
            self.bucket,
            self.settings.get("project_buckets", ()),
            self.settings.get("project_hosts", ()),
        )

    def named_function(self, choice: str | None) -> str | None:
        """
        Return the name that Lambda knows a render's function by; None if that is not known.

        Raises:
            InvalidConfig: There is none to choose by that name. Terminal.
        """
        if choice is None:
            return self.function_name
        require_function(choice, self.function_names)
        return self.function_names[choice]

    def execution_arn(self, render_id: str) -> str:
        """Return the ARN of the execution called *render_id*."""
        head, _, name = self.state_machine_arn.rpartition(":stateMachine:")
        return f"{head}:execution:{name}:{render_id}"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self)

    @classmethod
    def from_outputs(cls, stack_name: str, outputs: Mapping[str, str]) -> Self:
        """
        Read a stack's outputs.

        A construct embedded in someone else's stack has its path before each name, so endings
        count, as long as there is only one.

        Raises:
            InvalidConfig: An output is missing or ambiguous. Terminal.
        """

        def output(name: str, *, required: bool) -> str | None:
            found = [key for key in outputs if key == name] or [
                key for key in outputs if key.endswith(name)
            ]
            if len(found) > 1 or (required and not found):
                problem = "several outputs" if found else "no output"
                raise InvalidConfig(
                    f"stack {stack_name} has {problem} {name}; is it a fanreel stack? "
                    "Give the names one by one to RenderClient() otherwise",
                    stack_name=stack_name,
                )
            return outputs[found[0]] if found else None

        return cls(
            bucket=output(BUCKET, required=True) or "",
            state_machine_arn=output(STATE_MACHINE, required=True) or "",
            function_name=output(FUNCTION, required=False),
            log_group=output(LOG_GROUP, required=False),
            stack_name=stack_name,
            # Of stacks deployed before there was one there is nothing in it.
            function_names=read_json_object(output(FUNCTIONS, required=False)),
            settings=read_json_object(output(SETTINGS, required=False)),
        )


class Connection:
    """
    A deployment and the boto3 clients to reach it, each made on first use.

    Args:
        deployment: What to reach.
        session: Credentials and region; None takes boto3's defaults in the stack's region.
        endpoint_url: Where AWS is, for emulators; None also honours `AWS_ENDPOINT_URL`.
    """

    def __init__(
        self,
        deployment: Deployment,
        *,
        session: boto3.Session | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        self.deployment = deployment
        self.session = session or boto3.Session(region_name=deployment.region)
        self.endpoint_url = endpoint_url
        # Clients may be shared between threads, but a session makes only one at a time.
        self._making = threading.Lock()

    def _client(self, service: Any) -> Any:
        with aws_errors(f"connecting to {service}"), self._making:
            return self.session.client(
                service, region_name=self.deployment.region, endpoint_url=self.endpoint_url
            )

    @cached_property
    def store(self) -> S3ObjectStore:
        """What holds the render bucket."""
        with aws_errors("connecting to s3"), self._making:
            return S3ObjectStore(connect(self.session, self.endpoint_url))

    @cached_property
    def outputs(self) -> OutputStores:
        """What holds outputs, wherever they lie; keys of other services are read by need."""
        return output_stores(
            self.store, self.deployment.output_endpoints, self.session, self.endpoint_url
        )

    @cached_property
    def sfn(self) -> "SFNClient":
        """The client of the state machine."""
        client: SFNClient = self._client("stepfunctions")
        return client

    @cached_property
    def functions(self) -> "LambdaClient":
        """The client of the function."""
        client: LambdaClient = self._client("lambda")
        return client

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """The client of the function's log group."""
        client: CloudWatchLogsClient = self._client("logs")
        return client


def read_deployment(
    stack_name: str = DEFAULT_STACK,
    *,
    session: boto3.Session | None = None,
    endpoint_url: str | None = None,
) -> Deployment:
    """
    Look a deployed stack up in CloudFormation.

    Raises:
        InvalidConfig: There is no such stack, or it is not one of fanreel's. Terminal.
        StorageUnavailable: CloudFormation did not answer. Retryable.
    """
    session = session or boto3.Session()
    with aws_errors(f"looking up stack {stack_name}"), missing_stack(stack_name, session):
        client = session.client("cloudformation", endpoint_url=endpoint_url)
        stacks = client.describe_stacks(StackName=stack_name)["Stacks"]
    outputs = {
        item["OutputKey"]: item["OutputValue"]
        for item in stacks[0].get("Outputs", [])
        if "OutputKey" in item and "OutputValue" in item
    }
    return Deployment.from_outputs(stack_name, outputs)


@contextmanager
def missing_stack(stack_name: str, session: boto3.Session) -> Iterator[None]:
    """Say of a stack that is not there how to get one."""
    try:
        yield
    except ClientError as exc:
        if error_code(exc) != "ValidationError":
            raise
        raise InvalidConfig(
            f"there is no stack {stack_name!r} in {session.region_name}; deploy it with "
            "`fanreel lambda deploy`, or name another one with --stack",
            stack_name=stack_name,
        ) from exc
