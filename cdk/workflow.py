"""The state machine, its logs, and a role that may invoke the functions."""

import json
from collections.abc import Mapping

from aws_cdk import ArnFormat, Names, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk.acknowledging import acknowledge_wildcards, reference
from cdk.log_group import log_group
from fanreel.aws.deploy.stack_settings import Settings
from statemachine.definition import arn_variable, definition

LOG_PREFIX = "/aws/vendedlogs/states/"
"""Under this prefix log deliveries need no entry in the account's one, size-limited policy."""

TRACES_AND_LOGS = "X-Ray and CloudWatch log deliveries, which know no resources."


class Workflow(Construct):
    """Runs one execution per render."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        function: lambda_.IFunction,
        choices: Mapping[str, lambda_.IFunction],
        bucket: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = log_group(self, settings, LOG_PREFIX + Names.unique_resource_name(self))
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        functions = dict([(None, function), *choices.items()])
        rights = iam.Policy(
            self,
            "Rights",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(
                    sid="Invoke",
                    actions=["lambda:InvokeFunction"],
                    resources=[one.function_arn for one in functions.values()],
                )
            ],
        )
        self.machine = sfn.StateMachine(
            self,
            "Resource",
            definition_body=sfn.DefinitionBody.from_string(
                json.dumps(definition(settings=settings))
            ),
            definition_substitutions={
                **{arn_variable(name): one.function_arn for name, one in functions.items()},
                "RenderBucketName": bucket.bucket_name,
            },
            role=self.role,
            tracing_enabled=True,
            # Without the data: variables of a composition may be personal, logs are kept apart.
            logs=sfn.LogOptions(
                destination=self.log_group, level=sfn.LogLevel.ALL, include_execution_data=False
            ),
        )
        self.machine.node.add_dependency(rights)
        # A policy of its own: it names the machine, which cannot exist before its role does.
        children = iam.Policy(
            self, "RightsOnChildren", roles=[self.role], statements=self._rights_on_children()
        )
        acknowledge_wildcards(self.role, ["*"], TRACES_AND_LOGS)
        executions = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution"
        map_runs = executions.removesuffix("execution") + "mapRun"
        name = reference(self.machine, "Name")
        acknowledge_wildcards(
            children,
            [f"{executions}:{name}:*", f"{executions}:{name}/*", f"{map_runs}:{name}/*"],
            "Executions and Map runs of this machine; Step Functions makes up their names.",
        )

    def _rights_on_children(self) -> list[iam.PolicyStatement]:
        """Return what a distributed Map needs to run and redrive its child executions."""
        name = self.machine.state_machine_name

        def arn(resource: str, of: str) -> str:
            return Stack.of(self).format_arn(
                service="states",
                resource=resource,
                resource_name=of,
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )

        def executions(of: str) -> str:
            return arn("execution", of)

        return [
            iam.PolicyStatement(
                sid="StartChildren",
                actions=["states:StartExecution"],
                resources=[self.machine.state_machine_arn],
            ),
            iam.PolicyStatement(
                sid="WatchChildren",
                actions=["states:DescribeExecution", "states:StopExecution"],
                resources=[executions(f"{name}:*")],
            ),
            iam.PolicyStatement(
                sid="RedriveChildren",
                actions=["states:RedriveExecution"],
                resources=[executions(f"{name}/*")],
            ),
            # To raise a failed chunk's code again: see statemachine/chunk_failures.py.
            iam.PolicyStatement(
                sid="FindMapRun",
                actions=["states:ListMapRuns"],
                resources=[executions(f"{name}:*")],
            ),
            iam.PolicyStatement(
                sid="FindFailedChunk",
                actions=["states:ListExecutions"],
                resources=[arn("mapRun", f"{name}/*")],
            ),
            iam.PolicyStatement(
                sid="ReadFailedChunk",
                actions=["states:DescribeExecution"],
                resources=[executions(f"{name}/*")],
            ),
        ]
