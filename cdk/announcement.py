"""`Render Finished`: a small event on the default bus for every render that ends, however."""

import json
from typing import Any

from aws_cdk import Duration, Names, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk.acknowledging import acknowledge_wildcards, reference
from cdk.log_group import log_group
from cdk.workflow import LOG_PREFIX, TRACES_AND_LOGS
from fanreel.aws.deploy.stack_settings import Settings
from fanreel.errors import CALLER_CODES
from fanreel.storage.layout import PROGRESS_DOCUMENT, RENDERS
from statemachine.announcement import OUTCOMES, announcement

_FAULTS = ("FAILED", "TIMED_OUT")
_DOCUMENTS = f"{RENDERS}*/{PROGRESS_DOCUMENT}"


def _publishing_rights(bucket: s3.IBucket, key: kms.IKey | None) -> list[iam.PolicyStatement]:
    statements = [
        iam.PolicyStatement(
            sid="Publish",
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects(_DOCUMENTS)],
        )
    ]
    if key is not None:
        statements.append(
            iam.PolicyStatement(sid="Key", actions=["kms:GenerateDataKey"], resources=[key.key_arn])
        )
    return statements


class Announcement(Construct):
    """
    Two rules on the machine's ended executions, and the machine that puts the event.

    Each end is matched by one of them: apart, because an alarm counts how often the second matches.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        machine: sfn.IStateMachine,
        bucket: s3.IBucket,
        key: kms.IKey | None,
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
                ),
                *(_publishing_rights(bucket, key) if settings.progress_document else ()),
            ],
        )
        substitutions = {"EventBus": bus.event_bus_arn}
        if settings.progress_document:
            substitutions["RenderBucketName"] = bucket.bucket_name
            acknowledge_wildcards(
                rights,
                [f"{reference(bucket, 'Arn')}/{_DOCUMENTS}"],
                "The progress documents of all renders.",
            )
        announcer = sfn.StateMachine(
            self,
            "Resource",
            state_machine_type=sfn.StateMachineType.EXPRESS,
            definition_body=sfn.DefinitionBody.from_string(
                json.dumps(
                    announcement(
                        bucket_name="${RenderBucketName}" if settings.progress_document else None
                    )
                )
            ),
            definition_substitutions=substitutions,
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
        self._machine, self._announcer = machine, announcer
        self._rule(
            "RenderEnded",
            "Renders that ended as they should, or through their input",
            {
                "$or": [
                    {"status": [status for status in OUTCOMES if status not in _FAULTS]},
                    # EventBridge tells null and a field that is not there apart.
                    {"status": ["FAILED"], "error": [*CALLER_CODES, None, {"exists": False}]},
                ]
            },
        )
        self.faults_rule = self._rule(
            "RenderFault",
            "Renders that ended through a fault of the deployment",
            {
                "$or": [
                    {"status": ["TIMED_OUT"]},
                    {"status": ["FAILED"], "error": [{"anything-but": list(CALLER_CODES)}]},
                ]
            },
        )
        acknowledge_wildcards(role, ["*"], TRACES_AND_LOGS)

    def _rule(self, construct_id: str, what: str, detail: dict[str, Any]) -> events.Rule:
        """Announce those ended executions that match *detail*."""
        return events.Rule(
            self,
            construct_id,
            description=f"{what}, of {Stack.of(self).stack_name}",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [self._machine.state_machine_arn], **detail},
            ),
            targets=[
                targets.SfnStateMachine(
                    self._announcer,
                    input=events.RuleTargetInput.from_event_path("$.detail"),
                    max_event_age=Duration.hours(1),
                    retry_attempts=10,
                )
            ],
        )
