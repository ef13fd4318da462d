"""Objects in Cloud Storage. Only this package calls it."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, cast

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud.storage import Blob, Client

from fanreel.errors import AssetNotFound, RenderError, StorageUnavailable, UnexpectedError
from fanreel.gcp.storage.failures import WAIT_S, gcs_failures, retrying, status_of
from fanreel.gcp.storage.gcs_client import SCHEME, sign
from fanreel.gcp.storage.gcs_objects import DIGEST, CheckedFile, describe, stored
from fanreel.gcp.storage.gcs_parts import GcsPartUpload
from fanreel.storage.outputs import OutputOptions, attachment
from fanreel.storage.store import Content, RequestCounts, StoredObject, in_parallel
from fanreel.storage.transfer import HashingWriter, content_type
from fanreel.storage.uris import ObjectUri

_PAGE = 1000
_READS_OF_ONE_STATE = 5


class GcsObjectStore:
    """
    A `fanreel.storage.store.ObjectStore` over a client of google-cloud-storage.

    Args:
        client: From `connect()`.
    """

    scheme = SCHEME

    def __init__(self, client: Client) -> None:
        self.client = client
        self._checks: list[Callable[[], None]] = []
        self._counts: list[RequestCounts] = []

    def count(self, counts: RequestCounts) -> None:
        """Add every request from now on to *counts*, each attempt of it."""
        self._counts.append(counts)

    @contextlib.contextmanager
    def watch(self, check: Callable[[], None]) -> Iterator[None]:
        """Call *check* before every request, and as bytes come and go."""
        self._checks.append(check)
        try:
            yield
        finally:
            self._checks.remove(check)

    def look_up(self, uri: ObjectUri) -> StoredObject | None:
        """Return what is at *uri*, or None."""
        with gcs_failures(uri):
            blob = self.client.bucket(uri.bucket).get_blob(uri.key, **self._request(write=False))
        return None if blob is None else stored(uri, blob)

    def list_objects(self, folder: ObjectUri) -> Iterator[StoredObject]:
        """Yield every object below *folder* in key order, 1000 a request."""
        for page in self._pages(folder):
            for blob in page:
                yield stored(folder.at(blob.name), blob)

    def list_folders(self, folder: ObjectUri) -> Iterator[ObjectUri]:
        """Yield the folders directly in *folder*, 1000 a request."""
        for page in self._pages(folder, delimiter="/"):
            for prefix in sorted(page.prefixes):
                yield folder.at(prefix)

    def read_bytes(
        self,
        uri: ObjectUri,
        *,
        limit_bytes: int,
        missing: type[RenderError] = AssetNotFound,
    ) -> bytes:
        """Read a small object whole."""
        with gcs_failures(uri, missing):
            try:
                data: bytes = self._blob(uri).download_as_bytes(
                    end=limit_bytes, **self._request(write=False)
                )
            except Exception as exc:
                if status_of(exc) != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    raise
                data = b""  # of an empty object there is no range
        if len(data) > limit_bytes:
            raise UnexpectedError(
                f"{uri} is larger than {limit_bytes} bytes", uri=str(uri), limit_bytes=limit_bytes
            )
        return data

    def read_version(self, uri: ObjectUri) -> tuple[bytes, str] | None:
        """Read a small object and its generation."""
        for _ in range(_READS_OF_ONE_STATE):
            with gcs_failures(uri):
                bucket = self.client.bucket(uri.bucket)
                blob = bucket.get_blob(uri.key, **self._request(write=False))
                if blob is None:
                    return None
                # Another state may be there by now.
                with contextlib.suppress(NotFound, PreconditionFailed):
                    data = blob.download_as_bytes(
                        if_generation_match=blob.generation, **self._request(write=False)
                    )
                    return data, str(blob.generation)
        raise StorageUnavailable(f"{uri} is written too often to be read", uri=str(uri))

    def write_bytes(
        self, uri: ObjectUri, data: bytes, *, content_type: str = "application/json"
    ) -> None:
        """Write a small object whole, replacing what was there."""
        with gcs_failures(uri):
            self._blob(uri).upload_from_string(
                data, content_type=content_type, **self._request(write=True)
            )

    def write_version(self, uri: ObjectUri, data: bytes, version: str | None) -> bool:
        """Write a small JSON document if its generation is still *version*; 0 where none is."""
        blob = self._blob(uri)
        blob.cache_control = "no-store"
        with gcs_failures(uri):
            try:
                blob.upload_from_string(
                    data,
                    content_type="application/json",
                    if_generation_match=int(version or 0),
                    **self._request(write=True),
                )
            except PreconditionFailed:
                return False
        return True

    def refresh(self, found: StoredObject) -> None:
        """Make an object young again by copying it onto itself, metadata and all."""
        uri = found.uri
        with gcs_failures(uri):
            bucket = self.client.bucket(uri.bucket)
            bucket.copy_blob(bucket.blob(uri.key), bucket, **self._request(write=True))

    def delete_objects(self, uris: Iterable[ObjectUri]) -> int:
        """Delete objects, if they are there; gives how many were named."""
        pending = list(uris)
        in_parallel(self._delete, pending)
        return len(pending)

    def download(
        self,
        uri: ObjectUri,
        path: Path,
        expected: Content | None = None,
        missing: type[RenderError] = AssetNotFound,
    ) -> Content:
        """Write an object's bytes to *path*; a stream that breaks off goes on where it did."""
        del expected  # no request is saved by it
        with gcs_failures(uri, missing), path.open("wb") as file:
            writer = HashingWriter(file, self._check)
            self._blob(uri).download_to_file(
                cast("IO[bytes]", writer), **self._request(write=False)
            )
        return writer.content

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
        """Upload *path*; with generation 0 an existing object is left alone."""
        blob = self._described(uri, options)
        if tell_digest:
            blob.metadata = {**(blob.metadata or {}), DIGEST: sha256}
        return self._upload(uri, blob, path, **({"if_generation_match": 0} if if_absent else {}))

    def begin_parts(self, uri: ObjectUri, options: OutputOptions) -> GcsPartUpload:
        """Begin an object that is composed of parts."""
        return GcsPartUpload(self, uri, options)

    def put_part(self, uri: ObjectUri, path: Path, dies: datetime) -> None:
        """Upload an object that is there only meanwhile."""
        blob = self._described(uri, None)
        blob.custom_time = dies
        self._upload(uri, blob, path)

    def compose(
        self,
        uri: ObjectUri,
        parts: Sequence[ObjectUri],
        options: OutputOptions | None = None,
        dies: datetime | None = None,
    ) -> None:
        """Make one object of up to 32, which stay."""
        blob = self._described(uri, options)
        if dies is not None:
            blob.custom_time = dies
        with gcs_failures(uri):
            blob.compose([self._blob(part) for part in parts], **self._request(write=True))

    def clean_up(self, uris: Iterable[ObjectUri]) -> None:
        """Delete objects after a failure, unwatched; raises nothing."""
        for uri in uris:
            with contextlib.suppress(Exception):
                self._blob(uri).delete(timeout=WAIT_S, retry=None)

    def link(self, uri: ObjectUri, expires_s: int, download_name: str | None = None) -> str:
        """Sign a GET (version 4: for 7 days at most), by key or through IAM."""
        with gcs_failures(uri):
            return sign(
                self._blob(uri),
                timedelta(seconds=expires_s),
                attachment(download_name) if download_name is not None else None,
            )

    def _pages(self, folder: ObjectUri, **more: Any) -> Iterator[Any]:
        with gcs_failures(folder):
            found = self.client.list_blobs(
                folder.bucket, prefix=folder.key, page_size=_PAGE, **more,
                **self._request(write=True),
            )  # fmt: skip
            pages = iter(found.pages)
            seen: set[str] = set()
            while (page := next(pages, None)) is not None:
                page.prefixes = set(found.prefixes) - seen
                seen |= page.prefixes
                yield page
                if found.next_page_token:
                    self._begin(write=True)

    def _upload(self, uri: ObjectUri, blob: Blob, path: Path, **conditions: Any) -> bool:
        with gcs_failures(uri), path.open("rb") as file:
            try:
                blob.upload_from_file(
                    CheckedFile(file, self._check),
                    size=path.stat().st_size,
                    content_type=content_type(uri),
                    checksum="crc32c",
                    **conditions,
                    **self._request(write=True),
                )
            except PreconditionFailed:
                return False
        return True

    def _delete(self, uri: ObjectUri) -> None:
        with gcs_failures(uri), contextlib.suppress(NotFound):
            self._check()  # it costs nothing
            self._blob(uri).delete(timeout=WAIT_S, retry=retrying(self._check))

    def _blob(self, uri: ObjectUri) -> Blob:
        return self.client.bucket(uri.bucket).blob(uri.key)

    def _described(self, uri: ObjectUri, options: OutputOptions | None) -> Blob:
        blob = self._blob(uri)
        describe(blob, uri, options)
        return blob

    def _request(self, *, write: bool) -> dict[str, Any]:
        self._begin(write=write)
        return {"timeout": WAIT_S, "retry": retrying(lambda: self._begin(write=write))}

    def _begin(self, *, write: bool) -> None:
        self._check()
        for counts in self._counts:
            counts.add(write=write)

    def _check(self) -> None:
        for check in tuple(self._checks):
            check()
