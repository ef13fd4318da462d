"""
Frames ⇄ seconds ⇄ segments ⇄ chunks, in integers and Fractions; no I/O.

A *segment* is a fixed run of frames encoded as one closed GOP: the unit of durability.
A *chunk* is a run of whole segments given to one worker: the unit of scheduling. Segment bounds
follow from the timeline alone, so however it is chunked the encoded bytes are the same; only a
chunk size below the segment's length shortens the segments.
"""

import itertools
import math
import operator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from fanreel.config import DEFAULT_CHUNK_SIZE, DEFAULT_MAX_PARALLEL_CHUNKS
from fanreel.errors import InvalidConfig

DEFAULT_SEGMENT_FRAMES = 120
MIN_SEGMENT_FRAMES = 30
# A short timeline is cut into four, so that two or four local workers finish together.
_SEGMENTS_WANTED = 4
# Each segment opens the page, which takes up to a second; where there are twenty or more, longer
# ones keep workers busy to the end as well. Players seek by keyframes: x264 by itself sets one in
# 250 frames.
_LONG_SEGMENT_FRAMES = 240
_LONG_FILM_SEGMENTS = 20
# Up to as many chunks each further one saves more time than it costs (`bench/scaling.py`: a film
# of 10 minutes takes 44 s in 16 chunks and 26 s in 38, for 14 % more). Beyond, each would be an
# execution of its own, so chunks grow, as far as that pays.
_CHUNKS_WANTED = 40
_LARGEST_CHUNK = 480


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSlice:
    """Frames `[start_frame, end_frame)` of chunk *index*."""

    index: int
    start_frame: int
    end_frame: int

    @property
    def frames(self) -> int:
        """Length in frames."""
        return self.end_frame - self.start_frame

    def to_json(self) -> dict[str, int]:
        """Return the object that `meta/chunks.json` lists."""
        return {
            "index": self.index,
            "start_frame": self.start_frame,
            "end_frame": self.end_frame,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what `to_json()` wrote. Raises `KeyError` or `TypeError`."""
        return cls(
            index=operator.index(data["index"]),
            start_frame=operator.index(data["start_frame"]),
            end_frame=operator.index(data["end_frame"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkPlan:
    """How a timeline is cut: frames per segment, segments per chunk at most, chunk count."""

    total_frames: int
    segment_frames: int
    chunk_count: int


def frame_count(duration_s: Fraction, fps: Fraction) -> int:
    """
    Return `ceil(duration × fps)`, exactly.

    >>> frame_count(Fraction("0.1"), Fraction(30))
    3
    """
    return math.ceil(duration_s * fps)


def frame_time(frame: int, fps: Fraction) -> Fraction:
    """Return the time in seconds that frame number *frame* shows."""
    return frame / fps


def resolve_segment_frames(total_frames: int, requested: int | None = None) -> int:
    """
    Return the segment length in frames for a timeline of *total_frames*.

    Depends on the timeline only, never on the machine or on how many workers there are.
    """
    if requested is not None:
        return requested
    if total_frames >= _LONG_FILM_SEGMENTS * _LONG_SEGMENT_FRAMES:
        return _LONG_SEGMENT_FRAMES
    return min(
        DEFAULT_SEGMENT_FRAMES, max(MIN_SEGMENT_FRAMES, math.ceil(total_frames / _SEGMENTS_WANTED))
    )


def resolve_chunk_plan(
    total_frames: int,
    *,
    chunk_size: int | None = None,
    max_parallel_chunks: int = DEFAULT_MAX_PARALLEL_CHUNKS,
    target_chunk_frames: int | None = None,
    segment_frames: int | None = None,
) -> ChunkPlan:
    """
    Decide how many chunks *total_frames* are cut into, and of what segments.

    Args:
        total_frames: Length of the timeline; 0 gives a plan of 0 chunks.
        chunk_size: At most this many frames per chunk, as far as *max_parallel_chunks* and whole
            segments allow; None lets the timeline decide: 240, and up to 480 where that would be
            more than 40 chunks.
        max_parallel_chunks: At most this many chunks; it outranks the sizes.
        target_chunk_frames: About this many frames per chunk.
        segment_frames: Frames per segment; None lets the timeline decide, but never longer
            than an explicit *chunk_size*.
    Raises:
        InvalidConfig: A number is below 1. Terminal.
    """
    sizes = {
        "chunkSize": chunk_size,
        "maxParallelChunks": max_parallel_chunks,
        "targetChunkFrames": target_chunk_frames,
        "segmentFrames": segment_frames,
    }
    for name, value in sizes.items():
        if value is not None and value < 1:
            raise InvalidConfig(f"{name} = {value}: allowed: a whole number from 1")
    if total_frames < 0:
        raise InvalidConfig(f"totalFrames = {total_frames}: allowed: a whole number from 0")
    segment = resolve_segment_frames(total_frames, segment_frames)
    if segment_frames is None and chunk_size is not None:
        segment = min(segment, chunk_size)
    segments = math.ceil(total_frames / segment)
    if target_chunk_frames is not None:
        wanted = round(total_frames / target_chunk_frames) or 1
    else:
        wanted = math.ceil(segments / _segments_per_chunk(segments, segment, chunk_size))
    return ChunkPlan(
        total_frames=total_frames,
        segment_frames=segment,
        chunk_count=min(wanted, max_parallel_chunks, segments),
    )


def _segments_per_chunk(segments: int, segment_frames: int, chunk_size: int | None) -> int:
    """Return the segments of a chunk: whole ones, so a size in frames is rounded down to them."""
    if chunk_size is not None:
        return max(1, chunk_size // segment_frames)
    grown = min(math.ceil(segments / _CHUNKS_WANTED), _LARGEST_CHUNK // segment_frames)
    return max(1, DEFAULT_CHUNK_SIZE // segment_frames, grown)


def build_chunk_slices(plan: ChunkPlan) -> list[ChunkSlice]:
    """
    Cut the timeline as *plan* says.

    Returns:
        Chunks in order; their union is exactly `[0, total_frames)`, none is empty, and their
        sizes differ by at most one segment.
    """
    if plan.chunk_count == 0:
        return []
    segments = math.ceil(plan.total_frames / plan.segment_frames)
    # Bounds spread evenly: chunk i starts at segment floor(i × segments / count). A last segment
    # that is short may only make its own chunk shorter by less than one segment.
    bounds = [i * segments // plan.chunk_count for i in range(plan.chunk_count + 1)]
    return [
        ChunkSlice(
            index=index,
            start_frame=first * plan.segment_frames,
            end_frame=min(last * plan.segment_frames, plan.total_frames),
        )
        for index, (first, last) in enumerate(itertools.pairwise(bounds))
    ]


def segments_of(start_frame: int, end_frame: int, segment_frames: int) -> list[tuple[int, int]]:
    """Return the half-open segments that make up `[start_frame, end_frame)`, in order."""
    return [
        (start, min(start + segment_frames, end_frame))
        for start in range(start_frame, end_frame, segment_frames)
    ]
