"""Frames, segments and chunks: exact arithmetic, and a partition whatever is asked."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanreel.errors import InvalidConfig
from fanreel.timing.timeline import (
    ChunkSlice,
    build_chunk_slices,
    frame_count,
    frame_time,
    resolve_chunk_plan,
    resolve_segment_frames,
    segments_of,
)

total_frames = st.integers(min_value=0, max_value=200_000)
size = st.integers(min_value=1, max_value=5_000)
fps = st.sampled_from([Fraction(24), Fraction(30), Fraction(60), Fraction(30000, 1001)])


@given(
    total=total_frames,
    chunk_size=st.none() | size,
    most=st.integers(min_value=1, max_value=300),
    target=st.none() | size,
    segment=st.none() | st.integers(min_value=1, max_value=1200),
)
@example(total=121, chunk_size=10, most=12, target=None, segment=None)
@example(total=0, chunk_size=None, most=16, target=None, segment=None)
@example(total=1, chunk_size=None, most=16, target=None, segment=None)
def test_chunks_partition_the_timeline(
    total: int, chunk_size: int | None, most: int, target: int | None, segment: int | None
) -> None:
    """The union is `[0, total)`, no chunk is empty, sizes differ by at most one segment."""
    plan = resolve_chunk_plan(
        total,
        chunk_size=chunk_size,
        max_parallel_chunks=most,
        target_chunk_frames=None if chunk_size else target,
        segment_frames=segment,
    )
    chunks = build_chunk_slices(plan)
    assert len(chunks) == plan.chunk_count <= most
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    bounds = [0, *(chunk.end_frame for chunk in chunks)]
    assert bounds[-1] == total
    assert [chunk.start_frame for chunk in chunks] == bounds[:-1]
    sizes = [chunk.frames for chunk in chunks]
    assert all(frames > 0 for frames in sizes)
    assert not sizes or max(sizes) - min(sizes) <= plan.segment_frames


@given(total=total_frames, chunk_size=size)
def test_an_explicit_chunk_size_is_never_exceeded(total: int, chunk_size: int) -> None:
    """As long as enough chunks are allowed, no chunk is longer than asked."""
    plan = resolve_chunk_plan(total, chunk_size=chunk_size, max_parallel_chunks=1_000_000)
    assert all(chunk.frames <= chunk_size for chunk in build_chunk_slices(plan)[:1000])


@pytest.mark.parametrize(
    ("minutes", "chunks"), [(0.2, 2), (1, 8), (3, 23), (5, 38), (10, 38), (30, 113), (600, 1000)]
)
def test_a_longer_film_is_cut_into_more_chunks_and_longer_ones(minutes: float, chunks: int) -> None:
    """240 frames each up to 40 chunks, then up to 480, and no more than a state machine takes."""
    assert resolve_chunk_plan(round(minutes * 1800)).chunk_count == chunks


@pytest.mark.parametrize(("total", "frames"), [(300, 75), (4799, 120), (4800, 240), (54_000, 240)])
def test_long_films_have_long_segments(total: int, frames: int) -> None:
    """By the timeline alone: a quarter of a short film, and twice the usual in a long one."""
    assert resolve_segment_frames(total) == frames


def test_the_example_that_broke_others() -> None:
    """121 frames by 10 in at most 12 chunks: the last one takes the frame that is over."""
    plan = resolve_chunk_plan(121, chunk_size=10, max_parallel_chunks=12)
    chunks = build_chunk_slices(plan)
    assert plan.segment_frames == 10
    assert len(chunks) == 12
    assert chunks[-1] == ChunkSlice(index=11, start_frame=110, end_frame=121)


@given(total=total_frames, most=st.integers(min_value=1, max_value=300))
def test_how_it_is_split_does_not_move_segments(total: int, most: int) -> None:
    """Chunk bounds lie on segment bounds, and segments depend on the timeline alone."""
    plan = resolve_chunk_plan(total, max_parallel_chunks=most)
    alone = segments_of(0, total, resolve_segment_frames(total))
    split = [
        segment
        for chunk in build_chunk_slices(plan)
        for segment in segments_of(chunk.start_frame, chunk.end_frame, plan.segment_frames)
    ]
    assert split == alone


@given(total=total_frames, more=size)
def test_a_chunk_size_of_a_segment_or_more_moves_no_segment(total: int, more: int) -> None:
    """Only below it are the segments shortened, and the encoded bytes others."""
    segment = resolve_segment_frames(total)
    for chunk_size in (segment, segment + more, None):
        assert resolve_chunk_plan(total, chunk_size=chunk_size).segment_frames == segment
    below = resolve_chunk_plan(total, chunk_size=segment - 1)
    assert below.segment_frames == segment - 1


@given(start=st.integers(0, 1000), length=st.integers(0, 5000), segment=st.integers(1, 1200))
def test_segments_join(start: int, length: int, segment: int) -> None:
    """Segments cover their chunk without gap or overlap; only the last may be short."""
    segments = segments_of(start, start + length, segment)
    assert sum(end - begin for begin, end in segments) == length
    assert all(left[1] == right[0] for left, right in itertools.pairwise(segments))
    assert all(end - begin == segment for begin, end in segments[:-1])


@given(frames=st.integers(0, 10**9), rate=fps)
def test_a_whole_number_of_frames_is_counted_exactly(frames: int, rate: Fraction) -> None:
    """Rounding up never adds a frame to a duration that is a whole number of them."""
    assert frame_count(frame_time(frames, rate), rate) == frames


@pytest.mark.parametrize(
    ("duration_s", "rate", "frames"),
    [("0.1", 30, 3), ("0.1001", 30, 4), ("10", Fraction(30000, 1001), 300), ("0", 60, 0)],
)
def test_durations_round_up_to_frames(duration_s: str, rate: Fraction | int, frames: int) -> None:
    """`total_frames = ceil(duration × fps)`; 0.1 s at 30 is 3, where floats say 4."""
    assert frame_count(Fraction(duration_s), Fraction(rate)) == frames


def test_a_target_is_met_about() -> None:
    """1000 frames by about 300 are three chunks."""
    assert resolve_chunk_plan(1000, target_chunk_frames=300).chunk_count == 3


@pytest.mark.parametrize(
    "name", ["chunk_size", "max_parallel_chunks", "target_chunk_frames", "segment_frames"]
)
def test_numbers_below_one_are_refused(name: str) -> None:
    """Each size is named in its message."""
    kwargs = {name: 0}
    with pytest.raises(InvalidConfig, match="allowed: a whole number from 1"):
        resolve_chunk_plan(100, **kwargs)


def test_a_negative_length_is_refused() -> None:
    """A timeline has no fewer than no frames."""
    with pytest.raises(InvalidConfig, match="totalFrames = -1"):
        resolve_chunk_plan(-1)


def test_a_slice_survives_json() -> None:
    """What `meta/chunks.json` lists is read back the same."""
    chunk = ChunkSlice(index=3, start_frame=360, end_frame=480)
    assert ChunkSlice.from_json(chunk.to_json()) == chunk
