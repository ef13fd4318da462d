"""All of a deployment as one construct: composes the parts and grants what each may do."""

import json

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.announcement import Announcement
from cdk.bucket import render_bucket
from cdk.function import RenderFunction
from cdk.monitoring import Monitoring
from cdk.webhook import Webhook
from cdk.workflow import Workflow
from fanreel.aws.client.deployment import (
    BUCKET,
    FUNCTION,
    FUNCTIONS,
    LOG_GROUP,
    SETTINGS,
    STATE_MACHINE,
)
from fanreel.aws.deploy.stack_settings import Settings


class RenderService(Construct):
    """
    Bucket, functions, state machine, announcement, alarms and, if wanted, a dashboard.

    Args:
        settings: What to choose; None takes the defaults.
        image: The image of the settings' architecture, if not theirs: say, one asset shared by
            stages.
        vpc: A network of the app, instead of the ids in *settings*.
        output_prefix: Goes before the names of the stack's outputs, so that one stack can hold
            several services; None takes the construct's id.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings | None = None,
        image: lambda_.DockerImageCode | None = None,
        vpc: ec2.IVpc | None = None,
        output_prefix: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = settings or Settings()
        key = (
            kms.Key.from_key_arn(self, "Key", settings.kms_key_arn)
            if settings.kms_key_arn
            else None
        )
        self.bucket = render_bucket(self, settings, key)
        self.function = RenderFunction(
            self, "Function", settings=settings, bucket=self.bucket, key=key, image=image, vpc=vpc
        )
        self.workflow = Workflow(
            self,
            "Workflow",
            settings=settings,
            function=self.function.function,
            choices=self.function.choices,
            bucket=self.bucket,
        )
        self.announcement = Announcement(
            self,
            "Announcement",
            settings=settings,
            machine=self.workflow.machine,
            bucket=self.bucket,
            key=key,
        )
        self.monitoring = Monitoring(
            self,
            "Monitoring",
            settings=settings,
            functions=[self.function.function, *self.function.choices.values()],
            machine=self.workflow.machine,
            faults=self.announcement.faults_rule,
        )
        outputs = {
            BUCKET: self.bucket.bucket_name,
            FUNCTION: self.function.function.function_name,
            STATE_MACHINE: self.workflow.machine.state_machine_arn,
            LOG_GROUP: self.function.log_group.log_group_name,
            "AlarmTopicArn": self.monitoring.topic.topic_arn,
            "Region": Stack.of(self).region,
            # So that the next deployment starts from what this one chose.
            SETTINGS: json.dumps(settings.to_json(), separators=(",", ":")),
        }
        if self.function.choices:
            names = {name: one.function_name for name, one in self.function.choices.items()}
            outputs[FUNCTIONS] = json.dumps(names, separators=(",", ":"))
        if settings.webhook_url:
            self.webhook = Webhook(
                self, "Webhook", settings=settings, machine=self.workflow.machine
            )
            outputs["WebhookSecretArn"] = self.webhook.secret.secret_arn
            outputs["WebhookDeadLettersUrl"] = self.webhook.dead_letters.queue_url
        prefix = construct_id if output_prefix is None else output_prefix
        for name, value in outputs.items():
            # Otherwise a hash follows the name, and nobody could look it up.
            CfnOutput(self, f"{name}Output", value=value).override_logical_id(f"{prefix}{name}")
