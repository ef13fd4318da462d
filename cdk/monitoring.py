"""Alarms that notify, and if wanted a dashboard."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from fanreel.aws.deploy.stack_settings import Settings

NEAR_LIMIT = 0.98
"""A worker stops itself well before Lambda's time-out; one that comes this near did not."""
THROTTLES_PER_5_MIN = 10

_FIVE_MINUTES = Duration.minutes(5)


class Monitoring(Construct):
    """Watches the functions and one state machine."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        functions: Sequence[lambda_.IFunction],
        machine: sfn.StateMachine,
        faults: events.Rule,
    ) -> None:
        super().__init__(scope, construct_id)
        self._functions, self._machine = functions, machine
        self.topic = self._topic()
        if settings.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))
        self.alarms = [
            self._alarm(
                "RendersFailed",
                "A render failed or ran out of time, and not through its input: "
                "`fanreel lambda ls --status FAILED`.",
                cloudwatch.Metric(
                    namespace="AWS/Events",
                    metric_name="Invocations",
                    dimensions_map={"RuleName": faults.rule_name},
                    statistic="Sum",
                    period=_FIVE_MINUTES,
                ),
            ),
            self._alarm(
                "Throttled",
                "Lambda refuses workers for 15 minutes: renders take longer. Raise the account's "
                "concurrency, or lower max_concurrency.",
                _of_all(functions, "Throttles", "Sum", _FIVE_MINUTES),
                threshold=THROTTLES_PER_5_MIN,
                periods=3,
            ),
            self._alarm(
                "RunawayInvocations",
                "More invocations in an hour than the deployment expects.",
                _of_all(functions, "Invocations", "Sum", Duration.hours(1)),
                threshold=settings.max_invocations_per_hour,
            ),
            self._alarm(
                "DurationNearLimit",
                "A worker nearly ran into Lambda's time-out instead of stopping before it.",
                _of_all(functions, "Duration", "Maximum", _FIVE_MINUTES),
                threshold=NEAR_LIMIT * settings.timeout_s * 1000,
            ),
        ]
        if settings.dashboard:
            self._dashboard()

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Topic", enforce_ssl=True)
        # A topic with a policy of its own has lost the default one, which lets the account publish.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsMayPublish",
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        return topic

    def _alarm(
        self,
        name: str,
        description: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float = 1,
        periods: int = 1,
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm

    def _dashboard(self) -> None:
        functions, machine = self._functions, self._machine
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.days(1),
            widgets=[
                [cloudwatch.AlarmStatusWidget(alarms=self.alarms, width=24, height=3)],
                [
                    _graph(
                        "Renders",
                        machine.metric_started(statistic="Sum"),
                        machine.metric_succeeded(statistic="Sum"),
                        machine.metric_failed(statistic="Sum"),
                        machine.metric_aborted(statistic="Sum"),
                    ),
                    _graph(
                        "Time per render",
                        machine.metric_time(statistic="p50"),
                        machine.metric_time(statistic="Maximum"),
                    ),
                ],
                [
                    _graph(
                        "Invocations",
                        *(function.metric_invocations() for function in functions),
                        *(function.metric_errors() for function in functions),
                        *(function.metric_throttles() for function in functions),
                    ),
                    _graph(
                        "Time per invocation",
                        *(function.metric_duration(statistic="p50") for function in functions),
                        *(function.metric_duration(statistic="Maximum") for function in functions),
                    ),
                    _graph(
                        "Workers at once",
                        *(
                            function.metric("ConcurrentExecutions", statistic="Maximum")
                            for function in functions
                        ),
                    ),
                ],
            ],
        )


def _of_all(
    functions: Sequence[lambda_.IFunction], name: str, statistic: str, period: Duration
) -> cloudwatch.IMetric:
    """Return a metric of the functions together: their sum, or the largest."""
    metrics = [function.metric(name, statistic=statistic, period=period) for function in functions]
    if len(metrics) == 1:
        return metrics[0]
    return cloudwatch.MathExpression(
        expression="SUM(METRICS())" if statistic == "Sum" else "MAX(METRICS())",
        using_metrics={f"m{number}": metric for number, metric in enumerate(metrics)},
        label=name,
        period=period,
    )


def _graph(title: str, *metrics: cloudwatch.Metric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
