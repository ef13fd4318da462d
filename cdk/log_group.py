"""Log groups with the deployment's retention."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from fanreel.aws.deploy.stack_settings import Settings


def log_group(scope: Construct, settings: Settings, name: str | None = None) -> logs.LogGroup:
    """Make a log group, deleted with the stack; *name* where AWS wants a certain one."""
    group = logs.LogGroup(
        scope, "LogGroup", log_group_name=name, removal_policy=RemovalPolicy.DESTROY
    )
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 (for the type checker)
    resource.retention_in_days = settings.log_retention_days
    return group
