"""The segments of one chunk as one file, for callers that carry chunks instead of segments."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from fanreel.encode.aside import naming_write_errors, written_aside
from fanreel.encode.formats import FORMATS
from fanreel.encode.joining import join_segments, read_segment
from fanreel.encode.mark import SegmentMark


def join_chunk(
    segment_paths: Sequence[Path],
    output_path: Path,
    *,
    output_format: str,
    fps: Fraction,
    mark: SegmentMark,
) -> None:
    """
    Put the segments of one chunk, in order, into one file that `assemble()` takes alike.

    Args:
        segment_paths: At least one; each starts where the one before it ends.
        output_path: The chunk; appears whole or not at all.
        output_format: As in the plan, `mp4` or another.
        fps: Frame rate.
        mark: The plan, and the chunk's first frame.
    Raises:
        MissingPlanArtifact: A segment is not there. Retryable.
        MediaUnreadable: A segment is damaged. Terminal.
        DiskFull: There is no room left. Retryable.
        InvalidConfig: The output cannot be written. Terminal.
    """
    segments = [read_segment(path) for path in segment_paths]
    with written_aside(output_path) as aside, naming_write_errors(output_path):
        join_segments(segments, aside, FORMATS[output_format].segment_container, fps, mark=mark)
