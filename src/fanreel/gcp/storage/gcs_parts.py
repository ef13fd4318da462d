"""
An object of many parts: each an object of its own, composed when all are there.

A resumable upload takes its bytes in order, and the first part of a video comes last. Composing
copies nothing; it takes 32 objects at a time, so more are composed in layers.
"""

import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from fanreel.gcp.storage.gcs_client import dies_after
from fanreel.storage.outputs import OutputOptions
from fanreel.storage.store import in_parallel
from fanreel.storage.uris import ObjectUri

_COMPOSED_AT_ONCE = 32  # the service's limit
_PARTS_LIVE_DAYS = 1
"""Then the bucket's rule deletes those of an upload that was killed."""


class Composer(Protocol):
    """What a store does for it."""

    def put_part(self, uri: ObjectUri, path: Path, dies: datetime) -> None:
        """Upload an object that is there only meanwhile."""

    def compose(
        self,
        uri: ObjectUri,
        parts: Sequence[ObjectUri],
        options: OutputOptions | None = None,
        dies: datetime | None = None,
    ) -> None:
        """Make one object of up to 32, which stay."""

    def delete_objects(self, uris: Iterable[ObjectUri]) -> int:
        """Delete objects."""

    def clean_up(self, uris: Iterable[ObjectUri]) -> None:
        """Delete objects after a failure, unwatched; raises nothing."""


class GcsPartUpload:
    """A `fanreel.storage.store.PartUpload` by composing."""

    def __init__(self, store: Composer, uri: ObjectUri, options: OutputOptions) -> None:
        self._store, self._uri, self._options = store, uri, options
        self._folder = uri.at(f"{uri.key}.parts-{uuid.uuid4().hex[:12]}/")
        self._dies = dies_after(_PARTS_LIVE_DAYS)
        self._parts: dict[int, ObjectUri] = {}
        self._made: list[ObjectUri] = []
        self._lock = threading.Lock()

    def send(self, number: int, path: Path) -> None:
        """Send part *number*."""
        uri = self._note(f"{number:05d}")
        self._store.put_part(uri, path, self._dies)
        self._parts[number] = uri

    def complete(self) -> None:
        """Compose the object of its parts, and delete these."""
        parts = [self._parts[number] for number in sorted(self._parts)]
        layer = 0
        while len(parts) > _COMPOSED_AT_ONCE:
            layer += 1
            parts = in_parallel(self._join(layer), list(enumerate(_batches(parts))))
        self._store.compose(self._uri, parts, self._options)
        self._store.delete_objects(self._made)

    def abort(self) -> None:
        """Leave no parts behind; what stays all the same, the bucket's rule clears."""
        self._store.clean_up(self._made)

    def _join(self, layer: int) -> Callable[[tuple[int, Sequence[ObjectUri]]], ObjectUri]:
        def join(batch: tuple[int, Sequence[ObjectUri]]) -> ObjectUri:
            uri = self._note(f"joined-{layer}-{batch[0]:05d}")
            self._store.compose(uri, batch[1], dies=self._dies)
            return uri

        return join

    def _note(self, name: str) -> ObjectUri:
        uri = self._folder.joined(name)
        with self._lock:
            self._made.append(uri)
        return uri


def _batches(parts: Sequence[ObjectUri]) -> list[Sequence[ObjectUri]]:
    starts = range(0, len(parts), _COMPOSED_AT_ONCE)
    return [parts[start : start + _COMPOSED_AT_ONCE] for start in starts]
