"""render_chunk(): a plan and an index become the segments of one chunk."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fanreel.digest import measure
from fanreel.encode.aside import remove
from fanreel.encode.chunk import join_chunk
from fanreel.encode.formats import FORMATS
from fanreel.encode.mark import SegmentMark
from fanreel.errors import InvalidConfig
from fanreel.evidence import keeping_screenshot
from fanreel.filming import Camera
from fanreel.media.cache import CacheSettings, CacheStats
from fanreel.timeline import segments_of
from fanreel.verification import VerifiedPlan, verify_plan
from fanreel.work_dir import open_work_dir

# Kept back from the deadline: uploading the last segment, progress and the record of the run.
_UPLOAD_MARGIN_S = 20.0
# A segment may be slower than the slowest one so far.
_SLOWER = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentKey:
    """What names a finished segment for ever: its plan and its frames."""

    plan_hash: str
    start_frame: int
    end_frame: int

    @property
    def name(self) -> str:
        """Sortable file name without suffix."""
        return f"{self.start_frame:08d}-{self.end_frame:08d}"


class SegmentStore(Protocol):
    """Where finished segments outlive the worker that made them."""

    def find(self, key: SegmentKey) -> bool:
        """Tell whether the segment is kept already."""

    def keep(self, key: SegmentKey, path: Path) -> None:
        """Keep the segment at *path*: a file, or for png-sequence a directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkResult:
    """What one call of `render_chunk()` did."""

    chunk_index: int
    path: Path | None
    start_frame: int
    end_frame: int
    done: bool
    next_frame: int
    """First frame not rendered yet; `end_frame` when done."""
    frames_encoded: int
    """Frames this call rendered; those of segments found in the store are not counted."""
    segments_rendered: int
    segments_found: int
    size_bytes: int
    sha256: str
    """Of the chunk file, or of its segments' digests where no file was asked for."""
    cache: CacheStats = field(default_factory=CacheStats)
    """What the extraction cache saved and cost; zeroes where there is none."""


def render_chunk(
    plan_dir: Path | str,
    chunk_index: int,
    output_path: Path | str | None,
    *,
    store: SegmentStore | None = None,
    remaining_s: Callable[[], float] | None = None,
    heartbeat: Callable[[int], None] | None = None,
    cache: CacheSettings | None = None,
) -> ChunkResult:
    """
    Render the frames of chunk *chunk_index*.

    The same plan and index give the same bytes, wherever and in whatever order they are rendered.

    Args:
        plan_dir: As written by `plan()`, or the share of it this chunk needs; only read.
        chunk_index: Chunk number, from 0.
        output_path: File to write (for png-sequence a directory); appears whole or not at all.
            None with a *store*.
        store: Takes each segment when it is finished, in place of a file, and is asked before one
            is rendered.
        remaining_s: Seconds until the caller is killed. The call returns early at a segment
            boundary, with `done=False`, when the next segment would not fit; needs a *store*.
        heartbeat: Called with the frames done so far; what it raises ends the call.
        cache: Where frames of source videos are kept for the next render; None: nowhere. It moves
            no pixel, and whatever goes wrong with it is no error.
    Raises:
        InvalidConfig: Neither a file nor a store was given, or both. Terminal.
        PlanHashMismatch: The plan's bytes are not those its hash promises. Terminal.
        MissingPlanArtifact: A file of the plan is not there. Retryable.
        BrowserCrashed, CaptureTimeout: Twice on one segment. Retryable. What the page showed is
            kept beside *output_path*, as `<stem>.error.png`.
    Source: DESIGN "Segments": closed GOPs, so packets are copied when chunks are joined.
    """
    if (output_path is None) == (store is None):
        raise InvalidConfig(
            "render_chunk() writes a chunk to an output_path or its segments to a store; give one"
        )
    plan = verify_plan(Path(plan_dir), chunk_index)
    output = None if output_path is None else Path(output_path)
    chunk = plan.chunks[chunk_index]
    segments = segments_of(chunk.start_frame, chunk.end_frame, plan.manifest.segment_frames)
    opened = cache.open() if cache else None
    with open_work_dir() as work_dir, Camera(plan, work_dir, cache=opened) as camera:
        work = _ChunkWork(plan, camera, work_dir, store, heartbeat)
        with keeping_screenshot(output):
            done = work.render(segments, remaining_s)
        size_bytes, digest = 0, work.digest
        if output is not None:
            mark = SegmentMark(plan_hash=plan.manifest.plan_hash, start_frame=chunk.start_frame)
            join_chunk(
                work.files,
                output,
                output_format=plan.locked.format,
                fps=plan.manifest.fps,
                mark=mark,
            )
            size_bytes, digest = measure(output)
    return ChunkResult(
        chunk_index=chunk_index,
        path=output,
        start_frame=chunk.start_frame,
        end_frame=chunk.end_frame,
        done=done,
        next_frame=work.next_frame,
        frames_encoded=work.frames_encoded,
        segments_rendered=work.rendered,
        segments_found=work.found,
        size_bytes=size_bytes,
        sha256=digest,
        cache=opened.stats if opened else CacheStats(),
    )


