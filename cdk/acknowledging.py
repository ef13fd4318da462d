"""Findings of cdk-nag that are accepted: each one by itself, each with its reason."""

from collections.abc import Iterable

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept one finding on *construct* and below."""
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))


def acknowledge_wildcards(construct: IConstruct, resources: Iterable[str], reason: str) -> None:
    """
    Accept resources with a wildcard in the policies on *construct* and below.

    cdk-nag writes references in *resources* as `<LogicalId.Attribute>`.
    """
    for resource in resources:
        acknowledge(construct, f"AwsSolutions-IAM5[Resource::{resource}]", reason)


def reference(construct: IConstruct, attribute: str) -> str:
    """Write a reference to an attribute of *construct*'s resource as cdk-nag does."""
    resource = construct.node.default_child
    assert isinstance(resource, CfnElement)  # noqa: S101 (for the type checker)
    stack = Stack.of(construct)
    return f"<{stack.resolve(stack.get_logical_id(resource))}.{attribute}>"
