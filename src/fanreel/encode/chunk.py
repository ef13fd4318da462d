"""The segments of one chunk as one part, for callers that carry chunks instead of segments."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from fanreel.encode.mark import SegmentMark
from fanreel.encode.parts import check_sequence, join_parts, read_part
from fanreel.files.aside import naming_write_errors, written_aside


def join_chunk(
    segment_paths: Sequence[Path],
    output_path: Path,
    *,
    output_format: str,
    fps: Fraction,
    mark: SegmentMark,
) -> None:
    """
    Put the segments of one chunk, in order, into one part that `assemble()` takes alike.

    Args:
        segment_paths: At least one; each starts where the one before it ends.
        output_path: The chunk, a file or for png-sequence a directory; appears whole or not at all.
        output_format: As in the plan, `mp4` or another.
        fps: Frame rate.
        mark: The plan, and the chunk's first frame.
    Raises:
        MissingPlanArtifact: A segment is not there, or not in its place. Retryable.
        PlanHashMismatch: A segment belongs to another plan. Terminal.
        MediaUnreadable: A segment is damaged. Terminal.
        DiskFull: There is no room left. Retryable.
        InvalidConfig: The output cannot be written. Terminal.
    """
    parts = [read_part(path, output_format) for path in segment_paths]
    check_sequence(parts, mark.plan_hash, mark.start_frame)
    with written_aside(output_path) as aside, naming_write_errors(output_path):
        join_parts(parts, aside, output_format, fps, mark)
