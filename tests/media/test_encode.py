"""Real encoders: what goes in comes out again, marked, tagged and repeatable."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from fanreel.config import RenderConfig
from fanreel.encode.mark import SegmentMark
from fanreel.encode.segment import SegmentWriter
from tests.media.encoding import (
    PLAN_HASH,
    bgr0,
    decode,
    locked_config,
    picture,
    psnr,
    write_segment,
)


def test_an_h264_segment_decodes_to_its_frames(tmp_path: Path) -> None:
    """Every frame is there, in order, and looks as it went in."""
    path = write_segment(tmp_path, locked_config(RenderConfig()), range(25))
    frames = decode(path)
    assert len(frames) == 25
    assert min(psnr(frame, picture(n)) for n, frame in enumerate(frames)) > 33


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    """Encoding is repeatable to the byte."""
    locked = locked_config(RenderConfig())
    first = write_segment(tmp_path / "a", locked, range(20))
    again = write_segment(tmp_path / "b", locked, range(20))
    assert first.read_bytes() == again.read_bytes()


def test_a_segment_is_tagged_bt709(tmp_path: Path) -> None:
    """Players are told the matrix, primaries, transfer and range."""
    path = write_segment(tmp_path, locked_config(RenderConfig()), range(3))
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        tags = context.colorspace, context.color_primaries, context.color_trc, context.color_range
    assert tags == (1, 1, 1, 1)


def test_repeating_a_frame_equals_writing_it_again(tmp_path: Path) -> None:
    """A caller that knows nothing moved may skip the conversion."""
    locked, mark = locked_config(RenderConfig()), SegmentMark(plan_hash=PLAN_HASH, start_frame=0)
    still = bgr0(picture(1))
    for name in ("written", "repeated"):
        path = tmp_path / f"{name}.mp4"
        with SegmentWriter(path, locked, Fraction(30), pixels="bgr0", mark=mark) as segment:
            segment.write(still)
            for _ in range(4):
                segment.repeat() if name == "repeated" else segment.write(still)
        assert segment.frames == 5
    assert (tmp_path / "written.mp4").read_bytes() == (tmp_path / "repeated.mp4").read_bytes()


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_segment_leaves_nothing(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    """Neither half a segment nor its temporary file stays."""
    mark = SegmentMark(plan_hash=PLAN_HASH, start_frame=0)
    writer = SegmentWriter(
        tmp_path / "s.mp4", locked_config(RenderConfig()), Fraction(30), pixels="bgr0", mark=mark
    )
    with pytest.raises(interruption), writer:
        _write_one_and_raise(writer, interruption)
    assert list(tmp_path.iterdir()) == []


def _write_one_and_raise(writer: SegmentWriter, interruption: type[BaseException]) -> None:
    writer.write(bgr0(picture(0)))
    raise interruption
