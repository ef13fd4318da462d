"""render(): the three steps on this machine, in a process pool."""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

from fanreel.assembly import assemble
from fanreel.budget import without_lambda_cap
from fanreel.config import RenderConfig
from fanreel.encode.aside import check_ours, naming_write_errors
from fanreel.encode.formats import FORMATS
from fanreel.errors import InvalidConfig
from fanreel.evidence import keeping_screenshot
from fanreel.media.cache import CacheStats, cache_settings
from fanreel.plan_dir import UsedFont
from fanreel.planning import lock_config
from fanreel.pool import Pool, default_size
from fanreel.project import Root, open_project, output_fps, within_root
from fanreel.staging import stage_spec
from fanreel.timeline import frame_count, resolve_chunk_plan, segments_of
from fanreel.verification import VerifiedPlan, verify_plan
from fanreel.work_dir import open_work_dir
from fanreel.worker import Job

EventStage = Literal["plan", "render", "assemble", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderEvent:
    """How far a render is."""

    stage: EventStage
    frames_done: int
    total_frames: int
    """0 until the plan knows it."""
    elapsed_s: float
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderResult:
    """A finished video, or directory of frames."""

    output_path: Path
    total_frames: int
    fps: Fraction
    width: int
    height: int
    duration_s: float
    size_bytes: int
    sha256: str
    plan_hash: str
    stages: dict[str, float]
    """Seconds spent in `plan`, `render` and `assemble`."""
    warnings: tuple[str, ...] = ()
    cache: CacheStats = field(default_factory=CacheStats)
    """What the extraction cache saved and cost; zeroes where it is off."""
    fonts: tuple[UsedFont, ...] = ()
    """What the texts ask for and are drawn with."""


OnEvent = Callable[[RenderEvent], None]


def render(
    project_dir: Path | str,
    output: Path | str,
    config: RenderConfig | None = None,
    *,
    workers: int | None = None,
    on_event: OnEvent | None = None,
    keep_dir: Path | str | None = None,
    root_dir: Path | str | None = None,
) -> RenderResult:
    """
    Render a project to a video on this machine.

    All formats, no server and no AWS. Frames go from the browser to the encoder through memory;
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
    with keeping_screenshot(output):
        return _Render(folder, output, config, on_event, kept).run(workers)


class _Render:
    def __init__(
        self,
        project_dir: Path,
        output: Path,
        config: RenderConfig,
        on_event: OnEvent | None,
        keep_dir: Path | None,
    ) -> None:
        self._project_dir, self._output, self._config = project_dir, output, config
        self._on_event = on_event or (lambda _event: None)
        self._keep_dir = keep_dir
        self._started = time.monotonic()
        self._stages: dict[str, float] = {}
        self._total_frames = 0

    def run(self, workers: int | None) -> RenderResult:
        root = open_project(self._project_dir, self._config)
        locked = lock_config(root, self._config, webgl=False)
        spec = stage_spec(root.width, root.height, locked)
        self._check_output()
        self._tell("plan", 0)
        with open_work_dir() as work_dir:
            size = workers or default_size(_expected_segments(root, self._config))
            # One worker plans, on the browser it films with later, while the others start theirs.
            with Pool(spec, size, work_dir, cache_settings(os.environ)) as pool:
                plan_dir = self._keep_dir or work_dir / "plan"
                planned = pool.plan(self._project_dir, self._config, plan_dir)
                self._total_frames = planned.total_frames
                self._lap("plan")
                plan = verify_plan(plan_dir)
                files = self._film(plan, pool, work_dir)
            self._lap("render")
            self._tell("assemble", self._total_frames)
            audio = plan.manifest.audio_path
            assembled = assemble(
                plan_dir,
                files,
                plan_dir / audio if audio else None,
                self._output,
                cfr=self._config.cfr,
            )
            self._lap("assemble")
        self._tell("done", self._total_frames)
        return RenderResult(
            output_path=self._output,
            total_frames=planned.total_frames,
            fps=planned.fps,
            width=planned.width,
            height=planned.height,
            duration_s=float(planned.total_frames / planned.fps),
            size_bytes=assembled.size_bytes,
            sha256=assembled.sha256,
            plan_hash=planned.plan_hash,
            stages=self._stages,
            warnings=(*planned.warnings, *pool.cache_stats.warnings),
            cache=pool.cache_stats,
            fonts=planned.fonts,
        )

    def _film(self, plan: VerifiedPlan, pool: Pool, work_dir: Path) -> list[Path]:
        suffix = FORMATS[plan.locked.format].segment_extension
        jobs = [
            Job(start_frame=start, end_frame=end, path=work_dir / f"{start:08d}-{end:08d}{suffix}")
            for start, end in segments_of(
                0, plan.manifest.total_frames, plan.manifest.segment_frames
            )
        ]
        self._tell("render", 0)
        pool.film(plan, jobs, lambda frames: self._tell("render", frames))
        return [job.path for job in jobs]

    def _check_output(self) -> None:
        """Find out that the output cannot be written before minutes are spent on it."""
        wants_directory = not FORMATS[self._config.format].container
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
