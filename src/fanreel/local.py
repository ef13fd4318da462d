"""render(): the three steps on this machine, in child processes."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.engine.pool import Pool, default_size
from fanreel.engine.reach import Reach
from fanreel.engine.requests import Assemble, Mix, Plan, Prepare
from fanreel.errors import InvalidConfig
from fanreel.files.aside import check_ours, clearing_beside, naming_write_errors
from fanreel.files.budget import without_lambda_cap
from fanreel.files.kept_dirs import fonts_dir
from fanreel.files.plan_dir import PlanManifest
from fanreel.files.plan_reading import read_manifest
from fanreel.files.project import Root, open_project, output_fps, within_root
from fanreel.files.work_dir import open_work_dir
from fanreel.formats import FORMATS
from fanreel.inspection.locking import lock_config
from fanreel.media.cache import CacheSettings, CacheStats, cache_settings
from fanreel.reporting.notebook import Bar, moving
from fanreel.reporting.render_log import RenderLog
from fanreel.results import AssembleResult, EventStage, PlanResult, RenderEvent, RenderResult
from fanreel.segments.chunks import keys_of
from fanreel.segments.driver import render_segments
from fanreel.segments.evidence import keeping_screenshot
from fanreel.segments.resume import open_resume_folder, resume_root
from fanreel.segments.stores import DirectoryStore
from fanreel.timing.timeline import frame_count, resolve_chunk_plan

_SOUND = "sound.json"

OnEvent = Callable[[RenderEvent], None]


def render(  # noqa: PLR0913 (all but three by keyword)
    project_dir: Path | str,
    output: Path | str,
    config: RenderConfig | None = None,
    *,
    workers: int | None = None,
    on_event: OnEvent | None = None,
    keep_dir: Path | str | None = None,
    root_dir: Path | str | None = None,
    resume: bool = True,
    keep_segments: bool = False,
    log: RenderLog | None = None,
    progress: Callable[..., Bar] | None = None,
) -> RenderResult:
    """
    Render a project to a video on this machine.

    All formats, no server and no AWS. Pages and media are handled by child processes, which see
    nothing of this one's environment. Frames go from the browser to the encoder through memory;
    those decoded from source videos are kept for the next render (`FANREEL_EXTRACT_CACHE_DIR`).

    Args:
        project_dir: Folder with the composition; only read.
        output: File to write, or directory for png-sequence; appears whole or not at all.
        config: What to render; None is `RenderConfig()`.
        workers: Browsers at once; None is one a core.
        on_event: Told how far it is, a few times a second at most.
        keep_dir: Keeps the plan directory there.
        root_dir: A folder around the project, up to which its files and links may lead; None: no
            further than the project.
        resume: Go on from where an earlier, identical render was ended, and keep finished segments
            for the next one until this one has come to its end (`FANREEL_RESUME_DIR`).
        keep_segments: Keep them after that too, for another render of the same plan, as after an
            edit that was taken back.
        log: Notes what each worker does when, for `fanreel.reporting.local_report`.
        progress: Makes a bar of the frames, as `tqdm.auto.tqdm` does: called with `total`, `desc`
            and `unit`, it gives something with `update(frames)` and `close()`.
    Raises:
        RenderError: See `plan()`, `render_chunk()` and `assemble()`. Where a page is to blame its
            picture is kept beside *output*, as `<stem>.error.png`.
    """
    if workers is not None and workers < 1:
        raise InvalidConfig(f"workers = {workers}: allowed: a whole number from 1, or None")
    config = without_lambda_cap(config or RenderConfig())
    folder, config = within_root(Path(project_dir), config, root_dir)
    output = Path(output)
    kept = None if keep_dir is None else Path(keep_dir)
    with contextlib.ExitStack() as stack:
        stack.enter_context(keeping_screenshot(output))
        listeners = [] if on_event is None else [on_event]
        if progress is not None:
            listeners.append(stack.enter_context(moving(progress)))

        def tell(event: RenderEvent) -> None:
            for listener in listeners:
                listener(event)

        asked = _Render(folder, output, config, tell, kept, log, keep_segments=keep_segments)
        return asked.run(workers, resume=resume)


class _Render:
    def __init__(
        self,
        project_dir: Path,
        output: Path,
        config: RenderConfig,
        on_event: OnEvent,
        keep_dir: Path | None,
        log: RenderLog | None,
        *,
        keep_segments: bool,
    ) -> None:
        self._project_dir, self._output, self._config = project_dir, output, config
        self._on_event = on_event
        self._keep_segments = keep_segments
        self._keep_dir, self._log = keep_dir, log or RenderLog()
        self._started = time.monotonic()
        self._stages: dict[str, float] = {}
        self._total_frames = self._frames_resumed = 0

    def run(self, workers: int | None, *, resume: bool) -> RenderResult:
        root = open_project(self._project_dir, self._config)
        locked = lock_config(root, self._config, webgl=False)
        self._check_output()
        self._tell("plan", 0)
        with open_work_dir() as work_dir, clearing_beside(self._output, self._keep_dir):
            size = workers or default_size(_expected_segments(root, self._config))
            prepare = Prepare(
                width=root.width, height=root.height, locked=locked, temp_dir=work_dir
            )
            # One child plans, on the browser it renders with, while the others start theirs.
            cache = cache_settings(os.environ)
            reach = self._reach(work_dir, cache, resume=resume)
            with Pool(prepare, size, cache, reach, looks=self._log.looks) as pool:
                plan_dir = (self._keep_dir or work_dir / "plan").absolute()
                planned = pool.plan(self._plan_request(plan_dir, work_dir))
                self._total_frames = planned.total_frames if planned.chunk_count else 0
                self._lap("plan")
                assembled = self._render(pool, plan_dir, work_dir, resume=resume)
        self._tell("done", self._total_frames)
        return self._result(planned, assembled, pool.cache_stats)

    def _reach(self, work_dir: Path, cache: CacheSettings | None, *, resume: bool) -> Reach:
        kept = (
            fonts_dir(os.environ),
            cache.directory if cache else None,
            resume_root(os.environ) if resume else None,
        )
        reach = Reach(
            temp_dir=work_dir,
            reads=(self._project_dir.absolute(),),
            keeps=tuple(filter(None, kept)),
        )
        return reach.writing(self._output, self._keep_dir)

    def _plan_request(self, plan_dir: Path, work_dir: Path) -> Plan:
        return Plan(
            project_dir=self._project_dir.absolute(),
            config=self._config,
            plan_dir=plan_dir,
            temp_dir=work_dir,
            distributed=False,
            sound_later=work_dir / _SOUND,
        )

    def _render(
        self, pool: Pool, plan_dir: Path, work_dir: Path, *, resume: bool
    ) -> AssembleResult:
        manifest = read_manifest(plan_dir)
        root = resume_root(os.environ) if resume else None
        with open_resume_folder(root, manifest.plan_hash) as kept:
            folder = kept.path if kept else work_dir / "segments"
            sound = Mix(plan_dir=plan_dir, sound_path=work_dir / _SOUND)
            mixing = pool.mixing(sound) if manifest.has_audio else None
            with mixing or contextlib.nullcontext():
                paths = self._render_segments(pool, plan_dir, manifest, folder)
                if mixing is not None:
                    mixing.finish()
            self._lap("render")
            self._tell("assemble", self._total_frames)
            audio = manifest.audio_path
            assembled = pool.assemble(
                Assemble(
                    plan_dir=plan_dir,
                    chunk_paths=tuple(paths),
                    audio_path=plan_dir / audio if audio else None,
                    output_path=self._output.absolute(),
                    cfr=self._config.cfr,
                )
            )
            self._lap("assemble")
            if kept and not self._keep_segments:
                kept.discard()
        return assembled

    def _render_segments(
        self, pool: Pool, plan_dir: Path, manifest: PlanManifest, folder: Path
    ) -> list[Path]:
        suffix = FORMATS[manifest.format].segment_extension
        folder.mkdir(exist_ok=True)
        store = DirectoryStore(folder, suffix)
        store.clear_unfinished()
        unfinished = folder / "unfinished"
        unfinished.mkdir()
        keys = keys_of(manifest, 0, manifest.segmented_frames)
        self._frames_resumed = sum(key.frames for key in keys if store.find(key))
        resumed = f"{self._frames_resumed} frames were rendered before"
        self._tell("render", self._frames_resumed, resumed if self._frames_resumed else None)
        render_segments(
            keys,
            self._log.listening(pool.renderers(plan_dir)),
            store,
            unfinished,
            suffix,
            heartbeat=lambda frames: self._tell("render", frames),
        )
        return [store.path(key) for key in keys]

    def _result(
        self, planned: PlanResult, assembled: AssembleResult, cache: CacheStats
    ) -> RenderResult:
        return RenderResult(
            output_path=self._output,
            total_frames=assembled.frames_encoded,
            fps=planned.fps,
            width=planned.width,
            height=planned.height,
            duration_s=float(planned.total_frames / planned.fps),
            size_bytes=assembled.size_bytes,
            sha256=assembled.sha256,
            plan_hash=planned.plan_hash,
            stages=self._stages,
            warnings=(*planned.warnings, *cache.warnings),
            cache=cache,
            fonts=planned.fonts,
            frames_resumed=self._frames_resumed,
        )

    def _check_output(self) -> None:
        """Find out that the output cannot be written before minutes are spent on it."""
        wants_directory = FORMATS[self._config.format].is_directory
        if self._output.exists() and self._output.is_dir() != wants_directory:
            kinds = ("a file", "a directory")
            raise InvalidConfig(
                f"format {self._config.format!r} writes {kinds[wants_directory]}, but "
                f"{self._output} is {kinds[not wants_directory]}; choose another output",
                path=str(self._output),
            )
        with naming_write_errors(self._output):
            check_ours(self._output)
            self._output.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._output.parent):
                pass

    def _tell(self, stage: EventStage, frames_done: int, message: str | None = None) -> None:
        self._on_event(
            RenderEvent(
                stage=stage,
                frames_done=frames_done,
                total_frames=self._total_frames,
                elapsed_s=time.monotonic() - self._started,
                message=message,
            )
        )

    def _lap(self, stage: str) -> None:
        spent = time.monotonic() - self._started - sum(self._stages.values())
        self._stages[stage] = spent


def _expected_segments(root: Root, config: RenderConfig) -> int:
    """Guess how many segments there will be, before there is a plan; only to size the pool."""
    if not FORMATS[config.format].pictures:
        return 1
    if config.frame_range is not None:
        frames = config.frame_range[1] - config.frame_range[0]
    elif root.duration_s is not None:
        frames = frame_count(root.duration_s, output_fps(root, config))
    else:
        return default_size(1_000_000)
    plan = resolve_chunk_plan(
        frames, segment_frames=config.segment_frames, chunk_size=config.chunk_size
    )
    return -(-frames // plan.segment_frames)
