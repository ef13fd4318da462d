"""
What a bucket's service has to do: the only thing that the rest of fanreel knows of it.

Each cloud has one class for it (`aws/storage/s3_store.py`). Its failures are always these:

    StorageUnavailable      no answer or a passing failure, after retries; retryable
    S3UriNotAllowed         access denied, no such bucket, no credentials; terminal
    ArtifactDigestMismatch  the bytes are not what the service's checksum promises; retryable
    DiskFull                no room for what is downloaded; retryable
    UnexpectedError         any other refusal; terminal
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from fanreel.errors import AssetNotFound, RenderError
from fanreel.storage.uris import ObjectUri

if TYPE_CHECKING:
    from fanreel.storage.outputs import OutputOptions

REFRESH_AFTER_S = 12 * 3600
"""
What is found in the bucket and older than this is written anew in place, so that an expiry rule
(one day at least) does not take it away in the middle of the render that counts on it.
"""
WORKERS = 16
"""Requests at once: fills a function's network long before its processor."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file's bytes have to be."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """What a look-up or a list tells of an object."""

    uri: ObjectUri
    size_bytes: int
    modified: datetime
    sha256: str | None = None
    """What whoever put it says of its bytes; a list does not tell."""

    @property
    def is_stale(self) -> bool:
        """Old enough for an expiry rule to be near."""
        return datetime.now(UTC) - self.modified > timedelta(seconds=REFRESH_AFTER_S)


class RequestCounts:
    """Requests as clouds bill them; deletions are free."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Begin again at zero."""
        self.writes = self.reads = 0

    def add(self, *, write: bool) -> None:
        """Count one request; from any thread."""
        with self._lock:
            self.writes += write
            self.reads += not write


class PartUpload(Protocol):
    """One object on its way in parts, which may come in any order and from many threads."""

    def send(self, number: int, path: Path) -> None:
        """Send part *number*, from 1."""

    def complete(self) -> None:
        """Make the object of its parts; it appears whole."""

    def abort(self) -> None:
        """Leave no parts behind, as far as that can be done; raises nothing."""


class ObjectStore(Protocol):
    """Objects of one service. Raises as the module says, wherever it sends a request."""

    @property
    def scheme(self) -> str:
        """Of the URIs it takes."""

    def count(self, counts: RequestCounts) -> None:
        """Add every request from now on to *counts*, each attempt of it."""

    def watch(self, check: Callable[[], None]) -> AbstractContextManager[None]:
        """
        Call *check* before every request, and as bytes come, on whatever thread.

        What it raises ends the request; what cleans up after that is not checked.
        """

    def look_up(self, uri: ObjectUri) -> StoredObject | None:
        """Return what is at *uri*, or None."""

    def list_objects(self, folder: ObjectUri) -> Iterator[StoredObject]:
        """Yield every object below *folder* in key order, 1000 a request."""

    def list_folders(self, folder: ObjectUri) -> Iterator[ObjectUri]:
        """Yield the folders directly in *folder*, 1000 a request."""

    def read_bytes(
        self,
        uri: ObjectUri,
        *,
        limit_bytes: int,
        missing: type[RenderError] = AssetNotFound,
    ) -> bytes:
        """
        Read a small object whole.

        Raises:
            UnexpectedError: It is larger than *limit_bytes*. Terminal.
            missing: There is none.
        """

    def read_version(self, uri: ObjectUri) -> tuple[bytes, str] | None:
        """Read a small object, and what `write_version()` knows its present state by."""

    def write_bytes(
        self, uri: ObjectUri, data: bytes, *, content_type: str = "application/json"
    ) -> None:
        """Write a small object whole, replacing what was there."""

    def write_version(self, uri: ObjectUri, data: bytes, version: str | None) -> bool:
        """
        Write a small JSON document, which no cache keeps, over this *version* of it.

        Returns:
            False if another is there by now, and nothing was written; None is for nothing there.
        """

    def refresh(self, found: StoredObject) -> None:
        """Make an object young again by copying it onto itself."""

    def delete_objects(self, uris: Iterable[ObjectUri]) -> int:
        """Delete objects of one bucket, if they are there; gives how many were named."""

    def download(
        self,
        uri: ObjectUri,
        path: Path,
        expected: Content | None = None,
        missing: type[RenderError] = AssetNotFound,
    ) -> Content:
        """
        Write an object's bytes to *path*, hashed as they stream.

        Its size is looked up, unless *expected* says it: only large ones come in ranges.
        """

    def put_file(
        self,
        uri: ObjectUri,
        path: Path,
        *,
        sha256: str | None = None,
        if_absent: bool = False,
        tell_digest: bool = False,
        options: "OutputOptions | None" = None,
    ) -> bool:
        """
        Upload *path*, a file that does not change meanwhile.

        Args:
            uri: Where to; the extension decides the content type.
            path: The file.
            sha256: Its digest, if known: the service may then check the bytes against it.
            if_absent: Leave an existing object alone.
            tell_digest: Keep the digest beside the object, for whoever fetches it; needs *sha256*.
            options: How it lies there.
        Returns:
            False if there was one already and it was left alone.
        """

    def begin_parts(self, uri: ObjectUri, options: "OutputOptions") -> PartUpload:
        """Begin an object that is sent in parts."""

    def link(self, uri: ObjectUri, expires_s: int, download_name: str | None = None) -> str:
        """Return a link to an object, whether or not it is there, that works for so long."""


def in_parallel(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """
    Do *work* on all items, `WORKERS` at once; results in order.

    A failure keeps what has not begun from beginning; the first in order is raised, once nothing
    runs any more (each request's wait is bounded).
    """
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="storage") as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    # Begun in order, so whatever was cancelled comes after what failed.
    return [future.result() for future in futures]
