"""
`progress.json`: how far a render is, for browsers and whoever else may not list the bucket.

Any worker may write it. Of those that run, about one does every two seconds, by lot, so that it
costs the same for one worker and for a thousand.
"""

import json
import random
from typing import Any

from fanreel.storage import layout
from fanreel.storage.invocations import Invocation
from fanreel.storage.progress import describe_progress, read_progress_of
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri

EVERY_S = 2.0
"""Between two writes by any worker of a render, about."""
_OTHERS_AT_FIRST = 20
"""Workers that a chunk's takes to be there before it has looked."""


class ProgressDocument:
    """
    One worker's part in the document of its render.

    Args:
        store: Of the bucket.
        folder: The render's.
        invocation: Of this worker.
    """

    def __init__(self, store: ObjectStore, folder: ObjectUri, invocation: Invocation) -> None:
        self._store, self._folder, self._invocation = store, folder, invocation
        self._uri = layout.progress_document(folder)
        self._running = 1 if invocation.chunk_index is None else _OTHERS_AT_FIRST
        self._over = False

    def beat(self) -> None:
        """Write it if the lot falls on this worker. Raises as `store`."""
        if not self._over and random.random() * self._running < 1:  # noqa: S311 (no secret)
            self.write()

    def write(self) -> None:
        """Write it now, unless the render has ended since this worker began."""
        activity = read_progress_of(self._folder, self._store)
        self._running = max(1, len(activity.unended))
        found, version = self._read()
        if found.get("Status", "RUNNING") != "RUNNING":
            self._over = int(found.get("StoppedAtMs") or 0) >= self._invocation.started_ms
        if not self._over:
            # Whoever was faster has newer numbers, or knows that the render has ended.
            document = json.dumps(describe_progress(activity)).encode()
            self._store.write_version(self._uri, document, version)

    def _read(self) -> tuple[dict[str, Any], str | None]:
        answer = self._store.read_version(self._uri)
        if answer is None:
            return {}, None
        data, version = answer
        try:
            found = json.loads(data)
        except ValueError:  # anyone who may write to the bucket may leave anything there
            found = None
        return (found if isinstance(found, dict) else {}), version
