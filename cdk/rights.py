"""What the function's role may do, action by action; everything else it may not."""

from collections.abc import Iterable, Sequence

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from fanreel.aws.deploy.policies import KEYS_ELSEWHERE
from fanreel.storage.endpoints import OutputEndpoint
from fanreel.storage.layout import BLOBS, OUTPUTS, RENDERS, SEGMENTS, SITES

READ = (SITES, BLOBS, RENDERS, SEGMENTS, OUTPUTS)
WRITTEN = (BLOBS, RENDERS, SEGMENTS, OUTPUTS)
"""
Prefixes of the bucket that the function reads, and those it writes; it deletes nothing.

Of outputs it reads back what it has just put in parts, for its digest.
"""


def bucket_rights(bucket: s3.IBucket, key: kms.IKey | None) -> list[iam.PolicyStatement]:
    """Return the rights on the bucket's prefixes, and on the key that encrypts it."""

    def objects(prefixes: tuple[str, ...]) -> list[str]:
        return [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]

    listed = [f"{prefix}*" for prefix in READ]
    statements = [
        iam.PolicyStatement(sid="Read", actions=["s3:GetObject"], resources=objects(READ)),
        iam.PolicyStatement(
            sid="Write",
            actions=["s3:PutObject", "s3:AbortMultipartUpload"],
            resources=objects(WRITTEN),
        ),
        # Of `Output.Tags`, and of the one by which a video expires.
        iam.PolicyStatement(
            sid="Tag", actions=["s3:PutObjectTagging"], resources=objects((OUTPUTS,))
        ),
        # With the right to list, a missing object is "not found" instead of "forbidden". Asking
        # for one object carries no prefix, hence IfExists.
        iam.PolicyStatement(
            sid="List",
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLikeIfExists": {"s3:prefix": listed}},
        ),
    ]
    if key is not None:
        statements.append(
            iam.PolicyStatement(
                sid="Key", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn]
            )
        )
    return statements


def objects_below(places: Iterable[str]) -> list[str]:
    """Return the ARNs of all objects in *places*, `bucket` or `bucket/prefix` each."""
    return [f"arn:{Aws.PARTITION}:s3:::{place.rstrip('/')}/*" for place in sorted(places)]


def output_rights(places: Sequence[str]) -> list[iam.PolicyStatement]:
    """Return the rights on other buckets, where outputs may go."""
    if not places:
        return []
    return [
        iam.PolicyStatement(
            sid="WriteElsewhere",
            actions=[
                "s3:GetObject",
                "s3:PutObject",
                "s3:PutObjectTagging",
                "s3:AbortMultipartUpload",
            ],
            resources=objects_below(places),
        ),
        _listing("ListElsewhere", places),
    ]


def secret_rights(
    scope: Construct, endpoints: Iterable[OutputEndpoint]
) -> list[iam.PolicyStatement]:
    """Return the right to read the keys of other services' buckets, where outputs may go."""
    arns = [
        Stack.of(scope).format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{endpoint.secret}-??????",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for endpoint in endpoints
    ]
    if not arns:
        return []
    return [
        iam.PolicyStatement(
            sid=KEYS_ELSEWHERE,
            actions=["secretsmanager:GetSecretValue"],
            resources=sorted(set(arns)),
        )
    ]


def project_rights(places: Sequence[str]) -> list[iam.PolicyStatement]:
    """Return the rights on other buckets, where archives of projects may come from."""
    if not places:
        return []
    return [
        iam.PolicyStatement(
            sid="ReadElsewhere", actions=["s3:GetObject"], resources=objects_below(places)
        ),
        _listing("LookElsewhere", places),
    ]


def _listing(sid: str, places: Sequence[str]) -> iam.PolicyStatement:
    split = [place.rstrip("/").partition("/") for place in places]
    return iam.PolicyStatement(
        sid=sid,
        actions=["s3:ListBucket"],
        resources=[f"arn:{Aws.PARTITION}:s3:::{bucket}" for bucket, _, _ in split],
        conditions={
            "StringLikeIfExists": {
                "s3:prefix": [f"{prefix}/*" if prefix else "*" for _, _, prefix in split]
            }
        },
    )


def log_rights(group: logs.ILogGroup) -> list[iam.PolicyStatement]:
    """Return the right to write logs; CDK adds the one to write traces."""
    return [
        iam.PolicyStatement(
            sid="Log",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[group.log_group_arn],
        )
    ]


def network_rights() -> list[iam.PolicyStatement]:
    """Return what Lambda needs to attach a function to a VPC; EC2 knows no resources here."""
    actions = (
        "CreateNetworkInterface",
        "DescribeNetworkInterfaces",
        "DescribeSubnets",
        "DeleteNetworkInterface",
        "AssignPrivateIpAddresses",
        "UnassignPrivateIpAddresses",
    )
    return [
        iam.PolicyStatement(
            sid="Network", actions=[f"ec2:{action}" for action in actions], resources=["*"]
        )
    ]
