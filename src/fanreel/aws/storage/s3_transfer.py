"""Files ⇄ objects in S3, through boto3's transfer manager where they are large."""

import base64
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from fanreel.aws.storage.failures import error_code
from fanreel.storage.outputs import EXPIRY_TAG, OutputOptions, attachment
from fanreel.storage.store import Content
from fanreel.storage.transfer import (
    MULTIPART_BYTES,
    PART_BYTES,
    STREAM_BYTES,
    HashingWriter,
    content_type,
)
from fanreel.storage.uris import ObjectUri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DIGEST = "sha256"
"""Of an object's metadata: its digest, by which whoever fetches it later tells what was put."""
_ATTEMPTS = 3
_TRANSFER = TransferConfig(
    multipart_threshold=MULTIPART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=8
)


class SomebodyWasFirst(Exception):
    """`If-None-Match: *` met an object."""


def was_somebody_first(exc: BaseException) -> bool:
    """Tell whether *exc* says so."""
    return isinstance(exc, ClientError) and error_code(exc) in ("412", "PreconditionFailed")


def object_arguments(
    uri: ObjectUri, options: OutputOptions | None, digest: str | None = None
) -> dict[str, Any]:
    """Return the arguments of `PutObject` and `CreateMultipartUpload` that tell of an object."""
    arguments: dict[str, Any] = {"ContentType": content_type(uri)}
    if digest is not None:
        arguments["Metadata"] = {DIGEST: digest}
    if options is None:
        return arguments
    if options.storage_class != "STANDARD":
        arguments["StorageClass"] = options.storage_class
    if options.download_name is not None:
        arguments["ContentDisposition"] = attachment(options.download_name)
    tags = dict(options.tags)
    if options.expires_in_days is not None:
        tags[EXPIRY_TAG] = str(options.expires_in_days)
    if tags:
        arguments["Tagging"] = urllib.parse.urlencode(tags)
    return arguments


def download_ranges(client: "S3Client", uri: ObjectUri, writer: HashingWriter) -> None:
    """Download a large object in ranges, in parallel, to *writer*, in order."""
    client.download_fileobj(uri.bucket, uri.key, cast("IO[bytes]", writer), Config=_TRANSFER)


def download_whole(
    client: "S3Client", uri: ObjectUri, path: Path, check: Callable[[], None]
) -> Content:
    """Download an object in one request, tried again if it breaks off."""
    for _ in range(_ATTEMPTS - 1):
        # Botocore retries requests but not a body that breaks off half-way.
        try:
            return _download_once(client, uri, path, check)
        except (BotoCoreError, HTTPError, ConnectionError, TimeoutError):
            continue
    return _download_once(client, uri, path, check)


def _download_once(
    client: "S3Client", uri: ObjectUri, path: Path, check: Callable[[], None]
) -> Content:
    body = client.get_object(Bucket=uri.bucket, Key=uri.key)["Body"]
    with body, path.open("wb") as file:
        writer = HashingWriter(file, check)
        for data in body.iter_chunks(STREAM_BYTES):
            writer.write(data)
    return writer.content


def put_whole(
    client: "S3Client",
    uri: ObjectUri,
    path: Path,
    about: dict[str, Any],
    *,
    sha256: str | None,
    if_absent: bool,
) -> None:
    """Upload a file in one request. Raises `SomebodyWasFirst`."""
    conditions: dict[str, Any] = {}
    if sha256 is not None:
        conditions["ChecksumSHA256"] = base64.b64encode(bytes.fromhex(sha256)).decode()
    if if_absent:
        conditions["IfNoneMatch"] = "*"
    try:
        with path.open("rb") as file:
            client.put_object(Bucket=uri.bucket, Key=uri.key, Body=file, **about, **conditions)
    except ClientError as exc:
        if was_somebody_first(exc):
            raise SomebodyWasFirst from exc
        raise


def put_parts(client: "S3Client", uri: ObjectUri, path: Path, about: dict[str, Any]) -> None:
    """Upload a large file in parallel parts, replacing what is there."""
    with path.open("rb") as file:
        client.upload_fileobj(file, uri.bucket, uri.key, ExtraArgs=about, Config=_TRANSFER)
