"""The three steps, each in a child: for parents that hold what a page or a video must not get."""

import contextlib
import dataclasses
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from fanreel.browser.orphans import kill_orphans
from fanreel.config import RenderConfig
from fanreel.engine.answers import Assembled, Done, Linted, Planned, Saved
from fanreel.engine.process import Child, ChildLost
from fanreel.engine.reach import Reach
from fanreel.engine.renderers import ChildRenderer, Losses
from fanreel.engine.requests import (
    Assemble,
    AssembleParts,
    Join,
    Lint,
    Open,
    Plan,
    Prepare,
    Still,
)
from fanreel.engine.warm import new_child
from fanreel.errors import BrowserCrashed, RenderCancelled
from fanreel.files.aside import clearing_beside
from fanreel.files.kept_dirs import fonts_dir
from fanreel.files.plan_reading import read_composition, read_encoder
from fanreel.files.project import within_root
from fanreel.files.work_dir import open_work_dir
from fanreel.lint.findings import LintResult
from fanreel.media.cache import CacheSettings, CacheStats
from fanreel.reporting.render_log import RenderLog
from fanreel.results import AssembleResult, ChunkResult, PlanResult, StillResult
from fanreel.segments.chunks import ChunkFacts, SegmentWork, read_chunk, render_chunk_segments
from fanreel.segments.driver import Outcome
from fanreel.segments.stores import SegmentStore


class Engine:
    """
    Takes one step after the other, each in a fresh child.

    Nothing of one step is left for the next: whoever took over a child has it until its end only.

    Args:
        niceness: Of children and their browsers, above this process's.
    """

    def __init__(self, *, niceness: int = 0) -> None:
        self._niceness = niceness
        self._child: Child | ChildRenderer | None = None
        self._cancelled = False
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """End the step that is under way, from another thread; it raises `RenderCancelled`."""
        with self._lock:
            self._cancelled = True
            if self._child is not None:
                self._child.cancel()

    def resume(self) -> None:
        """Take steps again after `cancel()`."""
        with self._lock:
            self._cancelled = False

    def plan(
        self,
        project_dir: Path,
        config: RenderConfig,
        plan_dir: Path,
        *,
        root_dir: Path | str | None = None,
        temp_dir: Path | None = None,
    ) -> PlanResult:
        """Do as `fanreel.plan()` does; *temp_dir* takes what is there only meanwhile."""
        folder, config = within_root(project_dir, config, root_dir)
        with (
            open_work_dir(temp_dir) as work_dir,
            self._working("planned", _planning(work_dir, folder), plan_dir) as child,
        ):
            request = Plan(
                project_dir=folder.absolute(),
                config=config,
                plan_dir=plan_dir.absolute(),
                temp_dir=work_dir,
                distributed=True,
            )
            return child.ask(request, Planned).result

    def render_chunk(  # noqa: PLR0913 (each is an option)
        self,
        plan_dir: Path,
        chunk_index: int,
        output_path: Path | None,
        *,
        store: SegmentStore | None = None,
        remaining_s: Callable[[], float] | None = None,
        heartbeat: Callable[[int], None] | None = None,
        cache: CacheSettings | None = None,
        temp_dir: Path | None = None,
        fetch: Callable[[], None] | None = None,
    ) -> ChunkResult:
        """
        Do as `fanreel.render_chunk()` does; *temp_dir* takes what is there only meanwhile.

        With *fetch*, *plan_dir* holds the manifest and `STARTING` only; *fetch* brings the rest of
        the chunk's share, while the browser starts.
        """
        log = RenderLog()
        with (
            open_work_dir(temp_dir) as work_dir,
            self._working(
                "rendered",
                reach := Reach(
                    temp_dir=work_dir,
                    reads=(plan_dir.absolute(),),
                    keeps=(cache.directory,) if cache else (),
                ),
                output_path,
            ) as child,
        ):
            if fetch is not None:
                child.tell(_prepare(plan_dir, work_dir))
                fetch()
            plan = Open(
                plan_dir=plan_dir.absolute(),
                chunk_index=chunk_index,
                temp_dir=work_dir,
                cache=cache,
            )
            renderer = ChildRenderer(
                child, plan, Losses(), lambda: self._another(reach, output_path)
            )
            with self._lock:
                self._child = renderer
                if self._cancelled:
                    raise RenderCancelled
            try:
                renderer.open()
                work = SegmentWork(
                    store=store, remaining_s=remaining_s, heartbeat=heartbeat, work_dir=work_dir
                )
                chunk = read_chunk(plan_dir, chunk_index)
                return _rendered(renderer, log, chunk, work, output_path)
            finally:
                renderer.child.kill()

    def assemble(
        self,
        plan_dir: Path,
        chunk_paths: Sequence[Path],
        audio_path: Path | None,
        output_path: Path,
        *,
        cfr: bool = False,
    ) -> AssembleResult:
        """Do as `fanreel.assemble()` does."""
        request = Assemble(
            plan_dir=plan_dir.absolute(),
            chunk_paths=tuple(path.absolute() for path in chunk_paths),
            audio_path=audio_path.absolute() if audio_path else None,
            output_path=output_path.absolute(),
            cfr=cfr,
        )
        reach = Reach(temp_dir=None, reads=_given(request))
        with self._working("assembled", reach, output_path) as child:
            return child.ask(request, Assembled).result

    def assemble_parts(
        self,
        plan_dir: Path,
        chunk_paths: Sequence[Path],
        audio_path: Path | None,
        parts_dir: Path,
        part_bytes: int,
    ) -> AssembleResult:
        """Do as `make_video_parts()` does."""
        request = AssembleParts(
            plan_dir=plan_dir.absolute(),
            chunk_paths=tuple(path.absolute() for path in chunk_paths),
            audio_path=audio_path.absolute() if audio_path else None,
            parts_dir=parts_dir.absolute(),
            part_bytes=part_bytes,
        )
        coming = {path.parent for path in request.chunk_paths}
        reach = Reach(
            temp_dir=None, reads=_given(request), writes=(request.parts_dir, *sorted(coming))
        )
        with self._working("assembled", reach) as child:
            return child.ask(request, Assembled).result

    def still(
        self,
        project_dir: Path,
        output: Path,
        at_s: Fraction,
        config: RenderConfig,
        *,
        root_dir: Path | str | None = None,
    ) -> StillResult:
        """Do as `fanreel.still()` does, and tell what came of it."""
        folder, config = within_root(project_dir, config, root_dir)
        with (
            open_work_dir() as work_dir,
            self._working("drew the still", _planning(work_dir, folder), output) as child,
        ):
            request = Still(
                project_dir=folder.absolute(),
                output_path=output.absolute(),
                at_s=at_s,
                config=config,
                temp_dir=work_dir,
            )
            return child.ask(request, Saved).result

    def lint(
        self, project_dir: Path, config: RenderConfig, *, root_dir: Path | str | None = None
    ) -> LintResult:
        """Do as `fanreel.lint.linting.lint()` does, and tell the fonts too."""
        root = None if root_dir is None else Path(root_dir).absolute()
        with (
            open_work_dir() as work_dir,
            self._working("checked", _planning(work_dir, root or project_dir)) as child,
        ):
            request = Lint(
                project_dir=project_dir.absolute(),
                root_dir=root,
                config=config,
                temp_dir=work_dir,
            )
            return child.ask(request, Linted).result

    def _new_child(self) -> Child:
        child = new_child()
        if self._niceness:
            own = os.getpriority(os.PRIO_PROCESS, 0)
            with contextlib.suppress(OSError):  # it has ended, which shows when it is asked
                os.setpriority(os.PRIO_PROCESS, child.pid, own + self._niceness)
        return child

    def _another(self, reach: Reach, output_path: Path | None) -> Child:
        child = self._new_child()
        child.confine(reach.writing(output_path))
        return child

    @contextmanager
    def _working(self, doing: str, reach: Reach, *outputs: Path | None) -> Iterator[Child]:
        """Yield the child for one step, which is gone at the end, with what it left half done."""
        child = self._new_child()
        try:
            with self._lock:
                self._child = child
                if self._cancelled:
                    raise RenderCancelled
            with clearing_beside(*outputs), child:
                child.confine(reach.writing(*outputs))
                yield child
        except ChildLost as lost:
            raise BrowserCrashed(
                f"the process that {doing} ended with {lost}; is the machine out of memory?"
            ) from lost
        finally:
            child.kill()
            with self._lock:
                self._child = None
            if reach.temp_dir is not None:
                kill_orphans(reach.temp_dir)


