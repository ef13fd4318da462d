"""What CloudFormation knows of a stack besides its outputs, and of what `cdk bootstrap` made."""

import boto3
from botocore.exceptions import ClientError

from fanreel.aws.client.deployment import missing_stack
from fanreel.aws.deploy.templates import Place
from fanreel.aws.storage.failures import aws_errors, error_code

BOOTSTRAP_STACK = "CDKToolkit"
"""What `cdk bootstrap` makes, by its default name."""


def is_bootstrapped(session: boto3.Session, *, endpoint_url: str | None = None) -> bool:
    """
    Tell whether `cdk bootstrap` has been run in the account and region.

    Raises as `read_deployment()`.
    """
    with aws_errors(f"looking up stack {BOOTSTRAP_STACK}"):
        client = session.client("cloudformation", endpoint_url=endpoint_url)
        try:
            stack = client.describe_stacks(StackName=BOOTSTRAP_STACK)["Stacks"][0]
        except ClientError as exc:
            if error_code(exc) != "ValidationError":
                raise
            return False
    return stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def read_physical_ids(
    stack_name: str,
    *,
    session: boto3.Session | None = None,
    endpoint_url: str | None = None,
) -> tuple[Place, dict[str, str]]:
    """Return where a stack is and the names of its resources. Raises as `read_deployment()`."""
    session = session or boto3.Session()
    with aws_errors(f"listing the resources of {stack_name}"), missing_stack(stack_name, session):
        client = session.client("cloudformation", endpoint_url=endpoint_url)
        stack_id = client.describe_stacks(StackName=stack_name)["Stacks"][0].get("StackId", "")
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack_name)
        names = {
            item["LogicalResourceId"]: item["PhysicalResourceId"]
            for page in pages
            for item in page["StackResourceSummaries"]
            if "PhysicalResourceId" in item
        }
    # arn:partition:cloudformation:region:account:stack/name/uuid
    _, partition, _, region, account, *_ = stack_id.split(":")
    place = Place(stack_name=stack_name, partition=partition, region=region, account=account)
    return place, names
