"""Segments become one video: seams, timestamps, sound, and every way it can go wrong."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from fanreel.assembly import assemble
from fanreel.config import RenderConfig
from fanreel.encode.chunk import join_chunk
from fanreel.encode.mark import SegmentMark
from fanreel.errors import MediaUnreadable, MissingPlanArtifact, PlanHashMismatch
from tests.media.encoding import PLAN_HASH, decode, locked_config, write_plan, write_segment


@pytest.mark.parametrize("fps", [Fraction(30), Fraction(30000, 1001), Fraction(24)])
def test_timestamps_are_exact(tmp_path: Path, fps: Fraction) -> None:
    """Both frame rates are the plan's and the duration is frames / fps, over uneven segments."""
    locked = locked_config(RenderConfig())
    bounds = [range(12), range(12, 24), range(24, 25)]
    chunks = [write_segment(tmp_path, locked, frames, fps=fps) for frames in bounds]
    plan_dir = write_plan(tmp_path / "plan", locked, 25, fps=fps)
    result = assemble(plan_dir, chunks, None, tmp_path / "out.mp4")
    with av.open(str(result.output_path)) as container:
        stream = container.streams.video[0]
        assert (stream.average_rate, stream.base_rate) == (fps, fps)
        assert stream.frames == 25
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base == 25 / fps
        assert stream.start_time == 0
        packets = [p for p in container.demux(stream) if p.size]
    shown = sorted(p.pts * p.time_base for p in packets if p.pts is not None)
    assert shown == [n / fps for n in range(25)]
    decoded_at = [p.dts for p in packets if p.dts is not None]
    assert decoded_at == sorted(set(decoded_at))
    assert result.frames_encoded == 25
    assert result.duration_ms == round(25000 / fps)


def test_frames_do_not_depend_on_how_segments_are_joined(tmp_path: Path) -> None:
    """A decoder shows the same pictures from the joined file as from each segment alone."""
    locked = locked_config(RenderConfig())
    bounds = [range(12), range(12, 24), range(24, 30)]
    chunks = [write_segment(tmp_path, locked, frames) for frames in bounds]
    plan_dir = write_plan(tmp_path / "plan", locked, 30)
    joined = decode(assemble(plan_dir, chunks, None, tmp_path / "out.mp4").output_path)
    alone = [frame for chunk in chunks for frame in decode(chunk)]
    assert len(joined) == 30
    assert all(np.array_equal(a, b) for a, b in zip(joined, alone, strict=True))


def test_a_missing_chunk_is_named(tmp_path: Path) -> None:
    """Before anything is written."""
    locked = locked_config(RenderConfig())
    plan_dir = write_plan(tmp_path / "plan", locked, 24)
    chunks = [write_segment(tmp_path, locked, range(12)), tmp_path / "gone.mp4"]
    with pytest.raises(MissingPlanArtifact, match=r"gone\.mp4"):
        assemble(plan_dir, chunks, None, tmp_path / "out" / "out.mp4")
    assert not (tmp_path / "out").exists()


def test_too_few_frames_are_refused(tmp_path: Path) -> None:
    """A list that stops early does not make a shorter video."""
    locked = locked_config(RenderConfig())
    plan_dir = write_plan(tmp_path / "plan", locked, 24)
    with pytest.raises(MissingPlanArtifact, match="hold 12 frames, the plan has 24"):
        assemble(plan_dir, [write_segment(tmp_path, locked, range(12))], None, tmp_path / "o.mp4")


def test_chunks_out_of_order_are_refused(tmp_path: Path) -> None:
    """The count alone would not notice."""
    locked = locked_config(RenderConfig())
    plan_dir = write_plan(tmp_path / "plan", locked, 24)
    chunks = [write_segment(tmp_path, locked, frames) for frames in (range(12, 24), range(12))]
    with pytest.raises(MissingPlanArtifact, match="in order"):
        assemble(plan_dir, chunks, None, tmp_path / "o.mp4")


def test_a_chunk_of_another_plan_is_refused(tmp_path: Path) -> None:
    """Same size, same length, other plan."""
    locked = locked_config(RenderConfig())
    plan_dir = write_plan(tmp_path / "plan", locked, 12)
    chunk = write_segment(tmp_path, locked, range(12), plan_hash="ab" * 32)
    with pytest.raises(PlanHashMismatch, match="not rendered from this plan"):
        assemble(plan_dir, [chunk], None, tmp_path / "o.mp4")


@pytest.mark.parametrize("keep", [0, 100, -400])
def test_a_cut_chunk_is_refused(tmp_path: Path, keep: int) -> None:
    """Empty, or without its end, as after a failed download."""
    locked = locked_config(RenderConfig())
    plan_dir = write_plan(tmp_path / "plan", locked, 12)
    chunk = write_segment(tmp_path, locked, range(12))
    chunk.write_bytes(chunk.read_bytes()[:keep])
    with pytest.raises(MediaUnreadable, match="render it again"):
        assemble(plan_dir, [chunk], None, tmp_path / "out" / "o.mp4")
    assert not (tmp_path / "out").exists()


def test_chunks_and_segments_give_the_same_video(tmp_path: Path) -> None:
    """One chunk, two chunks or bare segments: the same bytes."""
    locked = locked_config(RenderConfig())
    bounds = [range(12), range(12, 24), range(24, 36), range(36, 40)]
    segments = [write_segment(tmp_path, locked, frames) for frames in bounds]
    plan_dir = write_plan(tmp_path / "plan", locked, 40)
    videos = []
    for per_chunk in (1, 2, 3, 4):
        chunks = []
        for first in range(0, 4, per_chunk):
            chunks.append(tmp_path / f"chunk-{per_chunk}-{first}.mp4")
            join_chunk(
                segments[first : first + per_chunk],
                chunks[-1],
                output_format="mp4",
                fps=Fraction(30),
                mark=SegmentMark(plan_hash=PLAN_HASH, start_frame=bounds[first].start),
            )
        videos.append(assemble(plan_dir, chunks, None, tmp_path / f"{per_chunk}.mp4").sha256)
    videos.append(assemble(plan_dir, segments, None, tmp_path / "bare.mp4").sha256)
    assert len(set(videos)) == 1
