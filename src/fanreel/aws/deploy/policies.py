"""
IAM policies, written from the synthesised template: for who renders, and what the roles hold.

Every statement names its resources; the few actions that know none are those of AWS itself
(X-Ray, log delivery), and stand in the template with their reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fanreel.aws.client.deployment import (
    BUCKET,
    FUNCTION,
    FUNCTIONS,
    LOG_GROUP,
    STATE_MACHINE,
)
from fanreel.aws.deploy.templates import Template
from fanreel.storage import layout

VERSION = "2012-10-17"
KEYS_ELSEWHERE = "KeysElsewhere"
"""Statement of the secrets with the keys of other services' buckets (`output_endpoints`)."""

Statement = dict[str, Any]
Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePolicy:
    """
    One role of the stack: who may take it, and what it then may do.

    `managed` are AWS's own policies by ARN; `granted` is what a bucket's policy lets it do there.
    """

    role: str
    principal: str
    trust: Document
    policy: Document
    managed: tuple[str, ...] = ()
    granted: tuple[Statement, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; the documents are IAM's own."""
        return {
            "Role": self.role,
            "Principal": self.principal,
            "TrustRelationship": self.trust,
            "InlinePolicy": self.policy,
            "ManagedPolicyArns": list(self.managed),
            "GrantedByBucket": list(self.granted),
        }


def document(statements: Iterable[Statement]) -> Document:
    """Return a policy document."""
    return {"Version": VERSION, "Statement": list(statements)}


def allow(sid: str, actions: list[str], resources: list[str], **rest: Any) -> Statement:
    """Return a statement that allows *actions* on *resources*."""
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources} | rest


def user_policy(template: Template) -> Document:
    """Return what whoever uses `RenderClient`, the CLI or `StartExecution` needs."""
    bucket = template.arn(template.output_resource(BUCKET))
    machine = template.arn(template.output_resource(STATE_MACHINE))
    executions = machine.replace(":stateMachine:", ":execution:") + ":*"
    place = template.place
    stack = f"arn:{place.partition}:cloudformation:{place.region}:{place.account}:stack"

    def objects(*prefixes: str) -> list[str]:
        return [f"{bucket}/{prefix}*" for prefix in prefixes]

    used = (layout.SITES, layout.RENDERS, layout.OUTPUTS)
    # Asking for one object carries no prefix, hence IfExists; without the right to list, a missing
    # object would be "forbidden" instead of "not found".
    listed = {"StringLikeIfExists": {"s3:prefix": [f"{prefix}*" for prefix in used]}}
    statements = [
        allow("Find", ["cloudformation:DescribeStacks"], [f"{stack}/{place.stack_name}/*"]),
        allow("Start", ["states:StartExecution", "states:ListExecutions"], [machine]),
        allow(
            "Watch",
            [
                "states:DescribeExecution",
                "states:StopExecution",
                "states:RedriveExecution",
                "states:GetExecutionHistory",  # what `redrive` asks first
            ],
            [executions],
        ),
        allow("List", ["s3:ListBucket"], [bucket], Condition=listed),
        allow(
            "Upload",
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            objects(layout.SITES, layout.RENDERS),
        ),
        allow("Fetch", ["s3:GetObject", "s3:DeleteObject"], objects(layout.OUTPUTS)),
        allow(
            "Function",  # its size and price; a still is one invocation
            ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"],
            [
                template.arn(logical_id)
                for output in (FUNCTION, FUNCTIONS)
                for logical_id in template.output_resources(output)
            ],
        ),
        allow(
            "Logs",
            ["logs:FilterLogEvents"],
            [template.arn(template.output_resource(LOG_GROUP))],
        ),
    ]
    secrets = list(_secrets_elsewhere(template))
    if secrets:
        statements.append(allow(KEYS_ELSEWHERE, ["secretsmanager:GetSecretValue"], secrets))
    keys = list(_bucket_keys(template))
    if keys:
        statements.append(allow("Key", ["kms:Decrypt", "kms:GenerateDataKey"], keys))
    return document(statements)


def _secrets_elsewhere(template: Template) -> Iterator[str]:
    """Yield the secrets that the function reads to put outputs elsewhere."""
    for role in role_policies(template):
        for statement in role.policy["Statement"]:
            if statement.get("Sid") == KEYS_ELSEWHERE:
                resources = statement["Resource"]
                yield from resources if isinstance(resources, list) else [resources]


def _bucket_keys(template: Template) -> Iterator[str]:
    for _, properties in template.of_type("AWS::S3::Bucket"):
        rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
        for rule in rules:
            key = rule.get("ServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
            if key is not None:
                yield str(template.resolve(key))


def role_policies(template: Template) -> list[RolePolicy]:
    """Return every role of the stack, with all its policies merged."""
    attached: dict[str, list[Statement]] = {}
    for _, properties in template.of_type("AWS::IAM::Policy"):
        statements = template.resolve(properties["PolicyDocument"])["Statement"]
        for role in properties.get("Roles", []):
            attached.setdefault(role["Ref"], []).extend(statements)
    found = []
    for logical_id, properties in template.of_type("AWS::IAM::Role"):
        trust = template.resolve(properties["AssumeRolePolicyDocument"])
        inline = [
            statement
            for policy in properties.get("Policies", [])
            for statement in template.resolve(policy["PolicyDocument"])["Statement"]
        ]
        found.append(
            RolePolicy(
                role=logical_id,
                principal=str(trust["Statement"][0]["Principal"].get("Service", "")),
                trust=trust,
                policy=document([*inline, *attached.get(logical_id, [])]),
                managed=tuple(template.resolve(properties.get("ManagedPolicyArns", []))),
                granted=tuple(_granted_by_buckets(template, template.arn(logical_id))),
            )
        )
    return found


def _granted_by_buckets(template: Template, role_arn: str) -> Iterator[Statement]:
    for _, properties in template.of_type("AWS::S3::BucketPolicy"):
        for statement in template.resolve(properties["PolicyDocument"])["Statement"]:
            principal = statement.get("Principal")
            named = principal.get("AWS", []) if isinstance(principal, dict) else []
            if role_arn in (named if isinstance(named, list) else [named]):
                yield {key: value for key, value in statement.items() if key != "Principal"}


def service_trust(service: str) -> Document:
    """Return the trust of a role that *service* may take."""
    principal = {"Service": service}
    return document([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}])
