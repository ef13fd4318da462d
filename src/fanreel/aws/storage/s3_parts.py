"""Multipart uploads that boto3's transfer manager does not do: conditional, or out of order."""

import base64
import contextlib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from fanreel.aws.storage.failures import s3_failures
from fanreel.aws.storage.s3_transfer import SomebodyWasFirst, was_somebody_first
from fanreel.storage.store import in_parallel
from fanreel.storage.transfer import MAX_PARTS, PART_BYTES
from fanreel.storage.uris import ObjectUri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef


class S3PartUpload:
    """A `fanreel.storage.store.PartUpload` as one multipart upload."""

    def __init__(self, client: "S3Client", uri: ObjectUri, about: dict[str, Any]) -> None:
        self._client, self._uri = client, uri
        self._parts: dict[int, CompletedPartTypeDef] = {}
        with s3_failures(uri):
            self._upload_id = client.create_multipart_upload(
                Bucket=uri.bucket, Key=uri.key, ChecksumAlgorithm="CRC32", **about
            )["UploadId"]

    def send(self, number: int, path: Path) -> None:
        """Send part *number*."""
        with s3_failures(self._uri), path.open("rb") as file:
            sent = self._client.upload_part(
                Bucket=self._uri.bucket,
                Key=self._uri.key,
                UploadId=self._upload_id,
                PartNumber=number,
                Body=file,
                ChecksumAlgorithm="CRC32",
            )
        self._parts[number] = {
            "PartNumber": number,
            "ETag": sent["ETag"],
            "ChecksumCRC32": sent["ChecksumCRC32"],
        }

    def complete(self) -> None:
        """Make the object of its parts."""
        with s3_failures(self._uri):
            self._client.complete_multipart_upload(
                Bucket=self._uri.bucket,
                Key=self._uri.key,
                UploadId=self._upload_id,
                MultipartUpload={"Parts": [self._parts[n] for n in sorted(self._parts)]},
            )

    def abort(self) -> None:
        """Leave no parts behind; what stays all the same, the bucket's abort rule clears."""
        with contextlib.suppress(Exception):
            self._client.abort_multipart_upload(
                Bucket=self._uri.bucket, Key=self._uri.key, UploadId=self._upload_id
            )


def put_parts_if_absent(
    client: "S3Client", uri: ObjectUri, path: Path, about: dict[str, Any]
) -> None:
    """Upload a large file in parallel parts. Raises `SomebodyWasFirst`."""
    # s3transfer 0.19 drops `IfNoneMatch`, so the parts are sent here.
    size_bytes = path.stat().st_size
    part_bytes = max(PART_BYTES, -(-size_bytes // MAX_PARTS))
    bucket, key = uri.bucket, uri.key
    # S3 keeps the checksum of the whole only if it is announced, and compares what is repeated.
    upload_id = client.create_multipart_upload(
        Bucket=bucket, Key=key, ChecksumAlgorithm="CRC32", **about
    )["UploadId"]

    def send(number: int) -> "CompletedPartTypeDef":
        with path.open("rb") as file:
            file.seek((number - 1) * part_bytes)
            data = file.read(part_bytes)
        checksum = base64.b64encode(zlib.crc32(data).to_bytes(4)).decode()
        sent = client.upload_part(
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            Body=data,
            ChecksumCRC32=checksum,
        )
        return {"PartNumber": number, "ETag": sent["ETag"], "ChecksumCRC32": checksum}

    try:
        parts = in_parallel(send, range(1, -(-size_bytes // part_bytes) + 1))
        client.complete_multipart_upload(
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},
            IfNoneMatch="*",
        )
    except BaseException as exc:
        # What stays behind all the same, the bucket's abort rule clears.
        with contextlib.suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
        if was_somebody_first(exc):
            raise SomebodyWasFirst from exc
        raise
