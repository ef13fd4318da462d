"""What IAM itself says of the caller's rights."""

from collections.abc import Sequence

import boto3

from fanreel.aws.deployment import aws_errors
from fanreel.aws.rights import Right


def refused_rights(
    rights: Sequence[Right], session: boto3.Session, *, endpoint_url: str | None = None
) -> list[Right]:
    """
    Give those of *rights* that the caller does not have, by IAM's policy simulator.

    The caller needs `iam:SimulatePrincipalPolicy` on itself for the question.

    Raises:
        InvalidConfig: IAM refuses to tell. Terminal.
        StorageUnavailable: AWS did not answer. Retryable.
    """
    with aws_errors("asking IAM for the caller's rights"):
        caller = session.client("sts", endpoint_url=endpoint_url).get_caller_identity()["Arn"]
        iam = session.client("iam", endpoint_url=endpoint_url)
        refused = []
        for right in rights:
            answer = iam.simulate_principal_policy(
                PolicySourceArn=role_of(caller),
                ActionNames=[right.action],
                ResourceArns=[right.resource],
            )
            if answer["EvaluationResults"][0]["EvalDecision"] != "allowed":
                refused.append(right)
    return refused


def role_of(caller_arn: str) -> str:
    """
    Give the ARN that the simulator knows a caller by.

    >>> role_of("arn:aws:sts::123456789012:assumed-role/backend/session")
    'arn:aws:iam::123456789012:role/backend'
    """
    head, _, tail = caller_arn.partition(":assumed-role/")
    if not tail:
        return caller_arn
    return f"{head.replace(':sts:', ':iam:')}:role/{tail.split('/')[0]}"
