"""`Render Finished`: a small event on the default bus for every render that ends, however."""

import json

from aws_cdk import Duration, Names, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk.acknowledging import acknowledge_wildcards
from cdk.log_group import log_group
from cdk.settings import Settings
from cdk.workflow import LOG_PREFIX, TRACES_AND_LOGS
from statemachine.announcement import OUTCOMES, announcement

DETAIL = {
    "RenderId": "$.detail.name",
    "Status": "$.detail.status",
    "ExecutionArn": "$.detail.executionArn",
    "StartedAtMs": "$.detail.startDate",
    "StoppedAtMs": "$.detail.stopDate",
    "Output": "$.detail.output",
    "Error": "$.detail.error",
}
"""The event's detail, and where Step Functions' own event has it."""


class Announcement(Construct):
    """A rule on the machine's ended executions, and the machine that puts the event."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, machine: sfn.IStateMachine
    ) -> None:
        super().__init__(scope, construct_id)
        bus = events.EventBus.from_event_bus_name(self, "Bus", "default")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        rights = iam.Policy(
            self,
            "Rights",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    sid="Announce", actions=["events:PutEvents"], resources=[bus.event_bus_arn]
                )
            ],
        )
        announcer = sfn.StateMachine(
            self,
            "Resource",
            state_machine_type=sfn.StateMachineType.EXPRESS,
            definition_body=sfn.DefinitionBody.from_string(json.dumps(announcement())),
            definition_substitutions={"EventBus": bus.event_bus_arn},
            role=role,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group(
                    self, settings, LOG_PREFIX + Names.unique_resource_name(self)
                ),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        announcer.node.add_dependency(rights)
        self.rule = events.Rule(
            self,
            "RenderEnded",
            description=f"Ended renders of {Stack.of(self).stack_name}",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [machine.state_machine_arn],
                    "status": list(OUTCOMES),
                },
            ),
            targets=[
                targets.SfnStateMachine(
                    announcer,
                    input=events.RuleTargetInput.from_object(
                        {name: events.EventField.from_path(path) for name, path in DETAIL.items()}
                    ),
                    max_event_age=Duration.hours(1),
                    retry_attempts=10,
                )
            ],
        )
        acknowledge_wildcards(role, ["*"], TRACES_AND_LOGS)
