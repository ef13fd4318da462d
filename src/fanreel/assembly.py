"""`assemble()`: rendered chunks and the sound become the video."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fanreel import plan_dir as plans
from fanreel.encode.aside import naming_write_errors, written_aside
from fanreel.encode.formats import FORMATS
from fanreel.encode.joining import Segment, join_segments, read_segment
from fanreel.errors import MissingPlanArtifact, PlanHashMismatch
from fanreel.plan_dir import PlanManifest


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembleResult:
    """The finished video."""

    output_path: Path
    frames_encoded: int
    size_bytes: int
    sha256: str
    duration_ms: int

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object."""
        return {
            "output_path": str(self.output_path),
            "frames_encoded": self.frames_encoded,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "duration_ms": self.duration_ms,
        }


def assemble(
    plan_dir: Path,
    chunk_paths: Sequence[Path],
    audio_path: Path | None,
    output_path: Path,
    *,
    cfr: bool = False,
) -> AssembleResult:
    """
    Put rendered chunks and the sound together, without encoding anything again.

    Args:
        plan_dir: As written by `plan()`; only its manifest is read.
        chunk_paths: Chunk files or segment files, in order, covering the timeline.
        audio_path: The plan's sound mix; None if it has none.
        output_path: The video to write; appears whole or not at all.
        cfr: Accepted for callers that ask; the frame rate is constant in any case.
    Raises:
        MissingPlanArtifact: A chunk or the sound is not there. Retryable.
        PlanHashMismatch: A chunk was not rendered from this plan, or not in this place. Terminal.
        MediaUnreadable: A chunk is damaged. Terminal.
        DiskFull: There is no room left. Retryable.
        InvalidConfig: The output cannot be written. Terminal.
    """
    del cfr
    manifest = plans.read_manifest(plan_dir)
    sound = _check_sound(manifest, audio_path)
    segments = [read_segment(path) for path in chunk_paths]
    _check_cover(manifest, segments)
    with written_aside(output_path) as aside, naming_write_errors(output_path):
        join_segments(
            segments, aside, FORMATS[manifest.format].container, manifest.fps, audio_path=sound
        )
        digest, size_bytes = plans.sha256_file(aside), aside.stat().st_size
    return AssembleResult(
        output_path=output_path,
        frames_encoded=manifest.total_frames,
        size_bytes=size_bytes,
        sha256=digest,
        duration_ms=round(1000 * manifest.total_frames / manifest.fps),
    )


def _check_sound(manifest: PlanManifest, audio_path: Path | None) -> Path | None:
    if not manifest.has_audio:
        return None
    if audio_path is None or not audio_path.is_file():
        raise MissingPlanArtifact(
            f"the plan has sound, but its mix is not at {audio_path}; "
            f"pass {manifest.audio_path} of the plan directory",
            path=str(audio_path),
        )
    return audio_path


def _check_cover(manifest: PlanManifest, segments: Sequence[Segment]) -> None:
    """Check that *segments* are this plan's, alike, in order, and cover its timeline."""
    expected = 0
    for segment in segments:
        _check_place(manifest, segment, expected)
        if segment.parameters != segments[0].parameters:
            raise PlanHashMismatch(
                f"chunk {segment.path} is encoded differently from {segments[0].path}; "
                "render both from one plan with one version of fanreel",
                path=str(segment.path),
            )
        expected += segment.frames
    if expected != manifest.total_frames:
        raise MissingPlanArtifact(
            f"{len(segments)} chunks hold {expected} frames, the plan has "
            f"{manifest.total_frames}; pass all chunks of the plan, each once",
            frames=expected,
            total_frames=manifest.total_frames,
        )


def _check_place(manifest: PlanManifest, segment: Segment, expected: int) -> None:
    mark = segment.mark
    if mark is None or mark.plan_hash != manifest.plan_hash:
        raise PlanHashMismatch(
            f"chunk {segment.path} was not rendered from this plan "
            f"({manifest.plan_hash[:12]}…); render it again from this one",
            path=str(segment.path),
        )
    if mark.start_frame != expected:
        raise MissingPlanArtifact(
            f"chunk {segment.path} starts at frame {mark.start_frame}, but the ones before it end "
            f"at {expected}; pass all chunks of the plan, in order, each once",
            path=str(segment.path),
            start_frame=mark.start_frame,
            expected_frame=expected,
        )
