"""The functions: one image, role and log group; a default one, and those a render may choose."""

from typing import Any

from aws_cdk import Aws, Duration, Size
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.acknowledging import acknowledge_wildcards, reference
from cdk.image import ARCHITECTURES, Images
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
    secret_rights,
)
from fanreel.aws.deploy.stack_settings import Settings


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
                *secret_rights(self, settings.endpoints.values()),
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
        acknowledge_wildcards(
            rights,
            [
                "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:"
                f"{endpoint.secret}-??????"
                for endpoint in settings.endpoints.values()
            ],
            "Secrets Manager puts six signs of its own behind the name of a secret.",
        )
        if network:
            acknowledge_wildcards(rights, ["*"], "EC2 network interfaces, before they exist.")
        acknowledge_wildcards(self.role, ["*"], "X-Ray, which knows no resources.")
        shared = {
            "timeout": Duration.seconds(settings.timeout_s),
            "ephemeral_storage_size": Size.mebibytes(settings.ephemeral_storage_mb),
            "role": self.role,
            "log_group": self.log_group,
            "tracing": lambda_.Tracing.ACTIVE,
            "environment": _environment(settings, bucket),
            **network,
        }
        images = Images(self, settings, image)
        self.function = lambda_.DockerImageFunction(
            self,
            "Resource",
            description="fanreel: plan, renderChunk, assemble",
            code=images.of(settings.architecture),
            architecture=ARCHITECTURES[settings.architecture],
            memory_size=settings.memory_mb,
            reserved_concurrent_executions=settings.reserved_concurrency,
            **shared,
        )
        self.choices = {
            choice.name: lambda_.DockerImageFunction(
                self,
                f"Choice{choice.name.capitalize()}",
                description=f"fanreel: as chosen by the name {choice.name}",
                code=images.of(choice.architecture),
                architecture=ARCHITECTURES[choice.architecture],
                memory_size=choice.memory_mb,
                reserved_concurrent_executions=choice.reserved_concurrency,
                **shared,
            )
            for choice in settings.choices
        }
        for function in (self.function, *self.choices.values()):
            # Otherwise the first invocations of a new stack may come before the rights.
            function.node.add_dependency(rights)


def _environment(settings: Settings, bucket: s3.IBucket) -> dict[str, str]:
    return {
        "FANREEL_RENDER_BUCKET": bucket.bucket_name,
        **_elsewhere(settings),
        **({"FANREEL_PROGRESS_DOCUMENT": "1"} if settings.progress_document else {}),
        "FANREEL_PLAN_DIR_SIZE_LIMIT_BYTES": str(settings.plan_dir_limit_bytes),
        "POWERTOOLS_SERVICE_NAME": "fanreel",
        "POWERTOOLS_METRICS_NAMESPACE": "fanreel",
        "POWERTOOLS_METRICS_DISABLED": str(not settings.custom_metrics).lower(),
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def _elsewhere(settings: Settings) -> dict[str, str]:
    lists = {
        "FANREEL_OUTPUT_BUCKETS": settings.output_buckets,
        "FANREEL_OUTPUT_ENDPOINTS": settings.output_endpoints,
        "FANREEL_PROJECT_BUCKETS": settings.project_buckets,
        "FANREEL_PROJECT_HOSTS": settings.project_hosts,
    }
    return {name: ",".join(values) for name, values in lists.items() if values}


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
