"""The one bucket: sites stay, outputs as long as they say, all between expires."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.acknowledging import acknowledge
from fanreel.aws.deploy.stack_settings import Settings
from fanreel.storage.layout import INTERMEDIATE_PREFIXES, OUTPUTS
from fanreel.storage.outputs import EXPIRY_DAYS, EXPIRY_TAG


def render_bucket(scope: Construct, settings: Settings, key: kms.IKey | None) -> s3.Bucket:
    """Make the bucket of a render service."""
    bucket = s3.Bucket(
        scope,
        "Bucket",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,
        # One data key per bucket instead of one per object: a render makes thousands of objects.
        bucket_key_enabled=True if key else None,
        removal_policy=RemovalPolicy.RETAIN if settings.keep_bucket else RemovalPolicy.DESTROY,
        auto_delete_objects=not settings.keep_bucket,
        cors=_cors(settings),
        lifecycle_rules=[
            s3.LifecycleRule(
                id="abort-incomplete-uploads",
                abort_incomplete_multipart_upload_after=Duration.days(1),
            ),
            *(
                s3.LifecycleRule(
                    id=f"expire-{prefix.rstrip('/')}",
                    prefix=prefix,
                    expiration=Duration.days(settings.expiry_days),
                )
                for prefix in INTERMEDIATE_PREFIXES
            ),
            *(
                s3.LifecycleRule(
                    id=f"expire-outputs-{days}",
                    prefix=OUTPUTS,
                    tag_filters={EXPIRY_TAG: str(days)},
                    expiration=Duration.days(days),
                )
                for days in EXPIRY_DAYS
            ),
        ],
    )
    acknowledge(
        bucket,
        "AwsSolutions-S1",
        "Server access logs would need a second bucket that nothing expires; CloudTrail data "
        "events are the owner's choice for the whole account.",
    )
    return bucket


def _cors(settings: Settings) -> list[s3.CorsRule] | None:
    """Let pages of the settings' origins read what a presigned link opens."""
    if not settings.cors_origins:
        return None
    return [
        s3.CorsRule(
            allowed_origins=list(settings.cors_origins),
            allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.HEAD],
            allowed_headers=["*"],
            exposed_headers=["ETag", "Content-Length", "Content-Disposition"],
            max_age=3600,
        )
    ]
