"""One chunk through the loop: its segments, where they go, and what is told of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fanreel.errors import ChunkIndexOutOfRange, InvalidConfig
from fanreel.files.digest import measure
from fanreel.files.plan_dir import PlanManifest
from fanreel.files.plan_reading import read_chunks, read_manifest
from fanreel.formats import FORMATS
from fanreel.media.cache import CacheStats
from fanreel.results import ChunkResult
from fanreel.segments.driver import Outcome, Renderer, render_segments
from fanreel.segments.evidence import keeping_screenshot
from fanreel.segments.stores import DirectoryStore, SegmentKey, SegmentStore
from fanreel.timing.timeline import ChunkSlice, segments_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkFacts:
    """What the loop has to know of a chunk."""

    slice: ChunkSlice
    manifest: PlanManifest

    @property
    def suffix(self) -> str:
        """Of segment files; empty for directories of frames."""
        return FORMATS[self.manifest.format].segment_extension

    @property
    def keys(self) -> list[SegmentKey]:
        """Name its segments, in order."""
        return keys_of(self.manifest, self.slice.start_frame, self.slice.end_frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentWork:
    """Where the segments go, and whom it concerns; see `render_chunk()`."""

    store: SegmentStore | None
    remaining_s: Callable[[], float] | None
    heartbeat: Callable[[int], None] | None
    work_dir: Path


def keys_of(manifest: PlanManifest, start_frame: int, end_frame: int) -> list[SegmentKey]:
    """Name the segments of `[start_frame, end_frame)`, in order."""
    return [
        SegmentKey(plan_hash=manifest.plan_hash, start_frame=start, end_frame=end)
        for start, end in segments_of(start_frame, end_frame, manifest.segment_frames)
    ]


def read_chunk(plan_dir: Path, index: int) -> ChunkFacts:
    """
    Read what a plan says of a chunk; whether the plan is true is another question.

    Raises:
        ChunkIndexOutOfRange: There is no such chunk. Terminal.
        MissingPlanArtifact: A file is not there. Retryable.
    """
    chunks = read_chunks(plan_dir)
    if not 0 <= index < len(chunks):
        raise ChunkIndexOutOfRange(
            f"the plan has chunks 0 to {len(chunks) - 1}, there is no chunk {index}",
            chunk_index=index,
            chunk_count=len(chunks),
        )
    return ChunkFacts(slice=chunks[index], manifest=read_manifest(plan_dir))


def check_destination(output_path: object | None, store: SegmentStore | None) -> None:
    """Refuse a chunk that would go nowhere, or to two places. Raises `InvalidConfig`."""
    if (output_path is None) == (store is None):
        raise InvalidConfig(
            "render_chunk() writes a chunk to an output_path or its segments to a store; give one"
        )


def render_chunk_segments(
    renderer: Renderer,
    chunk: ChunkFacts,
    work: SegmentWork,
    output_path: Path | None,
    join: Callable[[Sequence[Path], Path], None],
    stats: Callable[[Outcome], CacheStats],
) -> ChunkResult:
    """
    Render a chunk's segments, into its store or joined into one file.

    Args:
        renderer: Of the chunk's plan.
        chunk: What is rendered.
        work: Where it goes.
        output_path: The file to write; None with a store.
        join: Puts segments together.
        stats: Gives what the extraction cache did, once all is done.
    """
    check_destination(output_path, work.store)
    folder = work.work_dir / "segments"
    folder.mkdir()
    files = DirectoryStore(folder, chunk.suffix)
    keys = chunk.keys
    with keeping_screenshot(output_path):
        outcome = render_segments(
            keys,
            [renderer],
            work.store or files,
            work.work_dir,
            chunk.suffix,
            # Without a store there is nobody who could go on.
            remaining_s=work.remaining_s if work.store else None,
            heartbeat=work.heartbeat,
        )
    size_bytes, digest = 0, outcome.sha256
    if output_path is not None:
        join([files.path(key) for key in keys], output_path)
        size_bytes, digest = measure(output_path)
    return ChunkResult(
        chunk_index=chunk.slice.index,
        path=output_path,
        start_frame=chunk.slice.start_frame,
        end_frame=chunk.slice.end_frame,
        done=outcome.done,
        next_frame=outcome.next_frame,
        frames_encoded=outcome.frames_encoded,
        segments_rendered=outcome.rendered,
        segments_found=outcome.found,
        size_bytes=size_bytes,
        sha256=digest,
        cache=stats(outcome),
    )
