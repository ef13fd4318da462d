"""
`progress.json`: how far a render is, for browsers and whoever else may not list the bucket.

Any worker may write it. Of those that run, about one does every two seconds, by lot, so that it
costs the same for one worker and for a thousand.
"""

import json
import random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from fanreel.aws.storage import layout
from fanreel.aws.storage.failures import error_code, s3_failures
from fanreel.aws.storage.progress import (
    Invocation,
    describe_progress,
    read_progress_of,
)
from fanreel.aws.storage.uris import S3Uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EVERY_S = 2.0
"""Between two writes by any worker of a render, about."""
_SOMEBODY_WAS_FASTER = ("409", "412", "ConditionalRequestConflict", "PreconditionFailed")
_OTHERS_AT_FIRST = 20
"""Workers that a chunk's takes to be there before it has looked."""


class ProgressDocument:
    """
    One worker's part in the document of its render.

    Args:
        client: From `connect()`.
        folder: The render's.
        invocation: Of this worker.
    """

    def __init__(self, client: "S3Client", folder: S3Uri, invocation: Invocation) -> None:
        self._client, self._folder, self._invocation = client, folder, invocation
        self._uri = layout.progress_document(folder)
        self._running = 1 if invocation.chunk_index is None else _OTHERS_AT_FIRST
        self._over = False

    def beat(self) -> None:
        """Write it if the lot falls on this worker. Raises as `s3_failures()`."""
        if not self._over and random.random() * self._running < 1:  # noqa: S311 (no secret)
            self.write()

    def write(self) -> None:
        """Write it now, unless the render has ended since this worker began."""
        activity = read_progress_of(self._folder, self._client)
        self._running = max(1, len(activity.unended))
        with s3_failures(self._uri):
            found, tag = self._read()
            if found.get("Status", "RUNNING") != "RUNNING":
                self._over = int(found.get("StoppedAtMs") or 0) >= self._invocation.started_ms
            if not self._over:
                self._put(describe_progress(activity), tag)

    def _read(self) -> tuple[dict[str, Any], str | None]:
        try:
            answer = self._client.get_object(Bucket=self._uri.bucket, Key=self._uri.key)
        except ClientError as exc:
            if error_code(exc) in ("404", "NoSuchKey"):
                return {}, None
            raise
        with answer["Body"] as body:
            try:
                found = json.loads(body.read())
            except ValueError:  # anyone who may write to the bucket may leave anything there
                found = None
        return (found if isinstance(found, dict) else {}), answer["ETag"]

    def _put(self, document: dict[str, Any], tag: str | None) -> None:
        # Whoever was faster has newer numbers, or knows that the render has ended.
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        try:
            self._client.put_object(
                Bucket=self._uri.bucket,
                Key=self._uri.key,
                Body=json.dumps(document).encode(),
                ContentType="application/json",
                CacheControl="no-store",
                **condition,
            )
        except ClientError as exc:
            if error_code(exc) not in _SOMEBODY_WAS_FASTER:
                raise
