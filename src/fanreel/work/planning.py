"""A project and a configuration become a plan directory; see `fanreel.planning`."""

import contextlib
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import session_spec
from fanreel.config import RenderConfig
from fanreel.configuration.distributed import reject_unsupported_distributed_format
from fanreel.errors import InvalidConfig, PlanProducedZeroChunks, PlanTooLarge
from fanreel.files import plan_dir as plans
from fanreel.files.aside import check_ours, naming_write_errors, written_aside
from fanreel.files.budget import check_estimate, check_measured
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import (
    ROLE_ALL,
    ROLE_ASSEMBLE,
    Artifact,
    Composition,
    LockedRenderConfig,
    MediaClip,
    PlanManifest,
    Versions,
    role_chunk,
)
from fanreel.files.plan_hash import compute_plan_hash, hashed_totals
from fanreel.files.plan_reading import write_json
from fanreel.files.project import open_project
from fanreel.files.work_dir import open_work_dir
from fanreel.fonts.frozen import freeze_fonts
from fanreel.formats import FORMATS
from fanreel.inspection.locking import lock_config, padding_warnings
from fanreel.inspection.survey import Survey, survey
from fanreel.problems import Problem
from fanreel.results import PlanResult
from fanreel.settings import given
from fanreel.timing.timeline import (
    ChunkSlice,
    build_chunk_slices,
    resolve_chunk_plan,
)
from fanreel.versions import current_versions
from fanreel.work.frozen_media import Roles, expected_bytes, freeze_media
from fanreel.work.sound import SoundWork, make_sound

_SOUND_BYTES_PER_S = 192_000  # 48 kHz stereo 16 bit, the largest mix that a plan holds


def make_distributed_plan(
    project_dir: Path, config: RenderConfig, plan_dir: Path, temp_dir: Path | None = None
) -> PlanResult:
    """Do as `fanreel.plan()` does; *temp_dir* as for `make_plan()`."""
    try:
        return make_plan(project_dir, config, plan_dir, temp_dir=temp_dir, distributed=True)
    except PlanTooLarge as exc:
        raise PlanTooLarge(
            f"{exc}, or render in one process with fanreel.render()", **exc.facts
        ) from exc


def make_plan(
    project_dir: Path,
    config: RenderConfig,
    plan_dir: Path,
    session: PageSession | None = None,
    temp_dir: Path | None = None,
    *,
    distributed: bool = False,
    sound_later: Path | None = None,
) -> PlanResult:
    """
    Plan a render for this machine, or as `fanreel.plan()` does.

    Args:
        project_dir: See `fanreel.plan()`.
        config: See `fanreel.plan()`.
        plan_dir: See `fanreel.plan()`.
        session: An entered session of `session_spec()`'s kind to look at the composition on; None
            starts one.
        temp_dir: Takes what is there only while planning, and is removed by the caller; None makes
            one of the system's.
        distributed: Many machines will render it; refuse what they cannot.
        sound_later: File that takes what is to be mixed, for `add_sound()`; the plan is whole
            without the mix until then. None: it is mixed now.
    """
    started = time.monotonic()
    root = open_project(project_dir, config)
    check_ours(plan_dir)
    locked = lock_config(root, config, webgl=False)
    with contextlib.ExitStack() as stack:
        work_dir = _below(temp_dir) if temp_dir else stack.enter_context(open_work_dir())
        if session is None:
            session = stack.enter_context(
                PageSession(session_spec(root.width, root.height, locked), work_dir)
            )
        found = survey(project_dir, root, config, session, work_dir)
        locked = lock_config(
            root,
            config,
            webgl=found.uses_webgl,
            webgpu=found.uses_webgpu,
            drawn=found.drawn,
        )
        check_estimate(
            _estimate(project_dir, found, config, sliced=distributed),
            config.plan_dir_size_limit_bytes,
            work_dir,
            plan_dir,
        )
        if distributed:
            start, end = _frame_range(found, config)
            reject_unsupported_distributed_format(
                config,
                total_frames=end - start,
                width=locked.output_width,
                height=locked.output_height,
            )
        with written_aside(plan_dir) as aside, naming_write_errors(plan_dir):
            manifest = _write(
                project_dir, found, config, locked, aside, sound_later, distributed=distributed
            )
            size_bytes = check_measured(aside, config.plan_dir_size_limit_bytes)
    silence = _silence_warnings(found, config)
    problems = (*found.warnings, *padding_warnings(locked), *silence)
    return PlanResult(
        plan_dir=plan_dir,
        plan_hash=manifest.plan_hash,
        chunk_count=manifest.chunk_count,
        total_frames=manifest.total_frames,
        fps=manifest.fps,
        width=manifest.width,
        height=manifest.height,
        format=manifest.format,
        has_audio=manifest.has_audio,
        ffmpeg_version=manifest.versions.libav,
        producer_version=manifest.versions.fanreel,
        duration_ms=round(1000 * (time.monotonic() - started)),
        size_bytes=size_bytes,
        warnings=tuple(map(str, problems)),
        problems=problems,
        fonts=found.fonts,
    )


