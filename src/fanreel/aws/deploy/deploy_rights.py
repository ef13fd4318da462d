"""What CloudFormation needs to deploy the template, type by type of its resources."""

from fanreel.aws.deploy.deployed import BOOTSTRAP_STACK
from fanreel.aws.deploy.policies import Document, allow, document
from fanreel.aws.deploy.templates import Template
from fanreel.errors import InvalidConfig

BOOTSTRAP_QUALIFIER = "hnb659fds"
"""CDK's default; the roles of `cdk bootstrap` carry it in their names."""

# What CloudFormation does to create, change and delete a resource of each type.
_DEPLOY_ACTIONS: dict[str, tuple[str, ...]] = {
    "AWS::S3::Bucket": (
        "s3:CreateBucket", "s3:DeleteBucket", "s3:GetBucket*", "s3:PutBucket*",
        "s3:DeleteBucketPolicy", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration",
        "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", "s3:ListBucket",
    ),
    "AWS::Lambda::Function": (
        "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:GetFunction",
        "lambda:GetFunctionConfiguration", "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration", "lambda:PutFunctionConcurrency",
        "lambda:DeleteFunctionConcurrency", "lambda:TagResource", "lambda:UntagResource",
        "lambda:ListTags", "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetRuntimeManagementConfig", "lambda:GetFunctionRecursionConfig",
    ),
    "AWS::StepFunctions::StateMachine": (
        "states:CreateStateMachine", "states:DeleteStateMachine", "states:DescribeStateMachine",
        "states:UpdateStateMachine", "states:TagResource", "states:UntagResource",
        "states:ListTagsForResource",
    ),
    "AWS::Logs::LogGroup": (
        "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy",
        "logs:DeleteRetentionPolicy", "logs:TagResource", "logs:UntagResource",
        "logs:ListTagsForResource", "logs:AssociateKmsKey", "logs:DisassociateKmsKey",
    ),
    "AWS::IAM::Role": (
        "iam:CreateRole", "iam:DeleteRole", "iam:GetRole", "iam:UpdateRole", "iam:PassRole",
        "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:GetRolePolicy",
        "iam:DeleteRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:TagRole",
        "iam:UntagRole",
    ),
    "AWS::SNS::Topic": (
        "sns:CreateTopic", "sns:DeleteTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes",
        "sns:Subscribe", "sns:Unsubscribe", "sns:ListSubscriptionsByTopic", "sns:TagResource",
        "sns:UntagResource", "sns:ListTagsForResource", "sns:GetDataProtectionPolicy",
    ),
    "AWS::Events::Rule": (
        "events:PutRule", "events:DeleteRule", "events:DescribeRule", "events:PutTargets",
        "events:RemoveTargets", "events:ListTargetsByRule", "events:TagResource",
        "events:UntagResource", "events:ListTagsForResource",
    ),
    "AWS::CloudWatch::Alarm": (
        "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms",
        "cloudwatch:TagResource", "cloudwatch:UntagResource", "cloudwatch:ListTagsForResource",
    ),
    "AWS::SQS::Queue": (
        "sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes",
        "sqs:TagQueue", "sqs:UntagQueue", "sqs:ListQueueTags",
    ),
    "AWS::SecretsManager::Secret": (
        "secretsmanager:CreateSecret", "secretsmanager:DeleteSecret",
        "secretsmanager:DescribeSecret", "secretsmanager:UpdateSecret",
        "secretsmanager:TagResource", "secretsmanager:UntagResource",
    ),
    "AWS::CloudWatch::Dashboard": (
        "cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard",
    ),
}  # fmt: skip
# Parts of another resource, made with that one's rights.
_PARTS = {
    "AWS::IAM::Policy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription",
    "AWS::CDK::Metadata", "Custom::S3AutoDeleteObjects", "AWS::SQS::QueuePolicy",
    "AWS::Lambda::EventSourceMapping",
}  # fmt: skip


