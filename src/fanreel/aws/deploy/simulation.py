"""What IAM itself says of the caller's rights."""

from collections.abc import Sequence
from typing import Any

import boto3
from botocore.exceptions import ClientError

from fanreel.aws.deploy.rights import Right
from fanreel.aws.storage.failures import aws_errors


def refused_rights(
    rights: Sequence[Right], session: boto3.Session, *, endpoint_url: str | None = None
) -> list[Right]:
    """
    Return those of *rights* that the caller does not have, by IAM's policy simulator.

    The caller needs `iam:SimulatePrincipalPolicy` on itself for the question, and `iam:GetRole`
    where its role has a path.

    Raises:
        InvalidConfig: IAM refuses to tell. Terminal.
        StorageUnavailable: AWS did not answer. Retryable.
    """
    with aws_errors("asking IAM for the caller's rights"):
        caller = session.client("sts", endpoint_url=endpoint_url).get_caller_identity()["Arn"]
        iam = session.client("iam", endpoint_url=endpoint_url)
        source = policy_source(caller, iam)
        refused = []
        for right in rights:
            answer = iam.simulate_principal_policy(
                PolicySourceArn=source,
                ActionNames=[right.action],
                ResourceArns=[right.resource],
            )
            if answer["EvaluationResults"][0]["EvalDecision"] != "allowed":
                refused.append(right)
    return refused


def policy_source(caller_arn: str, iam: Any) -> str:
    """
    Return the ARN that the simulator knows a caller by.

    A role's session has lost the role's path, which those of Identity Center have
    (`/aws-reserved/sso.amazonaws.com/eu-west-1/`), so IAM is asked for the role. Who may not ask
    gets the ARN without a path.
    """
    head, _, tail = caller_arn.partition(":assumed-role/")
    if not tail:
        return caller_arn
    name = tail.split("/")[0]
    try:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    except ClientError:
        return f"{head.replace(':sts:', ':iam:')}:role/{name}"
