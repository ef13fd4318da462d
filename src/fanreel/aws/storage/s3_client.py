"""S3 clients: opened, and what is done with a bucket as a whole."""

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from fanreel.aws.storage.failures import error_code, s3_failures
from fanreel.errors import UnexpectedError
from fanreel.storage.store import WORKERS
from fanreel.storage.uris import ObjectUri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

SCHEME = "s3"
DELETE_AT_ONCE = 1000
"""S3's limit."""


def s3_uri(bucket: str, key: str = "") -> ObjectUri:
    """Return the URI of an object in S3."""
    return ObjectUri(SCHEME, bucket, key)


def connect(
    session: boto3.session.Session | None = None,
    endpoint_url: str | None = None,
    *,
    own_service: bool = True,
) -> "S3Client":
    """
    Open an S3 client with bounded waits, standard retries and room for `WORKERS` requests.

    Args:
        session: Any boto3 session; None takes the default one.
        endpoint_url: Of an S3-compatible service; None leaves it to `AWS_ENDPOINT_URL(_S3)`.
        own_service: It is AWS, or an emulator of it; others get no more than they have to know.
    """
    config = Config(
        # Some regions' default for links is Signature Version 2, which KMS refuses.
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": 5},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=2 * WORKERS,
        tcp_keepalive=True,
        **({} if own_service else _PLAIN),
    )
    return (session or boto3.session.Session()).client(
        "s3", endpoint_url=endpoint_url, config=config
    )


# Few services know names of buckets as hosts, or checksums that nobody asks for.
_PLAIN: dict[str, Any] = {
    "s3": {"addressing_style": "path"},
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}


def delete_bucket(client: "S3Client", bucket: str) -> int:
    """
    Delete a bucket and everything in it, old versions too; gives how many objects that were.

    A bucket that is already gone is no failure. Raises as `s3_failures()`.
    """
    root, count = s3_uri(bucket), 0
    with s3_failures(root):
        try:
            # From the start each time: what is gone cannot mark where a next page begins.
            while found := _some_versions(client, bucket):
                answer = client.delete_objects(
                    Bucket=bucket, Delete={"Objects": found, "Quiet": True}
                )
                if errors := answer.get("Errors"):
                    raise UnexpectedError(f"S3 did not empty {bucket}: {errors[0]}")
                count += len(found)
            client.delete_bucket(Bucket=bucket)
        except ClientError as exc:
            if error_code(exc) != "NoSuchBucket":
                raise
    return count


def _some_versions(client: "S3Client", bucket: str) -> list["ObjectIdentifierTypeDef"]:
    page = client.list_object_versions(Bucket=bucket, MaxKeys=DELETE_AT_ONCE)
    found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    return [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