class _ChunkWork:
    """The segments of one chunk, one after the other, and what became of them."""

    def __init__(
        self,
        plan: VerifiedPlan,
        camera: Camera,
        work_dir: Path,
        store: SegmentStore | None,
        heartbeat: Callable[[int], None] | None,
    ) -> None:
        self._plan, self._camera, self._work_dir, self._store = plan, camera, work_dir, store
        self._heartbeat = heartbeat or (lambda _frames: None)
        self._slowest_s = 0.0
        self._digest = hashlib.sha256()
        self.files: list[Path] = []
        self.frames_done = self.frames_encoded = self.rendered = self.found = 0
        self.next_frame = 0

    @property
    def digest(self) -> str:
        """Digest over the digests of the segments rendered, in order."""
        return self._digest.hexdigest()

    def render(
        self, segments: Sequence[tuple[int, int]], remaining_s: Callable[[], float] | None
    ) -> bool:
        """Render what is not kept yet; False when time ran out first."""
        for start_frame, end_frame in segments:
            self.next_frame = start_frame
            key = SegmentKey(
                plan_hash=self._plan.manifest.plan_hash,
                start_frame=start_frame,
                end_frame=end_frame,
            )
            if self._store is not None and self._store.find(key):
                self.found += 1
                self.frames_done += end_frame - start_frame
                self._heartbeat(self.frames_done)
            elif self._fits(remaining_s):
                self._render_segment(key)
            else:
                return False
            self.next_frame = end_frame
        return True

    def _fits(self, remaining_s: Callable[[], float] | None) -> bool:
        # The first segment is always tried: with none finished, a new round would fare no better.
        if remaining_s is None or self._store is None or self.rendered == 0:
            return True
        return remaining_s() > self._slowest_s * _SLOWER + _UPLOAD_MARGIN_S

    def _render_segment(self, key: SegmentKey) -> None:
        started = time.monotonic()
        suffix = FORMATS[self._plan.locked.format].segment_extension
        path = self._work_dir / f"{key.name}{suffix}"
        self._camera.film(
            key.start_frame,
            key.end_frame,
            path,
            lambda frames: self._heartbeat(self.frames_done + frames),
        )
        self._digest.update(measure(path)[1].encode())
        if self._store is None:
            self.files.append(path)
        else:
            self._store.keep(key, path)
            remove(path)  # or a long chunk would fill /tmp with what is kept already
        self.rendered += 1
        self.frames_encoded += key.end_frame - key.start_frame
        self.frames_done += key.end_frame - key.start_frame
        self._slowest_s = max(self._slowest_s, time.monotonic() - started)