def deploy_policy(template: Template) -> Document:
    """
    Return what CloudFormation needs to deploy the template: for `cdk bootstrap`'s execution role.

    Raises:
        InvalidConfig: The template has a type of resource this does not know. Terminal.
    """
    unknown = template.types - _PARTS - _DEPLOY_ACTIONS.keys()
    if unknown:
        raise InvalidConfig(f"no deployment rights are known for {', '.join(sorted(unknown))}")
    place = template.place
    where = f"{place.region}:{place.account}"
    statements = [
        allow(
            kind.removeprefix("AWS::").replace("::", ""),
            list(actions),
            sorted({template.arn(logical_id) for logical_id, _ in template.of_type(kind)}),
        )
        for kind, actions in _DEPLOY_ACTIONS.items()
        if kind in template.types
    ]
    functions = list(template.of_type("AWS::Lambda::Function"))
    custom = [kind for kind in template.types if kind.startswith("Custom::")]
    if custom:
        invoked = [template.arn(name) for name, _ in functions]
        statements.append(allow("Custom", ["lambda:InvokeFunction"], invoked))
    if any("VpcConfig" in properties for _, properties in functions):
        # Lambda looks at the network as whoever puts a function there; EC2 knows no resources here.
        actions = ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]
        statements.append(allow("Network", actions, ["*"]))
    if "AWS::Lambda::EventSourceMapping" in template.types:
        # What is named by chance, or not at all: mappings, and a password that is only made up.
        actions = [
            *(f"lambda:{verb}EventSourceMapping" for verb in ("Create", "Delete", "Get", "Update")),
            "lambda:ListTags", "lambda:TagResource", "lambda:UntagResource",
            "secretsmanager:GetRandomPassword",
        ]  # fmt: skip
        statements.append(allow("Mappings", actions, ["*"]))
    zipped = {
        f"arn:{place.partition}:s3:::{template.resolve(properties['Code']['S3Bucket'])}/*"
        for _, properties in functions
        if "S3Bucket" in properties["Code"]
    }
    if zipped:
        statements.append(allow("Code", ["s3:GetObject"], sorted(zipped)))
    statements += [
        allow(
            "Version",
            ["ssm:GetParameters"],
            [f"arn:{place.partition}:ssm:{where}:parameter/cdk-bootstrap/*"],
        ),
        allow(
            "Image",
            ["ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy", "ecr:BatchGetImage",
             "ecr:GetDownloadUrlForLayer"],
            sorted(
                _repository(place.partition, str(template.resolve(properties["Code"]["ImageUri"])))
                for _, properties in functions
                if "ImageUri" in properties["Code"]
            ),
        ),
    ]  # fmt: skip
    return document(statements)


def deployer_policy(template: Template) -> Document:
    """
    Return what whoever runs `fanreel lambda deploy` and `destroy` needs in a bootstrapped region.

    The rest is done by the roles of `cdk bootstrap`, which itself takes an administrator, once.
    """
    place = template.place
    where = f"{place.region}:{place.account}"
    stacks = f"arn:{place.partition}:cloudformation:{where}:stack"
    return document(
        [
            allow(
                "Deploy",
                ["sts:AssumeRole"],
                [f"arn:{place.partition}:iam::{place.account}:role/cdk-{BOOTSTRAP_QUALIFIER}-*"],
            ),
            allow(
                "Look",
                ["cloudformation:DescribeStacks"],
                [f"{stacks}/{place.stack_name}/*", f"{stacks}/{BOOTSTRAP_STACK}/*"],
            ),
            # It knows no resources; `--no-check-quotas` spares it.
            allow("Limits", ["lambda:GetAccountSettings"], ["*"]),
        ]
    )


def _repository(partition: str, image_uri: str) -> str:
    """Return the ARN of the repository of `account.dkr.ecr.region.amazonaws.com/name:tag`."""
    registry, _, rest = image_uri.partition("/")
    account, _, _, region, *_ = registry.split(".")
    name = rest.partition("@")[0].partition(":")[0]
    return f"arn:{partition}:ecr:{region}:{account}:repository/{name}"
