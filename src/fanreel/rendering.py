"""render_chunk(): a plan and an index become the segments of one chunk."""

from collections.abc import Callable, Sequence
from pathlib import Path

from fanreel.encode.chunk import join_chunk
from fanreel.encode.mark import SegmentMark
from fanreel.files.work_dir import open_work_dir
from fanreel.media.cache import CacheSettings, CacheStats
from fanreel.results import ChunkResult
from fanreel.segments.chunks import (
    ChunkFacts,
    SegmentWork,
    check_destination,
    render_chunk_segments,
)
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.stores import SegmentKey, SegmentStore
from fanreel.segments.verification import verify_plan


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
    Render the frames of chunk *chunk_index*, in this process.

    The same plan and index give the same bytes, wherever and in whatever order they are rendered.

    Args:
        plan_dir: As written by `plan()`, or the share of it this chunk needs; only read.
        chunk_index: Chunk number, from 0.
        output_path: File to write (for png-sequence a directory); appears whole or not at all.
            None with a *store*.
        store: Takes each segment when it is finished, in place of a file, and is asked before one
            is rendered. It takes one while the next is rendered, on a thread of its own.
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
    check_destination(output_path, store)
    plan = verify_plan(Path(plan_dir), chunk_index)
    chunk = ChunkFacts(slice=plan.chunks[chunk_index], manifest=plan.manifest)
    opened = cache.open() if cache else None

    def join(paths: Sequence[Path], output: Path) -> None:
        join_chunk(
            paths,
            output,
            output_format=plan.manifest.format,
            fps=plan.manifest.fps,
            mark=SegmentMark(
                plan_hash=plan.manifest.plan_hash, start_frame=chunk.slice.start_frame
            ),
        )

    with open_work_dir() as work_dir, SegmentRenderer(plan, work_dir, cache=opened) as renderer:
        return render_chunk_segments(
            _Here(renderer),
            chunk,
            SegmentWork(
                store=store, remaining_s=remaining_s, heartbeat=heartbeat, work_dir=work_dir
            ),
            None if output_path is None else Path(output_path),
            join,
            lambda _outcome: opened.stats if opened else CacheStats(),
        )


class _Here:
    """Renders in this process."""

    def __init__(self, renderer: SegmentRenderer) -> None:
        self._renderer = renderer

    def render(self, key: SegmentKey, path: Path, heartbeat: Callable[[int], None]) -> None:
        """Write the segment to *path*."""
        self._renderer.render(key.start_frame, key.end_frame, path, heartbeat)

    def cancel(self) -> None:
        """Do nothing: it renders on the caller's thread."""
