"""Rendered chunks and the sound become the video; see `fanreel.assembly`."""

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from fanreel.encode.gif import write_gif
from fanreel.encode.joining import join_packets, join_stream
from fanreel.encode.part import Part
from fanreel.encode.part_files import PartFiles
from fanreel.encode.parts import check_sequence, in_sequence, read_part
from fanreel.encode.png_frames import copy_frames
from fanreel.errors import MissingPlanArtifact, PlanHashMismatch
from fanreel.files import plan_dir as plans
from fanreel.files.aside import naming_write_errors, written_aside
from fanreel.files.digest import measure, sha256_file
from fanreel.files.plan_dir import PlanManifest
from fanreel.files.plan_reading import read_manifest
from fanreel.formats import FORMATS
from fanreel.results import AssembleResult

_PART_TIMEOUT_S = 600.0
"""A large part at a slow moment; whoever fetches it ends this process sooner if that fails."""
_PART_LOOK_S = 0.02


def make_video(
    plan_dir: Path, chunk_paths: Sequence[Path], audio_path: Path | None, output_path: Path
) -> AssembleResult:
    """Do as `fanreel.assemble()` does."""
    manifest = _read_sealed(plan_dir)
    sound = _check_sound(manifest, audio_path)
    parts = [read_part(path, manifest.format) for path in chunk_paths]
    _check_whole(manifest, parts)
    with written_aside(output_path) as aside, naming_write_errors(output_path):
        _write(manifest, parts, sound, aside)
        size_bytes, digest = measure(aside)
    return _result(manifest, output_path, size_bytes, digest)


def make_video_parts(
    plan_dir: Path,
    chunk_paths: Sequence[Path],
    audio_path: Path | None,
    parts_dir: Path,
    part_bytes: int,
) -> AssembleResult:
    """
    Do as `make_video()` does, with no more on the disk than a few chunks and parts of the video.

    Args:
        plan_dir: See `fanreel.assemble()`.
        chunk_paths: See `make_video()`; they appear one after the other, are waited for, and are
            removed when they are done with.
        audio_path: See `fanreel.assemble()`.
        parts_dir: Takes the video part by part, for somebody who carries them away (`PartFiles`).
        part_bytes: Size of a part.
    Returns:
        What `make_video()` does, without a digest: nobody sees the video from its first byte on.
    """
    manifest = _read_sealed(plan_dir)
    sound = _check_sound(manifest, audio_path)
    parts, container = _coming(manifest, chunk_paths), FORMATS[manifest.format].container
    with PartFiles(parts_dir, part_bytes) as output:
        join_stream(parts, output, container, manifest.fps, sound)
    return _result(manifest, parts_dir, output.size_bytes, "")


def _result(
    manifest: PlanManifest, output_path: Path, size_bytes: int, sha256: str
) -> AssembleResult:
    return AssembleResult(
        output_path=output_path,
        frames_encoded=manifest.segmented_frames,
        size_bytes=size_bytes,
        sha256=sha256,
        duration_ms=round(1000 * manifest.total_frames / manifest.fps),
    )


def _coming(manifest: PlanManifest, chunk_paths: Sequence[Path]) -> Iterator[Part]:
    """Yield the parts as they appear, each checked, and in the end that they were all."""

    def read() -> Iterator[Part]:
        for path in chunk_paths:
            end = time.monotonic() + _PART_TIMEOUT_S
            while not path.exists() and time.monotonic() < end:
                time.sleep(_PART_LOOK_S)
            yield read_part(path, manifest.format)

    frames = 0
    for part in in_sequence(read(), manifest.plan_hash, 0):
        frames += part.frames
        yield part
    _check_frames(manifest, len(chunk_paths), frames)


def _read_sealed(plan_dir: Path) -> PlanManifest:
    manifest = read_manifest(plan_dir)
    if manifest.checksum and not manifest.is_sealed():
        raise PlanHashMismatch(
            f"{plans.MANIFEST} in {plan_dir} changed since it was planned; plan again, or fetch "
            "the plan afresh",
            expected=manifest.plan_hash,
        )
    return manifest


def _write(manifest: PlanManifest, parts: Sequence[Part], sound: Path | None, aside: Path) -> None:
    match manifest.format:
        case "png-sequence":
            copy_frames(parts, aside, audio_path=sound)
        case "gif":
            write_gif(parts, aside, manifest.fps)
        case name if sound is not None and not FORMATS[name].pictures:
            shutil.copyfile(sound, aside)
        case name:
            join_packets(parts, aside, FORMATS[name].container, manifest.fps, audio_path=sound)


def _check_sound(manifest: PlanManifest, audio_path: Path | None) -> Path | None:
    if not manifest.has_audio or not FORMATS[manifest.format].audio_codec:
        return None
    if audio_path is None or not audio_path.is_file():
        raise MissingPlanArtifact(
            f"the plan has sound, but its mix is not at {audio_path}; "
            f"pass {manifest.audio_path} of the plan directory",
            path=str(audio_path),
        )
    planned = {artifact.path: artifact.sha256 for artifact in manifest.artifacts}
    expected = planned.get(manifest.audio_path or "")
    if expected is not None and sha256_file(audio_path) != expected:
        raise PlanHashMismatch(
            f"{audio_path} is not the sound of this plan; pass {manifest.audio_path} of the plan "
            "directory",
            path=str(audio_path),
        )
    return audio_path


def _check_whole(manifest: PlanManifest, parts: Sequence[Part]) -> None:
    """Check that *parts* are this plan's, in order, and all of it."""
    _check_frames(manifest, len(parts), check_sequence(parts, manifest.plan_hash, 0))


def _check_frames(manifest: PlanManifest, count: int, end: int) -> None:
    if end != manifest.segmented_frames:
        raise MissingPlanArtifact(
            f"the {count} chunks hold {end} frames, the plan has "
            f"{manifest.segmented_frames}; pass all chunks of the plan, each once",
            frames=end,
            total_frames=manifest.segmented_frames,
        )
