"""
Files ⇄ objects: whole or not at all, whichever service the bucket is of.

Small objects take one request each (a manifest knows their size, so no look-up); large ones go
in parallel parts and ranges. Digests are taken as bytes stream.
"""

import hashlib
import mimetypes
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO

from fanreel.errors import ArtifactDigestMismatch, AssetNotFound, RenderError
from fanreel.storage.store import Content, ObjectStore
from fanreel.storage.uris import ObjectUri

MULTIPART_BYTES = 32 * 1024**2
"""From this size on, parts and ranges in parallel."""
PART_BYTES = 16 * 1024**2
MAX_PARTS = 10_000
"""S3's limit."""
STREAM_BYTES = 1024**2
"""Read of a body at once."""


def fetch_file(
    store: ObjectStore,
    uri: ObjectUri,
    path: Path,
    *,
    expected: Content | None = None,
    missing: type[RenderError] = AssetNotFound,
) -> Content:
    """
    Download *uri* to *path*, which appears whole or not at all.

    Args:
        store: Where it lies.
        uri: What to fetch.
        path: Where to; its folder is made.
        expected: What the bytes must be, if known; saves a request for small objects.
        missing: What to raise when there is no such object.
    Raises:
        ArtifactDigestMismatch: Other bytes than expected. Retryable. Otherwise as `store`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        content = store.download(uri, aside, expected, missing)
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


def read_back(store: ObjectStore, uri: ObjectUri) -> Content:
    """Return what the bytes of an object are, without keeping them. Raises as `store`."""
    return store.download(uri, Path(os.devnull))


def put_file_once(store: ObjectStore, uri: ObjectUri, path: Path, sha256: str) -> bool:
    """
    Make sure that content-addressed *uri* holds *path*, and will for the length of a render.

    Returns:
        Whether it was uploaded; False if the bucket had it.
    Raises:
        As `store`.
    """
    found = store.look_up(uri)
    if found is None or found.size_bytes != path.stat().st_size:
        return store.put_file(uri, path, sha256=sha256)
    if found.is_stale:
        store.refresh(found)
    return False


def content_type(uri: ObjectUri) -> str:
    """Return the media type that an object's extension says."""
    return mimetypes.guess_type(uri.name)[0] or "application/octet-stream"


class HashingWriter:
    """
    A file that is only ever appended to, hashed on the way.

    It has no `seek`, on purpose: boto3's transfer manager then fetches ranges in parallel but hands
    them over in order (its `DownloadNonSeekableOutputManager`, at most 10 MB waiting).

    Args:
        file: Where the bytes go.
        check: Called as they come; what it raises ends the download.
    """

    def __init__(self, file: IO[bytes], check: Callable[[], None]) -> None:
        self._file, self._check = file, check
        self._hash = hashlib.sha256()
        self._size_bytes = 0

    def write(self, data: bytes) -> int:
        """Append *data*."""
        self._hash.update(data)
        self._size_bytes += len(data)
        self._check()
        return self._file.write(data)

    @property
    def content(self) -> Content:
        """What was written so far."""
        return Content(sha256=self._hash.hexdigest(), size_bytes=self._size_bytes)
