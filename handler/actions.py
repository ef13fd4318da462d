"""The three actions: fetch, take the step, store."""

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanreel.aws.storage.artifacts import fetch_artifacts, fetch_manifest, upload_plan
from fanreel.aws.storage.layout import require_output
from fanreel.aws.storage.objects import in_parallel, read_bytes
from fanreel.aws.storage.progress import CACHE_NUMBERS, DONE, MORE
from fanreel.aws.storage.segments import S3SegmentStore, fetch_segments, pack, segment_folder
from fanreel.aws.storage.sites import fetch_project, root_of_site
from fanreel.aws.storage.transfer import put_file
from fanreel.aws.storage.uris import S3Uri
from fanreel.errors import ChunkIndexOutOfRange, InvalidConfig, InvalidVariables
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import CHUNKS, Artifact, PlanManifest, read_chunks, role_chunk
from fanreel.files.project import within_root
from fanreel.formats import FORMATS, PACKED
from fanreel.media.cache import CacheSettings
from fanreel.results import AssembleResult
from fanreel.segments.stores import SegmentKey
from fanreel.timing.timeline import ChunkSlice, segments_of
from handler.events import (
    AssembleReply,
    AssembleRequest,
    PlanReply,
    PlanRequest,
    RenderChunkReply,
    RenderChunkRequest,
    Request,
)
from handler.heartbeat import Heartbeat
from handler.primitives import Primitives

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VARIABLES_LIMIT_BYTES = 16 * 1024**2
_NO_DIGESTS = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What an action works with."""

    client: "S3Client"
    primitives: Primitives
    work_dir: Path
    temp_dir: Path
    """Where the steps put what is there only meanwhile."""
    heartbeat: Heartbeat
    remaining_s: Callable[[], float]
    """Seconds until Lambda ends the process."""
    plan_dir_size_limit_bytes: int
    cache: CacheSettings | None
    phase: Callable[[str], AbstractContextManager[None]]
    """Marks what takes the time, for the trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The reply, and what the invocation's record says of it."""

    reply: dict[str, Any]
    outcome: str = DONE
    numbers: dict[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def act(request: Request, run: Run) -> Outcome:
    """Do what is asked. Raises whatever the step or the storage raises."""
    match request:
        case PlanRequest():
            return _plan(request, run)
        case RenderChunkRequest():
            return _render_chunk(request, run)
        case AssembleRequest():
            return _assemble(request, run)


def _plan(request: PlanRequest, run: Run) -> Outcome:
    config = request.render_config(_fetch_variables(request, run))
    limit = min(config.plan_dir_size_limit_bytes, run.plan_dir_size_limit_bytes)
    config = config.replace(plan_dir_size_limit_bytes=limit)
    project_dir, plan_dir = run.work_dir / "project", run.work_dir / "plan"
    with run.phase("fetch"):
        root_dir = root_of_site(request.project_s3_uri, project_dir)
        project_dir = fetch_project(
            run.client, request.project_s3_uri, project_dir, config.entry_file
        )
        project_dir, config = within_root(project_dir, config, root_dir)
    with run.phase("plan"):
        result = run.primitives.plan(project_dir, config, plan_dir, temp_dir=run.temp_dir)
    run.heartbeat.check_cancelled()
    with run.phase("store"):
        manifest_uri, _ = upload_plan(run.client, plan_dir, request.folder)
    fps = result.fps
    reply = PlanReply(
        plan_manifest_s3_uri=str(manifest_uri),
        plan_hash=result.plan_hash,
        chunk_count=result.chunk_count,
        total_frames=result.total_frames,
        fps=fps.numerator if fps.denominator == 1 else str(fps),
        width=result.width,
        height=result.height,
        format=result.format,
        has_audio=result.has_audio,
        ffmpeg_version=result.ffmpeg_version,
        producer_version=result.producer_version,
        duration_ms=result.duration_ms,
    )
    numbers = {
        "total_frames": result.total_frames,
        "chunk_count": result.chunk_count,
        "segment_frames": _segment_frames(plan_dir),
    }
    return Outcome(reply=reply.to_json(), numbers=numbers, warnings=result.warnings)


def _render_chunk(request: RenderChunkRequest, run: Run) -> Outcome:
    plan_dir = run.work_dir / "plan"
    uri, index = request.plan_manifest_s3_uri, request.chunk_index
    manifest = fetch_manifest(run.client, uri, plan_dir, request.plan_hash)
    _check_format(request.format, manifest)
    fetch_artifacts(run.client, manifest, uri.bucket, plan_dir, lambda a: a.path == CHUNKS)
    chunk = _chunk(plan_dir, index)
    folder = segment_folder(request.chunk_output_s3_prefix, uri.bucket, manifest.plan_hash)
    store = S3SegmentStore(run.client, folder, manifest.format)
    keys = [
        SegmentKey(plan_hash=manifest.plan_hash, start_frame=start, end_frame=end)
        for start, end in segments_of(chunk.start_frame, chunk.end_frame, manifest.segment_frames)
    ]
    if all(in_parallel(store.find, keys)):
        # Rendered before: neither the project nor a browser is needed.
        return _found(chunk, len(keys))
    role = role_chunk(index)
    with run.phase("fetch"):
        fetch_artifacts(
            run.client,
            manifest,
            uri.bucket,
            plan_dir,
            lambda a: a.wanted_by(role) and a.path != CHUNKS,
        )
    with run.phase("render"):
        result = run.primitives.render_chunk(
            plan_dir,
            index,
            None,
            store=store,
            remaining_s=run.remaining_s,
            heartbeat=run.heartbeat.note,
            cache=run.cache,
            temp_dir=run.temp_dir,
        )
    return Outcome(
        reply=RenderChunkReply(
            chunk_index=index,
            done=result.done,
            next_frame=result.next_frame,
            frames_encoded=result.frames_encoded,
            sha256=result.sha256,
        ).to_json(),
        outcome=DONE if result.done else MORE,
        numbers={
            "frames": result.next_frame - chunk.start_frame,
            "segments_rendered": result.segments_rendered,
            "segments_found": result.segments_found,
        }
        | {name: getattr(result.cache, name.removeprefix("cache_")) for name in CACHE_NUMBERS},
        warnings=tuple(result.cache.warnings),
    )


def _assemble(request: AssembleRequest, run: Run) -> Outcome:
    plan_dir, uri = run.work_dir / "plan", request.plan_manifest_s3_uri
    manifest = fetch_manifest(run.client, uri, plan_dir, request.plan_hash)
    _check_format(request.format, manifest)
    require_output(request.output_s3_uri, manifest.format)

    def needed(artifact: Artifact) -> bool:
        # Segments stand on their own; of the plan only the sound and the numbers are needed.
        return artifact.path == manifest.audio_path or artifact.path.startswith("meta/")

    folder = segment_folder(request.chunk_output_s3_prefix, uri.bucket, manifest.plan_hash)
    with run.phase("fetch"):
        fetch_artifacts(run.client, manifest, uri.bucket, plan_dir, needed)
        segments = fetch_segments(run.client, folder, manifest, run.work_dir / "segments")
    output = run.work_dir / "output" / _output_name(manifest.format)
    output.parent.mkdir()
    audio = plan_dir / manifest.audio_path if manifest.audio_path else None
    with run.phase("assemble"):
        result = run.primitives.assemble(plan_dir, segments, audio, output, cfr=request.cfr)
    run.heartbeat.check_cancelled()
    # A sequence of frames is packed next, which takes the room that its segments no longer need.
    shutil.rmtree(run.work_dir / "segments")
    with run.phase("store"):
        size_bytes, sha256 = _store_output(run.client, result, request.output_s3_uri)
    reply = AssembleReply(
        output_s3_uri=str(request.output_s3_uri),
        frames_encoded=result.frames_encoded,
        file_size=size_bytes,
        sha256=sha256,
        duration_ms=result.duration_ms,
    )
    return Outcome(reply=reply.to_json(), numbers={"frames": result.frames_encoded})


def _fetch_variables(request: PlanRequest, run: Run) -> dict[str, Any]:
    uri = request.variables_s3_uri
    if uri is None:
        return {}
    try:
        variables = json.loads(read_bytes(run.client, uri, limit_bytes=VARIABLES_LIMIT_BYTES))
    except ValueError as exc:
        raise InvalidVariables(f"{uri} is not JSON: {exc}", uri=str(uri)) from exc
    if not isinstance(variables, dict):
        raise InvalidVariables(
            f"{uri} is a JSON {type(variables).__name__}, expected an object", uri=str(uri)
        )
    return variables


def _segment_frames(plan_dir: Path) -> int:
    return int(json.loads((plan_dir / "plan.json").read_bytes())["segment_frames"])


def _chunk(plan_dir: Path, index: int) -> ChunkSlice:
    chunks = read_chunks(plan_dir)
    if index >= len(chunks):
        raise ChunkIndexOutOfRange(
            f"the plan has chunks 0 to {len(chunks) - 1}, there is no chunk {index}",
            chunk_index=index,
            chunk_count=len(chunks),
        )
    return chunks[index]


def _found(chunk: ChunkSlice, segments: int) -> Outcome:
    reply = RenderChunkReply(
        chunk_index=chunk.index,
        done=True,
        next_frame=chunk.end_frame,
        frames_encoded=0,
        sha256=_NO_DIGESTS,
    )
    numbers = {"frames": chunk.frames, "segments_found": segments}
    return Outcome(reply=reply.to_json(), numbers=numbers)


def _check_format(asked: str | None, manifest: PlanManifest) -> None:
    if asked not in (None, manifest.format):
        raise InvalidConfig(f"Format {asked!r}: the plan is for {manifest.format!r}")


def _output_name(output_format: str) -> str:
    spec = FORMATS[output_format]
    return "frames" if spec.is_directory else f"video{spec.extension}"


def _store_output(client: "S3Client", result: AssembleResult, uri: S3Uri) -> tuple[int, str]:
    """Store a file, or a directory of frames as one tar or as single objects; size and sha256."""
    path = result.output_path
    if path.is_file():
        put_file(client, uri, path, sha256=result.sha256)
        return result.size_bytes, result.sha256
    if uri.key.endswith("/"):
        in_parallel(lambda frame: put_file(client, uri.joined(frame.name), frame), path.iterdir())
        return result.size_bytes, result.sha256
    packed = path.with_name(f"frames{PACKED}")
    pack(path, packed)
    digest = sha256_file(packed)
    put_file(client, uri, packed, sha256=digest)
    return packed.stat().st_size, digest
