"""
Files ⇄ objects: whole or not at all, on both sides.

Small objects take one request each (a manifest knows their size, so no look-up); large ones go
in parallel parts and ranges through boto3's transfer manager. Digests are taken as bytes stream.
"""

import base64
import contextlib
import hashlib
import mimetypes
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, cast

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from fanreel.aws.storage.failures import error_code, s3_failures
from fanreel.aws.storage.objects import DIGEST, in_parallel, look_up, refresh
from fanreel.aws.storage.uris import S3Uri
from fanreel.errors import ArtifactDigestMismatch, AssetNotFound, RenderError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MULTIPART_BYTES = 32 * 1024**2
"""From this size on, parts and ranges in parallel."""
PART_BYTES = 16 * 1024**2
MAX_PARTS = 10_000
"""S3's limit."""
_STREAM_BYTES = 1024**2
TRANSFERRED = "transferred.s3"
"""A client's event: some bytes of an object have come. What its handlers raise is the end."""
_ATTEMPTS = 3
_TRANSFER = TransferConfig(
    multipart_threshold=MULTIPART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=8
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file's bytes have to be."""

    sha256: str
    size_bytes: int


def fetch_file(
    client: "S3Client",
    uri: S3Uri,
    path: Path,
    *,
    expected: Content | None = None,
    missing: type[RenderError] = AssetNotFound,
) -> Content:
    """
    Download *uri* to *path*, which appears whole or not at all.

    Args:
        client: From `connect()`.
        uri: What to fetch.
        path: Where to; its folder is made.
        expected: What the bytes must be, if known; saves a request for small objects.
        missing: What to raise when there is no such object.
    Raises:
        ArtifactDigestMismatch: Other bytes than expected. Retryable. Otherwise as `s3_failures()`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with s3_failures(uri, missing):
            content = _download(client, uri, aside, expected)
        if expected not in (None, content):
            raise ArtifactDigestMismatch(
                f"{uri} holds {content}, expected {expected}; it will be fetched afresh",
                uri=str(uri),
                sha256=content.sha256,
                size_bytes=content.size_bytes,
            )
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return content


def put_file(
    client: "S3Client",
    uri: S3Uri,
    path: Path,
    *,
    sha256: str | None = None,
    if_absent: bool = False,
    tell_digest: bool = False,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> bool:
    """
    Upload *path* to *uri*.

    Args:
        client: From `connect()`.
        uri: Where to; the extension decides the content type.
        path: A file that does not change meanwhile.
        sha256: Its digest, if known: S3 then checks the bytes against it.
        if_absent: Leave an existing object alone (`If-None-Match: *`).
        tell_digest: Keep the digest beside the object, for whoever fetches it; needs *sha256*.
        options: More arguments of S3's, such as a storage class.
    Returns:
        False if there was one already and it was left alone.
    Raises:
        As `s3_failures()`.
    """
    size_bytes = path.stat().st_size
    about: dict[str, Any] = {"ContentType": content_type(uri), **options}
    if tell_digest:
        about["Metadata"] = {DIGEST: sha256}
    try:
        with s3_failures(uri), path.open("rb") as file:
            if size_bytes >= MULTIPART_BYTES and if_absent:
                _put_parts_if_absent(client, uri, path, about)
            elif size_bytes >= MULTIPART_BYTES:
                client.upload_fileobj(file, uri.bucket, uri.key, ExtraArgs=about, Config=_TRANSFER)
            else:
                _put_whole(client, uri, file, about | _conditions(sha256, if_absent))
    except _SomebodyWasFirst:
        return False
    return True


def put_file_once(client: "S3Client", uri: S3Uri, path: Path, sha256: str) -> bool:
    """
    Make sure that content-addressed *uri* holds *path*, and will for the length of a render.

    Returns:
        Whether it was uploaded; False if S3 had it.
    Raises:
        As `s3_failures()`.
    """
    found = look_up(client, uri)
    if found is None or found.size_bytes != path.stat().st_size:
        return put_file(client, uri, path, sha256=sha256)
    if found.is_stale:
        refresh(client, found)
    return False


def content_type(uri: S3Uri) -> str:
    """Return the media type that an object's extension says."""
    return mimetypes.guess_type(uri.name)[0] or "application/octet-stream"


def fetch_into(client: "S3Client", uri: S3Uri, writer: "HashingWriter") -> None:
    """Download a large object in ranges, in parallel, to *writer*, in order."""
    client.download_fileobj(uri.bucket, uri.key, cast("IO[bytes]", writer), Config=_TRANSFER)


class _SomebodyWasFirst(Exception):
    """`If-None-Match: *` met an object."""


class HashingWriter:
    """
    A file that is only ever appended to, hashed on the way.

    It has no `seek`, on purpose: the transfer manager then fetches ranges in parallel but hands
    them over in order (its `DownloadNonSeekableOutputManager`, at most 10 MB waiting).
    """

    def __init__(self, client: "S3Client", file: IO[bytes]) -> None:
        self._events, self._file = client.meta.events, file
        self._hash = hashlib.sha256()
        self._size_bytes = 0

    def write(self, data: bytes) -> int:
        """Append *data*."""
        self._hash.update(data)
        self._size_bytes += len(data)
        self._events.emit(TRANSFERRED, size_bytes=len(data))
        return self._file.write(data)

    @property
    def content(self) -> Content:
        """What was written so far."""
        return Content(sha256=self._hash.hexdigest(), size_bytes=self._size_bytes)


def _download(client: "S3Client", uri: S3Uri, path: Path, expected: Content | None) -> Content:
    if expected is None or expected.size_bytes >= MULTIPART_BYTES:
        with path.open("wb") as file:
            writer = HashingWriter(client, file)
            fetch_into(client, uri, writer)
        return writer.content
    for _ in range(_ATTEMPTS - 1):
        # Botocore retries requests but not a body that breaks off half-way.
        try:
            return _download_whole(client, uri, path)
        except (BotoCoreError, HTTPError, ConnectionError, TimeoutError):
            continue
    return _download_whole(client, uri, path)


def _download_whole(client: "S3Client", uri: S3Uri, path: Path) -> Content:
    body = client.get_object(Bucket=uri.bucket, Key=uri.key)["Body"]
    with body, path.open("wb") as file:
        writer = HashingWriter(client, file)
        for data in body.iter_chunks(_STREAM_BYTES):
            writer.write(data)
    return writer.content


def _conditions(sha256: str | None, if_absent: bool) -> dict[str, Any]:  # noqa: FBT001 (as given)
    options: dict[str, Any] = {}
    if sha256 is not None:
        options["ChecksumSHA256"] = base64.b64encode(bytes.fromhex(sha256)).decode()
    if if_absent:
        options["IfNoneMatch"] = "*"
    return options


def _put_whole(client: "S3Client", uri: S3Uri, file: IO[bytes], options: dict[str, Any]) -> None:
    try:
        client.put_object(Bucket=uri.bucket, Key=uri.key, Body=file, **options)
    except ClientError as exc:
        if _somebody_was_first(exc):
            raise _SomebodyWasFirst from exc
        raise


def _put_parts_if_absent(client: "S3Client", uri: S3Uri, path: Path, about: dict[str, Any]) -> None:
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
        if isinstance(exc, ClientError) and _somebody_was_first(exc):
            raise _SomebodyWasFirst from exc
        raise


def _somebody_was_first(exc: ClientError) -> bool:
    return error_code(exc) in ("412", "PreconditionFailed")