def _below(temp_dir: Path) -> Path:
    path = temp_dir / "planning"
    path.mkdir()
    return path


def _estimate(project_dir: Path, found: Survey, config: RenderConfig, *, sliced: bool) -> int:
    shown: dict[str, list[MediaClip]] = {}
    for clip in found.media:
        if clip.shown:
            shown.setdefault(clip.path, []).append(clip)
    sizes = [expected_bytes(Path(path), clips, sliced=sliced) for path, clips in shown.items()]
    sizes += [(project_dir / name).stat().st_size for name in found.used_files]
    sizes += [(found.recorded_dir / response.sha256).stat().st_size for response in found.recorded]
    sizes += map(len, found.frozen_fonts.files.values())
    sound = int(found.duration_s * _SOUND_BYTES_PER_S) if _audible(found, config) else 0
    return sum(sizes) + sound


def _audible(found: Survey, config: RenderConfig) -> list[MediaClip]:
    if config.mute:
        return []
    return [clip for clip in found.media if clip.audible]


def _silence_warnings(found: Survey, config: RenderConfig) -> list[Problem]:
    if FORMATS[config.format].pictures or _audible(found, config):
        return []
    warning = f"{config.entry_path} has no sound: the {config.format} holds silence"
    return [Problem(rule="silence", message=warning)]


def _frame_range(found: Survey, config: RenderConfig) -> tuple[int, int]:
    if config.frame_range is None:
        return 0, found.total_frames
    start, end = config.frame_range
    if end > found.total_frames:
        beyond = given("frameRange", f"[{start}, {end}]")
        raise InvalidConfig(
            f"{beyond['said']}: allowed: within [0, {found.total_frames})",
            settings=[beyond],
            total_frames=found.total_frames,
        )
    return start, end


def _write(
    project_dir: Path,
    found: Survey,
    config: RenderConfig,
    locked: LockedRenderConfig,
    directory: Path,
    sound_later: Path | None,
    *,
    distributed: bool,
) -> PlanManifest:
    """Write all files of the plan below *directory*, the manifest last."""
    start, end = _frame_range(found, config)
    chunk_plan = resolve_chunk_plan(
        end - start,
        chunk_size=config.chunk_size,
        max_parallel_chunks=config.max_parallel_chunks,
        target_chunk_frames=config.target_chunk_frames,
        segment_frames=config.segment_frames,
    )
    if start == end:
        raise PlanProducedZeroChunks("the timeline has no frames; check data-duration")
    pictures = FORMATS[config.format].pictures
    chunks = build_chunk_slices(chunk_plan) if pictures else []
    locked = locked.model_copy(update={"gop": chunk_plan.segment_frames})
    directory.mkdir()
    if pictures:
        _freeze_site(project_dir, found, directory)
        freeze_fonts(found.frozen_fonts, directory)
    composition = _composition(found, config, start, end, found.media)
    media, media_roles = freeze_media(composition, chunks, directory, sliced=distributed)
    composition = composition.model_copy(update={"media": media})
    write_json(directory / plans.COMPOSITION, composition.to_json())
    write_json(directory / plans.ENCODER, locked.to_json())
    write_json(directory / plans.CHUNKS, [chunk.to_json() for chunk in chunks])
    sound = _sound(found, config, start, end)
    if sound is not None:
        write_json(directory / plans.SOUND, sound.recipe())
        if sound_later is None:
            make_sound(sound, directory)
        else:
            sound.write(sound_later)
    versions = current_versions()
    manifest = PlanManifest(
        plan_hash="",
        versions=versions,
        total_frames=end - start,
        fps=found.fps,
        width=locked.output_width,
        height=locked.output_height,
        format=config.format,
        has_audio=sound is not None,
        audio_path=sound and sound.audio_path,
        chunk_count=len(chunks),
        segment_frames=chunk_plan.segment_frames,
        artifacts=_artifacts(directory, media_roles, chunks),
    )
    return _seal(manifest, versions, directory)


