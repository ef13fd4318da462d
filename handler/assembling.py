"""The action that assembles: on the disk, or by parts where that is too small."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from fanreel.errors import DiskFull
from fanreel.files.budget import human_size
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import Artifact, PlanManifest
from fanreel.formats import FORMATS, PACKED
from fanreel.results import AssembleResult
from fanreel.storage.artifacts import fetch_artifacts, fetch_manifest
from fanreel.storage.layout import require_output
from fanreel.storage.segments import fetch_segments, find_segments, pack, segment_folder
from fanreel.storage.store import Content, ObjectStore, StoredObject, in_parallel
from fanreel.storage.streamed import Streaming, part_size
from fanreel.storage.uris import ObjectUri
from handler.events import AssembleRequest
from handler.replies import AssembleReply
from handler.run import Outcome, Run, check_format

_DISK_SHARE = 2.1
"""Segments and the video that is made of them, and its index."""


def assemble(request: AssembleRequest, run: Run) -> Outcome:
    """Put all segments and the sound together, and the video into the bucket."""
    plan_dir, uri = run.work_dir / "plan", request.plan_manifest_s3_uri
    manifest = fetch_manifest(run.store, uri, plan_dir, request.plan_hash)
    check_format(request.format, manifest)
    require_output(request.output_s3_uri, manifest.format)

    def needed(artifact: Artifact) -> bool:
        # Segments stand on their own; of the plan only the sound and the numbers are needed.
        return artifact.path == manifest.audio_path or artifact.path.startswith("meta/")

    folder = segment_folder(request.chunk_output_s3_prefix, uri, manifest.plan_hash)
    with run.phase("fetch"):
        fetch_artifacts(run.store, manifest, uri, plan_dir, needed)
        found = find_segments(run.store, folder, manifest)
    audio = plan_dir / manifest.audio_path if manifest.audio_path else None
    if found and _is_too_large(manifest, found, run):
        return _assemble_streamed(request, run, found, audio)
    with run.phase("fetch"):
        segments = fetch_segments(run.store, found, run.work_dir / "segments")
    output = run.work_dir / "output" / _output_name(manifest.format)
    output.parent.mkdir()
    with run.phase("assemble"):
        result = run.primitives.assemble(plan_dir, segments, audio, output, cfr=request.cfr)
    run.heartbeat.check_cancelled()
    # A sequence of frames is packed next, which takes the room that its segments no longer need.
    shutil.rmtree(run.work_dir / "segments", ignore_errors=True)
    with run.phase("store"):
        stored = _store_output(run.outputs.of(request.output_s3_uri), result, request)
    return _outcome(request, result, stored)


def _is_too_large(manifest: PlanManifest, found: Sequence[StoredObject], run: Run) -> bool:
    """
    Tell whether the disk is too small for the segments beside the video.

    Raises:
        DiskFull: It is, and this format cannot be assembled in parts. Retryable.
    """
    spec = FORMATS[manifest.format]
    size_bytes = sum(segment.size_bytes for segment in found)
    needed = int(_DISK_SHARE * size_bytes)
    free = _room_bytes(run)
    if needed <= free:
        return False
    if spec.joins_packets:
        return True
    raise DiskFull(
        f"assembling {manifest.total_frames} frames of {manifest.format} needs about "
        f"{human_size(needed)} of disk, and the function has {human_size(free)}: deploy with more "
        "(--set ephemeral_storage_mb=10240), render fewer frames at a time (frameRange), or "
        "choose mp4, mov or webm, whose size is not limited by the disk",
        needed_bytes=needed,
        free_bytes=free,
    )


def _room_bytes(run: Run) -> int:
    free = shutil.disk_usage(run.work_dir).free
    return free if run.assembly_room_bytes is None else min(free, run.assembly_room_bytes)


def _assemble_streamed(
    request: AssembleRequest, run: Run, found: Sequence[StoredObject], audio: Path | None
) -> Outcome:
    part_bytes = part_size(found)
    # A third for segments, and no more than that for the four parts and the one being written.
    room_bytes = _room_bytes(run) // 3
    streaming = Streaming(
        run.store,
        run.outputs.of(request.output_s3_uri),
        request.output_s3_uri,
        run.work_dir,
        room_bytes,
        run.primitives.cancel,
        request.output,
    )

    def join(paths: Sequence[Path]) -> AssembleResult:
        return run.primitives.assemble_parts(
            run.work_dir / "plan", paths, audio, streaming.parts_dir, part_bytes
        )

    with run.phase("assemble"):
        result, stored = streaming.assemble(found, join)
    return _outcome(request, result, stored)


def _outcome(request: AssembleRequest, result: AssembleResult, stored: Content) -> Outcome:
    reply = AssembleReply(
        output_s3_uri=str(request.output_s3_uri),
        frames_encoded=result.frames_encoded,
        file_size=stored.size_bytes,
        sha256=stored.sha256,
        duration_ms=result.duration_ms,
    )
    return Outcome(reply=reply.to_json(), numbers={"frames": result.frames_encoded})


def _output_name(output_format: str) -> str:
    spec = FORMATS[output_format]
    return "frames" if spec.is_directory else f"video{spec.extension}"


def _store_output(store: ObjectStore, result: AssembleResult, request: AssembleRequest) -> Content:
    """Store a file, or a directory of frames as one tar or as single objects."""
    path, uri, options = result.output_path, request.output_s3_uri, request.output

    def put(place: ObjectUri, file: Path, sha256: str | None = None) -> None:
        store.put_file(place, file, sha256=sha256, options=options)

    written = Content(sha256=result.sha256, size_bytes=result.size_bytes)
    if path.is_file():
        put(uri, path, result.sha256)
        return written
    if uri.key.endswith("/"):
        in_parallel(lambda frame: put(uri.joined(frame.name), frame), path.iterdir())
        return written
    packed = path.with_name(f"frames{PACKED}")
    pack(path, packed)
    digest = sha256_file(packed)
    put(uri, packed, digest)
    return Content(sha256=digest, size_bytes=packed.stat().st_size)
