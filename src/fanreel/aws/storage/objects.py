"""
Objects in S3: open a client, look up, list, read and write small ones, refresh, delete.

Files go through `transfer.py`. Only these two modules call S3.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from fanreel.aws.storage.failures import error_code, s3_failures
from fanreel.aws.storage.uris import S3Uri
from fanreel.errors import AssetNotFound, RenderError, UnexpectedError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

REFRESH_AFTER_S = 12 * 3600
"""
What is found in the bucket and older than this is written anew in place, so that an expiry rule
(one day at least) does not take it away in the middle of the render that counts on it.
"""
WORKERS = 16
"""Requests at once: fills a Lambda's network long before its processor."""
DIGEST = "sha256"
"""Of an object's metadata: its digest, by which whoever fetches it later tells what was put."""
_DELETE_AT_ONCE = 1000  # S3's limit

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """What a look-up or a LIST tells of an object."""

    uri: S3Uri
    size_bytes: int
    modified: datetime
    sha256: str | None = None
    """What whoever put it says of its bytes (`DIGEST`); a LIST does not tell."""

    @property
    def is_stale(self) -> bool:
        """Old enough for an expiry rule to be near."""
        return datetime.now(UTC) - self.modified > timedelta(seconds=REFRESH_AFTER_S)


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


def look_up(client: "S3Client", uri: S3Uri) -> StoredObject | None:
    """Return what S3 holds at *uri*, or None. Raises as `s3_failures()`."""
    with s3_failures(uri):
        try:
            head = client.head_object(Bucket=uri.bucket, Key=uri.key)
        except ClientError as exc:
            if error_code(exc) in ("404", "NoSuchKey", "NotFound"):
                return None
            raise
    return StoredObject(
        uri=uri,
        size_bytes=head["ContentLength"],
        modified=head["LastModified"],
        sha256=head.get("Metadata", {}).get(DIGEST),
    )


def list_objects(client: "S3Client", folder: S3Uri) -> Iterator[StoredObject]:
    """Yield every object below *folder* in key order, 1000 a request. Raises as `s3_failures()`."""
    with s3_failures(folder):
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=folder.bucket, Prefix=folder.key
        )
        for page in pages:
            for item in page.get("Contents", ()):
                yield StoredObject(
                    uri=S3Uri(folder.bucket, item["Key"]),
                    size_bytes=item["Size"],
                    modified=item["LastModified"],
                )


def list_folders(client: "S3Client", folder: S3Uri) -> Iterator[S3Uri]:
    """Yield the folders directly in *folder*, 1000 a request. Raises as `s3_failures()`."""
    with s3_failures(folder):
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=folder.bucket, Prefix=folder.key, Delimiter="/"
        )
        for page in pages:
            for item in page.get("CommonPrefixes", ()):
                yield S3Uri(folder.bucket, item["Prefix"])


def read_bytes(
    client: "S3Client",
    uri: S3Uri,
    *,
    limit_bytes: int,
    missing: type[RenderError] = AssetNotFound,
) -> bytes:
    """
    Read a small object whole.

    Raises:
        UnexpectedError: It is larger than *limit_bytes*. Terminal.
        missing: There is none. Otherwise as `s3_failures()`.
    """
    with s3_failures(uri, missing):
        body = client.get_object(Bucket=uri.bucket, Key=uri.key)["Body"]
        with body:
            data = body.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise UnexpectedError(
            f"{uri} is larger than {limit_bytes} bytes", uri=str(uri), limit_bytes=limit_bytes
        )
    return data


def write_bytes(
    client: "S3Client", uri: S3Uri, data: bytes, *, content_type: str = "application/json"
) -> None:
    """Write a small object whole, replacing what was there. Raises as `s3_failures()`."""
    with s3_failures(uri):
        client.put_object(Bucket=uri.bucket, Key=uri.key, Body=data, ContentType=content_type)


def refresh(client: "S3Client", found: StoredObject) -> None:
    """Make an object young again by copying it onto itself. Raises as `s3_failures()`."""
    uri = found.uri
    with s3_failures(uri):
        # S3 copies onto itself only if something changes; `copy` does large objects in parts.
        client.copy(
            {"Bucket": uri.bucket, "Key": uri.key},
            uri.bucket,
            uri.key,
            ExtraArgs={
                "MetadataDirective": "REPLACE",
                "Metadata": {DIGEST: found.sha256} if found.sha256 else {},
            },
            Config=TransferConfig(multipart_threshold=1024**3, multipart_chunksize=1024**3),
        )


def delete_objects(client: "S3Client", uris: Iterable[S3Uri]) -> int:
    """Delete objects of one bucket, 1000 a request; gives how many. Raises as `s3_failures()`."""
    pending = list(uris)
    for start in range(0, len(pending), _DELETE_AT_ONCE):
        batch = pending[start : start + _DELETE_AT_ONCE]
        with s3_failures(batch[0]):
            answer = client.delete_objects(
                Bucket=batch[0].bucket,
                Delete={"Objects": [{"Key": uri.key} for uri in batch], "Quiet": True},
            )
        if errors := answer.get("Errors"):
            raise UnexpectedError(f"S3 did not delete {errors[0].get('Key')}: {errors[0]}")
    return len(pending)


def delete_bucket(client: "S3Client", bucket: str) -> int:
    """
    Delete a bucket and everything in it, old versions too; gives how many objects that were.

    A bucket that is already gone is no failure. Raises as `s3_failures()`.
    """
    root, count = S3Uri(bucket), 0
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
    page = client.list_object_versions(Bucket=bucket, MaxKeys=_DELETE_AT_ONCE)
    found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    return [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]


def in_parallel(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """
    Do *work* on all items, `WORKERS` at once; results in order.

    A failure keeps what has not begun from beginning; the first in order is raised, once nothing
    runs any more (each request's wait is bounded).
    """
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="s3") as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    # Begun in order, so whatever was cancelled comes after what failed.
    return [future.result() for future in futures]
