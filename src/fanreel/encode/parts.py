"""
What a video is put together from: segments, or chunks of them; the two are alike.

A part is read and judged before anything is written; how its frames are joined is up to its
format: packets in one container, or files in one directory.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from fanreel.encode.joining import join_packets, read_container
from fanreel.encode.mark import SegmentMark
from fanreel.encode.part import Part
from fanreel.encode.png_frames import copy_frames, read_frames
from fanreel.errors import MissingPlanArtifact, PlanHashMismatch
from fanreel.formats import FORMATS


def read_part(path: Path, output_format: str) -> Part:
    """
    Read what a part says of itself, and count its frames.

    Raises:
        MissingPlanArtifact: It is not there. Retryable.
        MediaUnreadable: It is damaged. Terminal.
    """
    if not path.exists():
        raise MissingPlanArtifact(
            f"chunk {path} does not exist; render it again or fetch it", path=str(path)
        )
    return read_container(path) if FORMATS[output_format].segment_container else read_frames(path)


def check_sequence(parts: Sequence[Part], plan_hash: str, start_frame: int) -> int:
    """
    Check that *parts* belong to one plan, follow each other from *start_frame*, and are alike.

    Returns:
        The frame where the last one ends.
    Raises:
        PlanHashMismatch: One belongs to another plan, or is encoded differently. Terminal.
        MissingPlanArtifact: There is a gap, an overlap, or they are out of order. Retryable.
    """
    for _ in in_sequence(parts, plan_hash, start_frame):
        pass
    return start_frame + sum(part.frames for part in parts)


def in_sequence(parts: Iterable[Part], plan_hash: str, start_frame: int) -> Iterator[Part]:
    """Yield *parts* one after the other, each checked as `check_sequence()` does."""
    expected, first = start_frame, None
    for part in parts:
        first = first or part
        if part.mark is None or part.mark.plan_hash != plan_hash:
            raise PlanHashMismatch(
                f"chunk {part.path} was not rendered from this plan ({plan_hash[:12]}…); "
                "render it again from this one",
                path=str(part.path),
            )
        if part.mark.start_frame != expected:
            raise MissingPlanArtifact(
                f"chunk {part.path} starts at frame {part.mark.start_frame}, but the ones before "
                f"it end at {expected}; pass all chunks of the plan, in order, each once",
                path=str(part.path),
                start_frame=part.mark.start_frame,
                expected_frame=expected,
            )
        if part.parameters != first.parameters:
            raise PlanHashMismatch(
                f"chunk {part.path} is encoded differently from {first.path}; "
                "render both from one plan with one version of fanreel",
                path=str(part.path),
            )
        expected += part.frames
        yield part


def join_parts(
    parts: Sequence[Part], output: Path, output_format: str, fps: Fraction, mark: SegmentMark
) -> None:
    """Join *parts* into a larger part at *output*, which does not exist yet."""
    if container := FORMATS[output_format].segment_container:
        join_packets(parts, output, container, fps, mark=mark)
    else:
        copy_frames(parts, output, mark=mark)