def _seal(manifest: PlanManifest, versions: Versions, directory: Path) -> PlanManifest:
    plan_hash = compute_plan_hash(manifest.artifacts, versions, hashed_totals(manifest))
    sealed = manifest.model_copy(update={"plan_hash": plan_hash}).sealed()
    write_json(directory / plans.MANIFEST, sealed.to_json())
    return sealed


def _freeze_site(project_dir: Path, found: Survey, directory: Path) -> None:
    for name in found.used_files:
        _copy(project_dir / name, directory / plans.SITE_DIR / name)
    if found.recorded:
        write_json(directory / plans.RECORDED, [r.to_json() for r in found.recorded])
        for response in found.recorded:
            _copy(
                found.recorded_dir / response.sha256,
                directory / plans.RECORDED_DIR / response.sha256,
            )


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _composition(
    found: Survey, config: RenderConfig, start: int, end: int, media: tuple[MediaClip, ...]
) -> Composition:
    return Composition(
        composition_id=found.root.composition_id,
        entry_file=config.entry_path,
        project_path=config.project_path,
        width=found.root.width,
        height=found.root.height,
        fps=found.fps,
        duration_s=found.duration_s,
        first_frame=start,
        total_frames=end - start,
        clips=found.clips,
        media=media,
        variables=config.variables,
        fonts=found.fonts,
        uses_webgl=found.uses_webgl,
        stepped=found.stepped,
        refused=found.refused,
        absent=found.absent,
    )


def _sound(found: Survey, config: RenderConfig, start: int, end: int) -> SoundWork | None:
    """Return what is to be mixed, if anything is heard or the output is a sound."""
    spec = FORMATS[config.format]
    clips = tuple(_audible(found, config))
    if spec.audio_codec is None or (spec.pictures and not clips):
        return None
    work = SoundWork(
        clips=clips,
        desk=found.desk,
        from_s=start / found.fps,
        total_s=(end - start) / found.fps,
        audio_path=f"audio{spec.audio_extension}",
        codec=spec.audio_codec,
    )
    return work if not spec.pictures or work.is_heard() else None


def _artifacts(
    directory: Path, media_roles: Roles, chunks: Sequence[ChunkSlice]
) -> tuple[Artifact, ...]:
    """List every file with its digest and who needs it."""
    artifacts = []
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        name = path.relative_to(directory).as_posix()
        roles: tuple[str, ...] = (ROLE_ALL,)
        if plans.is_sound(name) or name == plans.SOUND:
            roles = (ROLE_ASSEMBLE,)
        elif name.startswith(f"{plans.COMPILED_DIR}/"):
            roles = tuple(role_chunk(chunk.index) for chunk in chunks)
        elif name in media_roles:
            roles = media_roles[name]
        artifacts.append(
            Artifact(
                path=name, sha256=sha256_file(path), size_bytes=path.stat().st_size, roles=roles
            )
        )
    return tuple(artifacts)
