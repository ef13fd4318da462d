"""Objects in S3 and services like it. Only this package calls S3."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from fanreel.aws.storage import s3_transfer
from fanreel.aws.storage.failures import error_code, is_missing, s3_failures
from fanreel.aws.storage.s3_client import DELETE_AT_ONCE, SCHEME
from fanreel.aws.storage.s3_parts import S3PartUpload, put_parts_if_absent
from fanreel.aws.storage.s3_transfer import DIGEST, SomebodyWasFirst, object_arguments
from fanreel.errors import AssetNotFound, RenderError, UnexpectedError
from fanreel.storage.outputs import OutputOptions, attachment
from fanreel.storage.store import Content, RequestCounts, StoredObject
from fanreel.storage.transfer import MULTIPART_BYTES, HashingWriter
from fanreel.storage.uris import ObjectUri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_WRITES = ("PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "UploadPartCopy",
           "CompleteMultipartUpload", "ListObjectsV2", "ListObjects")  # fmt: skip
_READS = ("GetObject", "HeadObject")
_CLEANS_UP = "before-call.s3.AbortMultipartUpload"
_SOMEBODY_WAS_FASTER = ("409", "412", "ConditionalRequestConflict", "PreconditionFailed")


class S3ObjectStore:
    """
    A `fanreel.storage.store.ObjectStore` over a client of boto3's.

    Args:
        client: From `connect()`.
    """

    scheme = SCHEME

    def __init__(self, client: "S3Client") -> None:
        self.client = client
        self._checks: list[Callable[[], None]] = []

    def count(self, counts: RequestCounts) -> None:
        """Add every request to *counts*, once per attempt: a refused one is billed as well."""

        def note(event_name: str, **_: Any) -> None:
            operation = event_name.rpartition(".")[2]
            if operation in _WRITES or operation in _READS:
                counts.add(write=operation in _WRITES)

        self.client.meta.events.register("before-send.s3", note)

    @contextmanager
    def watch(self, check: Callable[[], None]) -> Iterator[None]:
        """Call *check* before requests and as bytes come."""

        def before(event_name: str, **_: Any) -> None:
            # Parts of an upload that ends by it are deleted: other buckets may have no rule that
            # does so later.
            if event_name != _CLEANS_UP:
                check()

        events = self.client.meta.events
        events.register("before-call.s3", before)
        self._checks.append(check)
        try:
            yield
        finally:
            self._checks.remove(check)
            events.unregister("before-call.s3", before)

    def look_up(self, uri: ObjectUri) -> StoredObject | None:
        """Return what S3 holds at *uri*, or None."""
        with s3_failures(uri):
            try:
                head = self.client.head_object(Bucket=uri.bucket, Key=uri.key)
            except ClientError as exc:
                if is_missing(exc):
                    return None
                raise
        return StoredObject(
            uri=uri,
            size_bytes=head["ContentLength"],
            modified=head["LastModified"],
            sha256=head.get("Metadata", {}).get(DIGEST),
        )

    def list_objects(self, folder: ObjectUri) -> Iterator[StoredObject]:
        """Yield every object below *folder* in key order, 1000 a request."""
        with s3_failures(folder):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=folder.bucket, Prefix=folder.key
            )
            for page in pages:
                for item in page.get("Contents", ()):
                    yield StoredObject(
                        uri=folder.at(item["Key"]),
                        size_bytes=item["Size"],
                        modified=item["LastModified"],
                    )

    def list_folders(self, folder: ObjectUri) -> Iterator[ObjectUri]:
        """Yield the folders directly in *folder*, 1000 a request."""
        with s3_failures(folder):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=folder.bucket, Prefix=folder.key, Delimiter="/"
            )
            for page in pages:
                for item in page.get("CommonPrefixes", ()):
                    yield folder.at(item["Prefix"])

    def read_bytes(
        self,
        uri: ObjectUri,
        *,
        limit_bytes: int,
        missing: type[RenderError] = AssetNotFound,
    ) -> bytes:
        """Read a small object whole."""
        with s3_failures(uri, missing):
            body = self.client.get_object(Bucket=uri.bucket, Key=uri.key)["Body"]
            with body:
                data = body.read(limit_bytes + 1)
        if len(data) > limit_bytes:
            raise UnexpectedError(
                f"{uri} is larger than {limit_bytes} bytes", uri=str(uri), limit_bytes=limit_bytes
            )
        return data

    def read_version(self, uri: ObjectUri) -> tuple[bytes, str] | None:
        """Read a small object and its ETag."""
        with s3_failures(uri):
            try:
                answer = self.client.get_object(Bucket=uri.bucket, Key=uri.key)
            except ClientError as exc:
                if is_missing(exc):
                    return None
                raise
            with answer["Body"] as body:
                return body.read(), answer["ETag"]

    def write_bytes(
        self, uri: ObjectUri, data: bytes, *, content_type: str = "application/json"
    ) -> None:
        """Write a small object whole, replacing what was there."""
        with s3_failures(uri):
            self.client.put_object(
                Bucket=uri.bucket, Key=uri.key, Body=data, ContentType=content_type
            )

    def write_version(self, uri: ObjectUri, data: bytes, version: str | None) -> bool:
        """Write a small JSON document by `If-Match`, or `If-None-Match` where there is none."""
        condition: dict[str, Any] = {"IfMatch": version} if version else {"IfNoneMatch": "*"}
        with s3_failures(uri):
            try:
                self.client.put_object(
                    Bucket=uri.bucket,
                    Key=uri.key,
                    Body=data,
                    ContentType="application/json",
                    CacheControl="no-store",
                    **condition,
                )
            except ClientError as exc:
                if error_code(exc) in _SOMEBODY_WAS_FASTER:
                    return False
                raise
        return True

    def refresh(self, found: StoredObject) -> None:
        """Make an object young again by copying it onto itself."""
        uri = found.uri
        with s3_failures(uri):
            # S3 copies onto itself only if something changes; `copy` does large objects in parts.
            self.client.copy(
                {"Bucket": uri.bucket, "Key": uri.key},
                uri.bucket,
                uri.key,
                ExtraArgs={
                    "MetadataDirective": "REPLACE",
                    "Metadata": {DIGEST: found.sha256} if found.sha256 else {},
                },
                Config=TransferConfig(multipart_threshold=1024**3, multipart_chunksize=1024**3),
            )

    def delete_objects(self, uris: Iterable[ObjectUri]) -> int:
        """Delete objects of one bucket, 1000 a request; gives how many."""
        pending = list(uris)
        for start in range(0, len(pending), DELETE_AT_ONCE):
            batch = pending[start : start + DELETE_AT_ONCE]
            with s3_failures(batch[0]):
                answer = self.client.delete_objects(
                    Bucket=batch[0].bucket,
                    Delete={"Objects": [{"Key": uri.key} for uri in batch], "Quiet": True},
                )
            if errors := answer.get("Errors"):
                raise UnexpectedError(f"S3 did not delete {errors[0].get('Key')}: {errors[0]}")
        return len(pending)

    def download(
        self,
        uri: ObjectUri,
        path: Path,
        expected: Content | None = None,
        missing: type[RenderError] = AssetNotFound,
    ) -> Content:
        """Write an object's bytes to *path*: in one request, large or unknown ones in ranges."""
        with s3_failures(uri, missing):
            if expected is None or expected.size_bytes >= MULTIPART_BYTES:
                with path.open("wb") as file:
                    writer = HashingWriter(file, self._check)
                    s3_transfer.download_ranges(self.client, uri, writer)
                return writer.content
            return s3_transfer.download_whole(self.client, uri, path, self._check)

    def put_file(
        self,
        uri: ObjectUri,
        path: Path,
        *,
        sha256: str | None = None,
        if_absent: bool = False,
        tell_digest: bool = False,
        options: OutputOptions | None = None,
    ) -> bool:
        """Upload *path*; with `If-None-Match: *` an existing object is left alone."""
        about = object_arguments(uri, options, sha256 if tell_digest else None)
        is_large = path.stat().st_size >= MULTIPART_BYTES
        try:
            with s3_failures(uri):
                if is_large and if_absent:
                    put_parts_if_absent(self.client, uri, path, about)
                elif is_large:
                    s3_transfer.put_parts(self.client, uri, path, about)
                else:
                    s3_transfer.put_whole(
                        self.client, uri, path, about, sha256=sha256, if_absent=if_absent
                    )
        except SomebodyWasFirst:
            return False
        return True

    def begin_parts(self, uri: ObjectUri, options: OutputOptions) -> S3PartUpload:
        """Begin a multipart upload."""
        return S3PartUpload(self.client, uri, object_arguments(uri, options))

    def link(self, uri: ObjectUri, expires_s: int, download_name: str | None = None) -> str:
        """Sign a GET (Signature Version 4: for 7 days at most)."""
        asked = {"Bucket": uri.bucket, "Key": uri.key}
        if download_name is not None:
            asked["ResponseContentDisposition"] = attachment(download_name)
        with s3_failures(uri):
            return self.client.generate_presigned_url(
                "get_object", Params=asked, ExpiresIn=expires_s
            )

    def _check(self) -> None:
        for check in tuple(self._checks):
            check()
