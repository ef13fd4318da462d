"""render_chunk(): a plan and an index become the segments of one chunk."""

from collections.abc import Callable
from pathlib import Path

from fanreel.engine.engine import Engine
from fanreel.media.cache import CacheSettings
from fanreel.results import ChunkResult
from fanreel.segments.chunks import check_destination
from fanreel.segments.stores import SegmentStore


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
    Pages and media are handled by a child process, which sees nothing of this one's environment;
    *store*, *remaining_s* and *heartbeat* are called in this one.

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
    Source: docs/architecture.md "Segments": closed GOPs, so packets are copied when chunks are
        joined.
    """
    output = None if output_path is None else Path(output_path)
    check_destination(output, store)
    return Engine().render_chunk(
        Path(plan_dir),
        chunk_index,
        output,
        store=store,
        remaining_s=remaining_s,
        heartbeat=heartbeat,
        cache=cache,
    )
