"""Objects of Cloud Storage, as its library has them: described to it, and told of by it."""

from collections.abc import Callable
from typing import IO

from google.cloud.storage import Blob

from fanreel.gcp.storage.gcs_client import dies_after
from fanreel.storage.outputs import OutputOptions, attachment
from fanreel.storage.store import StoredObject
from fanreel.storage.transfer import PART_BYTES, content_type
from fanreel.storage.uris import ObjectUri

DIGEST = "sha256"
"""Of an object's metadata: its digest, by which whoever fetches it later tells what was put."""
# What S3 has by other names; "INTELLIGENT_TIERING" leaves it to the bucket's Autoclass.
_CLASSES = {"STANDARD_IA": "NEARLINE", "ONEZONE_IA": "NEARLINE", "GLACIER_IR": "ARCHIVE"}


def describe(blob: Blob, uri: ObjectUri, options: OutputOptions | None) -> None:
    """Say of an object that is going to be sent how it is to lie there."""
    blob.chunk_size = PART_BYTES  # of which a large upload takes one at a time into memory
    blob.content_type = content_type(uri)
    if options is None:
        return
    if options.storage_class in _CLASSES:
        blob.storage_class = _CLASSES[options.storage_class]
    if options.download_name is not None:
        blob.content_disposition = attachment(options.download_name)
    if options.tags:
        blob.metadata = dict(options.tags)
    if options.expires_in_days is not None:
        blob.custom_time = dies_after(options.expires_in_days)


def stored(uri: ObjectUri, blob: Blob) -> StoredObject:
    """Return what a look-up or a list tells of an object."""
    return StoredObject(
        uri=uri,
        size_bytes=int(blob.size),
        modified=blob.time_created,  # of this generation: what an expiry rule goes by
        sha256=(blob.metadata or {}).get(DIGEST),
    )


class CheckedFile:
    """
    A file on its way.

    Args:
        file: What is sent.
        check: Called at every read; what it raises ends the upload.
    """

    def __init__(self, file: IO[bytes], check: Callable[[], None]) -> None:
        self._file, self._check = file, check

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        self._check()
        return self._file.read(size)

    def tell(self) -> int:
        """Return how far it is."""
        return self._file.tell()

    def seek(self, position: int, whence: int = 0) -> int:
        """Go elsewhere: an upload that broke off goes on where it did."""
        return self._file.seek(position, whence)
