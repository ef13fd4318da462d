"""A signed webhook: from `Render Finished` over a queue to a URL, with dead letters."""

from pathlib import Path

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk.acknowledging import acknowledge
from cdk.log_group import log_group
from cdk.rights import log_rights
from fanreel.aws.deploy.stack_settings import Settings
from statemachine.announcement import DETAIL_TYPE, SOURCE

_SOURCE = Path(__file__).parents[1] / "handler" / "webhook.py"
_TIMEOUT = Duration.seconds(30)
_PAUSE = Duration.minutes(3)
ATTEMPTS = 10


class Webhook(Construct):
    """Posts the end of each render of one machine to `settings.webhook_url`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, machine: sfn.StateMachine
    ) -> None:
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description=f"Signs the webhook of {Stack.of(self).stack_name}",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
        )
        acknowledge(
            self.secret,
            "AwsSolutions-SMG4",
            "Whoever receives the webhook holds the same key, so both change it together.",
        )
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # What fails becomes visible again, and is tried again, after so long.
            visibility_timeout=_PAUSE,
            dead_letter_queue=sqs.DeadLetterQueue(
                max_receive_count=ATTEMPTS, queue=self.dead_letters
            ),
        )
        events.Rule(
            self,
            "Finished",
            description=f"Renders that ended, of {Stack.of(self).stack_name}",
            event_pattern=events.EventPattern(
                source=[SOURCE],
                detail_type=[DETAIL_TYPE],
                detail={"ExecutionArn": events.Match.prefix(_executions_of(machine))},
            ),
            targets=[targets.SqsQueue(queue)],
        )
        function = self._function(settings)
        function.add_event_source(
            sources.SqsEventSource(queue, batch_size=1, report_batch_item_failures=True)
        )

    def _function(self, settings: Settings) -> lambda_.Function:
        group = log_group(self, settings)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        iam.Policy(
            self,
            "Rights",
            roles=[role],
            statements=[
                *log_rights(group),
                iam.PolicyStatement(
                    sid="Sign",
                    actions=["secretsmanager:GetSecretValue"],
                    resources=[self.secret.secret_arn],
                ),
            ],
        )
        return lambda_.Function(
            self,
            "Resource",
            description="fanreel: tell a URL of renders that ended",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler="index.handler",
            code=lambda_.Code.from_inline(_SOURCE.read_text()),
            memory_size=128,
            timeout=_TIMEOUT,
            role=role,
            log_group=group,
            environment={
                "WEBHOOK_URL": settings.webhook_url or "",
                "WEBHOOK_SECRET_ARN": self.secret.secret_arn,
            },
        )


def _executions_of(machine: sfn.StateMachine) -> str:
    arn = Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=machine.state_machine_name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return f"{arn}:"