def _given(request: Assemble | AssembleParts) -> tuple[Path, ...]:
    audio = (request.audio_path,) if request.audio_path else ()
    return request.plan_dir, *request.chunk_paths, *audio


def _prepare(plan_dir: Path, work_dir: Path) -> Prepare:
    composition = read_composition(plan_dir)
    return Prepare(
        width=composition.width,
        height=composition.height,
        locked=read_encoder(plan_dir),
        temp_dir=work_dir,
    )


def _planning(work_dir: Path, folder: Path) -> Reach:
    return Reach(
        temp_dir=work_dir,
        reads=(folder.absolute(),),
        keeps=(fonts_dir(os.environ),),
        fetches=True,
    )


def _rendered(
    renderer: ChildRenderer,
    log: RenderLog,
    chunk: ChunkFacts,
    work: SegmentWork,
    output_path: Path | None,
) -> ChunkResult:
    def join(paths: Sequence[Path], output: Path) -> None:
        request = Join(
            start_frame=chunk.slice.start_frame,
            segment_paths=tuple(paths),
            output_path=output.absolute(),
        )
        renderer.child.ask(request, Done)

    def stats(_outcome: Outcome) -> CacheStats:
        return renderer.child.finish()

    (noted,) = log.listening([renderer])
    result = render_chunk_segments(noted, chunk, work, output_path, join, stats)
    return dataclasses.replace(result, runs=tuple(log.runs))
