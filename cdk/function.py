"""The one function: a container image, its log group and its role."""

from pathlib import Path
from typing import Any

from aws_cdk import Aws, Duration, IgnoreMode, Size
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.acknowledging import acknowledge_wildcards, reference
from cdk.log_group import log_group
from cdk.rights import (
    READ,
    WRITTEN,
    bucket_rights,
    log_rights,
    network_rights,
    objects_below,
    output_rights,
    project_rights,
)
from fanreel.aws.deploy.stack_settings import Settings

REPOSITORY = Path(__file__).parents[1]


class RenderFunction(Construct):
    """Plans, renders chunks and assembles, by the event's `Action`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        bucket: s3.IBucket,
        key: kms.IKey | None,
        image: lambda_.DockerImageCode | None,
        vpc: ec2.IVpc | None,
    ) -> None:
        super().__init__(scope, construct_id)
        network = _network(self, settings, vpc)
        self.log_group = log_group(self, settings)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        rights = iam.Policy(
            self,
            "Rights",
            roles=[self.role],
            statements=[
                *bucket_rights(bucket, key),
                *output_rights(settings.output_buckets),
                *project_rights(settings.project_buckets),
                *log_rights(self.log_group),
                *(network_rights() if network else []),
            ],
        )
        acknowledge_wildcards(
            rights,
            [f"{reference(bucket, 'Arn')}/{prefix}*" for prefix in {*READ, *WRITTEN}],
            "Objects of the one bucket, named by their prefix.",
        )
        acknowledge_wildcards(
            rights,
            [
                objects.replace(Aws.PARTITION, "<AWS::Partition>")
                for objects in objects_below({*settings.output_buckets, *settings.project_buckets})
            ],
            "Objects of a bucket, or of a prefix of it, that the settings list.",
        )
        if network:
            acknowledge_wildcards(rights, ["*"], "EC2 network interfaces, before they exist.")
        acknowledge_wildcards(self.role, ["*"], "X-Ray, which knows no resources.")
        self.function = lambda_.DockerImageFunction(
            self,
            "Resource",
            description="fanreel: plan, renderChunk, assemble",
            code=image or _image(self, settings),
            architecture=_architecture(settings),
            memory_size=settings.memory_mb,
            timeout=Duration.seconds(settings.timeout_s),
            ephemeral_storage_size=Size.mebibytes(settings.ephemeral_storage_mb),
            reserved_concurrent_executions=settings.reserved_concurrency,
            role=self.role,
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE,
            environment={
                "FANREEL_RENDER_BUCKET": bucket.bucket_name,
                **_elsewhere(settings),
                **({"FANREEL_PROGRESS_DOCUMENT": "1"} if settings.progress_document else {}),
                "FANREEL_PLAN_DIR_SIZE_LIMIT_BYTES": str(settings.plan_dir_limit_bytes),
                "POWERTOOLS_SERVICE_NAME": "fanreel",
                "POWERTOOLS_METRICS_NAMESPACE": "fanreel",
                "POWERTOOLS_METRICS_DISABLED": str(not settings.custom_metrics).lower(),
                "POWERTOOLS_LOG_LEVEL": "INFO",
            },
            **network,
        )
        # Otherwise the first invocations of a new stack may come before the rights.
        self.function.node.add_dependency(rights)


def _elsewhere(settings: Settings) -> dict[str, str]:
    lists = {
        "FANREEL_OUTPUT_BUCKETS": settings.output_buckets,
        "FANREEL_PROJECT_BUCKETS": settings.project_buckets,
        "FANREEL_PROJECT_HOSTS": settings.project_hosts,
    }
    return {name: ",".join(values) for name, values in lists.items() if values}


def _architecture(settings: Settings) -> lambda_.Architecture:
    known = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}
    return known[settings.architecture]


def _image(scope: Construct, settings: Settings) -> lambda_.DockerImageCode:
    if settings.image_uri is not None:
        return _stored_image(scope, settings.image_uri)
    platforms = {
        "x86_64": ecr_assets.Platform.LINUX_AMD64,
        "arm64": ecr_assets.Platform.LINUX_ARM64,
    }
    return lambda_.DockerImageCode.from_image_asset(
        str(REPOSITORY),
        platform=platforms[settings.architecture],
        build_args={"BASE": settings.base_image} if settings.base_image else None,
        ignore_mode=IgnoreMode.DOCKER,
        display_name="fanreel",
    )


def _stored_image(scope: Construct, image_uri: str) -> lambda_.DockerImageCode:
    """Return the image at `account.dkr.ecr.region.amazonaws.com/name:tag` (or `@digest`)."""
    registry, _, rest = image_uri.partition("/")
    account, _, _, region, *_ = registry.split(".")
    name, separator, digest = rest.partition("@")
    if not separator:
        name, _, digest = rest.partition(":")
    repository = ecr.Repository.from_repository_attributes(
        scope,
        "Repository",
        repository_name=name,
        repository_arn=f"arn:{Aws.PARTITION}:ecr:{region}:{account}:repository/{name}",
    )
    return lambda_.DockerImageCode.from_ecr(repository, tag_or_digest=digest)


def _network(scope: Construct, settings: Settings, vpc: ec2.IVpc | None) -> dict[str, Any]:
    """Return the arguments that put the function into a network; none for Lambda's own."""
    if vpc is not None:
        return {"vpc": vpc}
    if settings.vpc_id is None:
        return {}
    subnets = settings.vpc_subnet_ids
    imported = ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id=settings.vpc_id,
        # Lambda wants subnets only; the construct wants a zone for each, which is never deployed.
        availability_zones=[f"zone-{index}" for index in range(len(subnets))],
        private_subnet_ids=list(subnets),
    )
    groups = [
        ec2.SecurityGroup.from_security_group_id(scope, f"SecurityGroup{index}", group_id)
        for index, group_id in enumerate(settings.vpc_security_group_ids)
    ]
    return {"vpc": imported, "security_groups": groups}
