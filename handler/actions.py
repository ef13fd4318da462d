"""The actions: fetch, take the step, store."""

import hashlib
import json
from pathlib import Path
from typing import Any

from fanreel.config import RenderConfig
from fanreel.errors import ChunkIndexOutOfRange, InvalidConfig, InvalidVariables
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import STARTING, role_chunk
from fanreel.files.plan_reading import read_chunks
from fanreel.files.project import within_root
from fanreel.segments.stores import SegmentKey
from fanreel.storage.artifacts import fetch_artifacts, fetch_manifest, upload_plan
from fanreel.storage.fetching import fetch_project, root_of_site
from fanreel.storage.invocations import CACHE_NUMBERS, DONE, MORE
from fanreel.storage.journal import Film
from fanreel.storage.projects import Project
from fanreel.storage.segments import StoredSegments, segment_folder
from fanreel.storage.store import in_parallel
from fanreel.timing.timeline import ChunkSlice, segments_of
from handler.assembling import assemble
from handler.events import AssembleRequest, PlanRequest, RenderChunkRequest, Request, StillRequest
from handler.replies import PlanReply, RenderChunkReply, StillReply
from handler.run import Outcome, Run, check_format

VARIABLES_LIMIT_BYTES = 16 * 1024**2
_NO_DIGESTS = hashlib.sha256().hexdigest()


def act(request: Request, run: Run) -> Outcome:
    """Do what is asked. Raises whatever the step or the storage raises."""
    match request:
        case PlanRequest():
            return _plan(request, run)
        case RenderChunkRequest():
            return _render_chunk(request, run)
        case StillRequest():
            return _still(request, run)
        case AssembleRequest():
            return assemble(request, run)


def _plan(request: PlanRequest, run: Run) -> Outcome:
    config = request.render_config(_fetch_variables(request, run), run.plan_dir_size_limit_bytes)
    _require_free(request, run)
    plan_dir = run.work_dir / "plan"
    with run.phase("fetch"):
        project_dir, config = _fetch_project(request.project_s3_uri, config, run)
    with run.phase("plan"):
        result = run.primitives.plan(project_dir, config, plan_dir, temp_dir=run.temp_dir)
    run.heartbeat.check_cancelled()
    with run.phase("store"):
        manifest_uri, _ = upload_plan(run.store, plan_dir, request.folder)
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
        # Of a sound alone there are none to wait for.
        "total_frames": result.total_frames if result.chunk_count else 0,
        "chunk_count": result.chunk_count,
        "segment_frames": _segment_frames(plan_dir),
    }
    film = Film(
        fps=fps,
        width=result.width,
        height=result.height,
        total_frames=result.total_frames,
        format=result.format,
    )
    return Outcome(
        reply=reply.to_json(),
        numbers=numbers,
        warnings=result.warnings,
        fonts=result.fonts,
        film=film,
    )


def _require_free(request: PlanRequest, run: Run) -> None:
    """Refuse to render what would replace another video. Raises `InvalidConfig`."""
    uri = request.output_s3_uri
    if uri is None or request.output.overwrite:
        return
    store = run.outputs.of(uri)
    if uri.is_folder:
        taken = next(store.list_objects(uri), None) is not None
    else:
        taken = store.look_up(uri) is not None
    if taken:
        raise InvalidConfig(
            f"OutputS3Uri {uri}: there is something already; choose another place, or say "
            "overwrite (--overwrite, Output.Overwrite)",
            uri=str(uri),
        )


def _still(request: StillRequest, run: Run) -> Outcome:
    config = request.render_config(_fetch_variables(request, run))
    with run.phase("fetch"):
        project_dir, config = _fetch_project(request.project_s3_uri, config, run)
    picture = run.work_dir / "output" / f"still{Path(request.output_s3_uri.key).suffix}"
    picture.parent.mkdir()
    with run.phase("still"):
        result = run.primitives.still(project_dir, picture, request.at_s, config)
    run.heartbeat.check_cancelled()
    digest = sha256_file(picture)
    with run.phase("store"):
        store = run.outputs.of(request.output_s3_uri)
        store.put_file(request.output_s3_uri, picture, sha256=digest)
    reply = StillReply(
        output_s3_uri=str(request.output_s3_uri),
        at_s=result.at_s,
        frame=result.frame,
        width=result.width,
        height=result.height,
        file_size=result.size_bytes,
        sha256=digest,
        warnings=result.warnings,
    )
    return Outcome(reply=reply.to_json(), warnings=result.warnings)


def _fetch_project(uri: Project, config: RenderConfig, run: Run) -> tuple[Path, RenderConfig]:
    project_dir = run.work_dir / "project"
    root_dir = root_of_site(uri, project_dir)
    project_dir = fetch_project(run.store, uri, project_dir, config.entry_file, run.sources)
    return within_root(project_dir, config, root_dir)


def _render_chunk(request: RenderChunkRequest, run: Run) -> Outcome:
    plan_dir = run.work_dir / "plan"
    uri, index = request.plan_manifest_s3_uri, request.chunk_index
    manifest = fetch_manifest(run.store, uri, plan_dir, request.plan_hash)
    check_format(request.format, manifest)
    fetch_artifacts(run.store, manifest, uri, plan_dir, lambda a: a.path in STARTING)
    chunk = _chunk(plan_dir, index)
    folder = segment_folder(request.chunk_output_s3_prefix, uri, manifest.plan_hash)
    store = StoredSegments(run.store, folder, manifest.format)
    keys = [
        SegmentKey(plan_hash=manifest.plan_hash, start_frame=start, end_frame=end)
        for start, end in segments_of(chunk.start_frame, chunk.end_frame, manifest.segment_frames)
    ]
    if all(in_parallel(store.find, keys)):
        # Rendered before: neither the project nor a browser is needed.
        return _found(chunk, len(keys))
    role = role_chunk(index)

    def fetch() -> None:
        with run.phase("fetch"):
            fetch_artifacts(
                run.store,
                manifest,
                uri,
                plan_dir,
                lambda a: a.wanted_by(role) and a.path not in STARTING,
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
            fetch=fetch,
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
        segments=result.runs,
    )


def _fetch_variables(request: PlanRequest | StillRequest, run: Run) -> dict[str, Any]:
    uri = request.variables_s3_uri
    if uri is None:
        return {}
    try:
        variables = json.loads(run.store.read_bytes(uri, limit_bytes=VARIABLES_LIMIT_BYTES))
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
