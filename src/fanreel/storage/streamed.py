"""
Assembling what is larger than the disk: segments come as they are needed, parts leave as they fill.

Only a few of both lie on the disk, so a video may be as large as an object and the time of
one invocation allow. Whoever joins them (`assembly.assemble_parts`) waits for either side.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fanreel.encode.part_files import FIRST_PART
from fanreel.errors import RenderCancelled
from fanreel.results import AssembleResult
from fanreel.storage.outputs import OutputOptions
from fanreel.storage.segments import fetch_segment
from fanreel.storage.store import Content, ObjectStore, PartUpload, StoredObject, in_parallel
from fanreel.storage.transfer import MAX_PARTS, PART_BYTES, read_back
from fanreel.storage.uris import ObjectUri

_LOOK_S = 0.02
_SPARE = 1.1
"""What an index may add to the segments' bytes, generously."""


def part_size(found: Sequence[StoredObject]) -> int:
    """Return the bytes of a part for a video of these segments: S3 takes 10 000 of an object."""
    total_bytes = sum(segment.size_bytes for segment in found)
    return max(PART_BYTES, int(_SPARE * total_bytes) // MAX_PARTS + 1)


class Streaming:
    """
    What runs beside the step that joins: one thread brings segments, one takes parts away.

    Args:
        store: Of the segments.
        output_store: Of the video.
        uri: Of the video; it appears whole or not at all.
        work_dir: Where segments and parts lie meanwhile.
        room_bytes: That segments may take; one is brought in any case.
        cancel: Ends the step when one of the threads fails; what failed is raised then.
        options: How the video lies there.
    """

    def __init__(
        self,
        store: ObjectStore,
        output_store: ObjectStore,
        uri: ObjectUri,
        work_dir: Path,
        room_bytes: int,
        cancel: Callable[[], None],
        options: OutputOptions,
    ) -> None:
        self._options = options
        self._store, self._output_store = store, output_store
        self._uri, self._cancel = uri, cancel
        self._segments_dir, self.parts_dir = work_dir / "segments", work_dir / "parts"
        self._room_bytes = room_bytes
        self._lock = threading.Lock()
        self._stop, self._joined = threading.Event(), threading.Event()
        self._failure: BaseException | None = None
        self._upload: PartUpload | None = None

    def assemble(
        self, found: Sequence[StoredObject], step: Callable[[list[Path]], AssembleResult]
    ) -> tuple[AssembleResult, Content]:
        """
        Join segments that were found.

        Args:
            found: In order.
            step: Given the places where the segments will be; writes `parts_dir`.
        Returns:
            What the step gave, and what the bucket holds, read back.
        Raises:
            What *step*, `fetch_segment()` and `store` do.
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
        # The index went last, so nobody has seen the bytes in order.
        return result, read_back(self._output_store, self._uri)

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
            fetch_segment(self._store, segment, path)

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
        self._begun().send(int(path.name), path)
        path.unlink()

    def _begun(self) -> PartUpload:
        with self._lock:
            if self._upload is None:
                self._upload = self._output_store.begin_parts(self._uri, self._options)
            return self._upload

    def _complete(self) -> None:
        first = self.parts_dir / FIRST_PART
        if self._upload is None:
            self._output_store.put_file(self._uri, first, options=self._options)
            return
        self._upload.send(1, first)
        self._upload.complete()
        self._upload = None

    @contextlib.contextmanager
    def _aborting(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            if self._upload is not None:
                self._upload.abort()
            raise
