"""
Assembling what is larger than the disk: segments come as they are needed, parts leave as they fill.

Only a few of both lie on the disk, so a video may be as large as an object of S3 and the time of
one invocation allow. Whoever joins them (`assembly.assemble_parts`) waits for either side.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanreel.aws.storage.failures import s3_failures
from fanreel.aws.storage.objects import StoredObject, in_parallel
from fanreel.aws.storage.segments import fetch_segment
from fanreel.aws.storage.transfer import (
    MAX_PARTS,
    PART_BYTES,
    Content,
    HashingWriter,
    content_type,
    fetch_into,
    put_file,
)
from fanreel.aws.storage.uris import S3Uri
from fanreel.encode.part_files import FIRST_PART
from fanreel.errors import RenderCancelled
from fanreel.results import AssembleResult

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_LOOK_S = 0.02
_SPARE = 1.1
"""What an index may add to the segments' bytes, generously."""


def part_size(found: Sequence[StoredObject]) -> int:
    """Return the bytes of a part for a video of these segments: S3 takes 10 000 of one object."""
    total_bytes = sum(segment.size_bytes for segment in found)
    return max(PART_BYTES, int(_SPARE * total_bytes) // MAX_PARTS + 1)


class Streaming:
    """
    What runs beside the step that joins: one thread brings segments, one takes parts away.

    Args:
        client: Of the segments, from `connect()`.
        output_client: Of the video.
        uri: Of the video; it appears whole or not at all.
        work_dir: Where segments and parts lie meanwhile.
        room_bytes: That segments may take; one is brought in any case.
        cancel: Ends the step when one of the threads fails; what failed is raised then.
        options: More arguments of S3's for the video.
    """

    def __init__(
        self,
        client: "S3Client",
        output_client: "S3Client",
        uri: S3Uri,
        work_dir: Path,
        room_bytes: int,
        cancel: Callable[[], None],
        options: Mapping[str, Any],
    ) -> None:
        self._options = options
        self._segment_client, self._client = client, output_client
        self._uri, self._cancel = uri, cancel
        self._segments_dir, self.parts_dir = work_dir / "segments", work_dir / "parts"
        self._room_bytes = room_bytes
        self._lock = threading.Lock()
        self._stop, self._joined = threading.Event(), threading.Event()
        self._failure: BaseException | None = None
        self._upload_id: str | None = None
        self._parts: dict[int, CompletedPartTypeDef] = {}

    def assemble(
        self, found: Sequence[StoredObject], step: Callable[[list[Path]], AssembleResult]
    ) -> tuple[AssembleResult, Content]:
        """
        Join segments that were found.

        Args:
            found: In order.
            step: Given the places where the segments will be; writes `parts_dir`.
        Returns:
            What the step gave, and what S3 holds, read back.
        Raises:
            What *step*, `fetch_segment()` and `s3_failures()` do.
        """
        self._segments_dir.mkdir()
        self.parts_dir.mkdir()
        paths = [self._segments_dir / segment.uri.name for segment in found]
        with self._aborting():
            with self._beside(lambda: self._bring(found, paths)), self._beside(self._take_away):
                try:
                    result = step(paths)
                except RenderCancelled:
                    if self._failure is not None:
                        raise self._failure from None
                    raise
                self._joined.set()
            if self._failure is not None:
                raise self._failure
            self._complete()
        return result, self._read_back()

    @contextlib.contextmanager
    def _beside(self, work: Callable[[], None]) -> Iterator[None]:
        def run() -> None:
            try:
                work()
            except BaseException as exc:  # noqa: BLE001 (raised where the step was called)
                self._failure = self._failure or exc
                self._stop.set()
                self._cancel()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        except BaseException:
            self._stop.set()
            raise
        finally:
            thread.join()

    def _bring(self, found: Sequence[StoredObject], paths: Sequence[Path]) -> None:
        for segment, path in zip(found, paths, strict=True):
            while self._is_crowded(segment.size_bytes):
                if self._stop.wait(_LOOK_S):
                    return
            fetch_segment(self._segment_client, segment, path)

    def _is_crowded(self, more_bytes: int) -> bool:
        here_bytes = 0
        for path in self._segments_dir.iterdir():
            with contextlib.suppress(FileNotFoundError):  # done with in this moment
                here_bytes += path.stat().st_size
        return bool(here_bytes) and here_bytes + more_bytes > self._room_bytes

    def _take_away(self) -> None:
        while not self._stop.is_set():
            last_look = self._joined.is_set()
            waiting = sorted(self.parts_dir.glob("[0-9]*"))
            in_parallel(self._send, waiting)
            if not waiting:
                if last_look:
                    return
                self._stop.wait(_LOOK_S)

    def _send(self, path: Path) -> None:
        with s3_failures(self._uri):
            self._send_part(int(path.name), path)
        path.unlink()

    def _send_part(self, number: int, path: Path) -> None:
        with path.open("rb") as file:
            sent = self._client.upload_part(
                Bucket=self._uri.bucket,
                Key=self._uri.key,
                UploadId=self._upload(),
                PartNumber=number,
                Body=file,
                ChecksumAlgorithm="CRC32",
            )
        self._parts[number] = {
            "PartNumber": number,
            "ETag": sent["ETag"],
            "ChecksumCRC32": sent["ChecksumCRC32"],
        }

    def _upload(self) -> str:
        with self._lock:
            if self._upload_id is None:
                self._upload_id = self._client.create_multipart_upload(
                    Bucket=self._uri.bucket,
                    Key=self._uri.key,
                    ContentType=content_type(self._uri),
                    ChecksumAlgorithm="CRC32",
                    **self._options,
                )["UploadId"]
            return self._upload_id

    def _complete(self) -> None:
        first = self.parts_dir / FIRST_PART
        if not self._parts:
            put_file(self._client, self._uri, first, options=self._options)
            return
        with s3_failures(self._uri):
            self._send_part(1, first)
            self._client.complete_multipart_upload(
                Bucket=self._uri.bucket,
                Key=self._uri.key,
                UploadId=self._upload(),
                MultipartUpload={"Parts": [self._parts[n] for n in sorted(self._parts)]},
            )
        self._upload_id = None

    @contextlib.contextmanager
    def _aborting(self) -> Iterator[None]:
        """Leave no parts behind; what stays all the same, the bucket's abort rule clears."""
        try:
            yield
        except BaseException:
            if self._upload_id is not None:
                with contextlib.suppress(Exception):
                    self._client.abort_multipart_upload(
                        Bucket=self._uri.bucket, Key=self._uri.key, UploadId=self._upload_id
                    )
            raise

    def _read_back(self) -> Content:
        """Return what S3 holds: the index went last, so nobody has seen the bytes in order."""
        with Path(os.devnull).open("wb") as nowhere, s3_failures(self._uri):
            writer = HashingWriter(self._client, nowhere)
            fetch_into(self._client, self._uri, writer)
        return writer.content
