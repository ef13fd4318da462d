"""Worker processes that film segments, each with a browser of its own."""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fanreel.capture.browser import kill_orphans
from fanreel.capture.stage import Stage, StageSpec
from fanreel.config import RenderConfig
from fanreel.errors import BrowserCrashed, RenderError, UnexpectedError
from fanreel.filming import Camera
from fanreel.media.cache import CacheSettings, CacheStats
from fanreel.planning import PlanResult, make_plan
from fanreel.verification import VerifiedPlan

_STOP_TIMEOUT_S = 15.0
_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One segment to film."""

    start_frame: int
    end_frame: int
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlanJob:
    """A project to plan."""

    project_dir: Path
    config: RenderConfig
    plan_dir: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frames:
    """A worker's word that it has done *frames* of its job so far."""

    frames: int


class _Worker:
    """One process and the caller's end of its pipe."""

    def __init__(
        self, spec: StageSpec, temp_dir: Path, cache: CacheSettings | None, number: int
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=_work, args=(theirs, spec, temp_dir, cache), name=f"fanreel-worker-{number}"
        )
        self.process.start()
        theirs.close()
        self.job: Job | None = None
        self.frames = 0

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.send(None)

    def end(self) -> CacheStats | None:
        """Wait for its end, or end it; give what its cache did, if it came to say so."""
        self.process.join(_STOP_TIMEOUT_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        stats = None
        with contextlib.suppress(EOFError, OSError):
            while self.connection.poll():
                message = self.connection.recv()
                stats = message if isinstance(message, CacheStats) else stats
        self.connection.close()
        return stats


class Pool:
    """
    A fixed number of workers, started before there is a plan.

    Args:
        spec: The stage each worker sets up while the plan is still being made.
        size: Number of processes.
        temp_dir: For the workers' browsers; the caller removes it.
        cache: Where workers keep frames of videos for the next render; None: nowhere.
    Attributes:
        cache_stats: What the cache did; complete once the pool is closed.
    """

    def __init__(
        self, spec: StageSpec, size: int, temp_dir: Path, cache: CacheSettings | None = None
    ) -> None:
        self._spec, self._size, self._temp_dir, self._cache = spec, size, temp_dir, cache
        self.cache_stats = CacheStats()
        self._workers: list[_Worker] = []
        self._plan: VerifiedPlan | None = None

    def __enter__(self) -> Self:
        try:
            for number in range(self._size):
                self._workers.append(self._start(number))
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            # Busy workers would finish their segment first; the browser goes with its pipe.
            for worker in self._workers:
                worker.process.terminate()
        self._end()

    def _start(self, number: int) -> _Worker:
        return _Worker(self._spec, self._temp_dir, self._cache, number)

    def plan(self, project_dir: Path, config: RenderConfig, plan_dir: Path) -> PlanResult:
        """Have the first worker plan, on its stage. Raises what `make_plan()` raises."""
        worker = self._workers[0]
        worker.connection.send(_PlanJob(project_dir=project_dir, config=config, plan_dir=plan_dir))
        answer = self._receive(worker)
        if isinstance(answer, RenderError):
            raise answer
        if not isinstance(answer, PlanResult):
            worker.end()
            raise BrowserCrashed(
                f"the planning process ended with {_how(worker)}; is the machine out of memory, or "
                'does a script call render() outside of `if __name__ == "__main__":`?'
            )
        return answer

    def film(self, plan: VerifiedPlan, jobs: list[Job], on_frames: Callable[[int], None]) -> None:
        """
        Film all *jobs*.

        A worker that is killed is replaced once, and its job done again.

        Args:
            plan: What to film.
            jobs: In the order in which they are handed out.
            on_frames: Called with the frames done in all, whenever a worker reports.
        Raises:
            RenderError: What the first failing worker raised.
        """
        self._plan = plan
        waiting = deque(jobs)
        done_frames = 0
        losses = 0
        for worker in list(self._workers):
            worker.job = waiting.popleft() if waiting else None
            try:
                worker.connection.send(plan)
                if worker.job is not None:
                    worker.connection.send(worker.job)
            except OSError:
                # It ended while the plan was made; if it said why, that is the error.
                answer = self._receive(worker)
                if isinstance(answer, RenderError):
                    raise answer from None
                losses += 1
                self._replace(worker, losses)
        while any(worker.job for worker in self._workers):
            for worker in self._speaking():
                message = self._receive(worker)
                match message:
                    case _Frames(frames=frames):
                        worker.frames = frames
                    case Job() as job:
                        done_frames += job.end_frame - job.start_frame
                        self._give(worker, waiting)
                    case RenderError() as error:
                        raise error
                    case _:
                        losses += 1
                        self._replace(worker, losses)
            on_frames(done_frames + sum(worker.frames for worker in self._workers))

    def _speaking(self) -> Iterator[_Worker]:
        by_connection = {worker.connection: worker for worker in self._workers if worker.job}
        for ready in multiprocessing.connection.wait(list(by_connection)):
            if isinstance(ready, Connection):
                yield by_connection[ready]

    def _receive(self, worker: _Worker) -> Any:
        """Give the worker's message, or None when it is gone."""
        try:
            return worker.connection.recv()
        except (EOFError, OSError):
            return None

    def _give(self, worker: _Worker, waiting: deque[Job]) -> None:
        worker.frames = 0
        worker.job = waiting.popleft() if waiting else None
        if worker.job is not None:
            worker.connection.send(worker.job)

    def _replace(self, worker: _Worker, losses: int) -> None:
        worker.end()
        if losses >= _TRIES:
            raise BrowserCrashed(
                f"a worker process ended with {_how(worker)} while it rendered, twice; is the "
                "machine out of memory? Fewer workers need less"
            )
        index = self._workers.index(worker)
        fresh = self._workers[index] = self._start(index)
        fresh.connection.send(self._plan)
        fresh.job = worker.job
        fresh.connection.send(worker.job)

    def _end(self) -> None:
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            self.cache_stats.add(worker.end() or CacheStats())
        self._workers.clear()
        # Of a worker that was killed; they end by themselves, but in seconds only, and write to
        # what is removed until then.
        kill_orphans(self._temp_dir)


def _work(
    connection: Connection, spec: StageSpec, temp_dir: Path, cache: CacheSettings | None
) -> None:
    """Be a worker: set the stage, then film what comes through *connection*."""
    # Ctrl-C reaches the whole process group; the caller decides what it means and ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    # Of this process, which is ours alone, for Playwright's driver: with young objects in 1 MB it
    # takes 25 MB less and is no slower. Chromium is given an environment of its own.
    os.environ.setdefault("NODE_OPTIONS", "--max-semi-space-size=1")
    try:
        with Stage(spec, temp_dir) as stage:
            _serve(connection, stage, temp_dir, cache)
    except (EOFError, BrokenPipeError, SystemExit):
        return
    except RenderError as error:
        with contextlib.suppress(OSError):
            connection.send(error)
    except Exception as exc:  # noqa: BLE001 (the caller reports it as ours)
        with contextlib.suppress(OSError):
            connection.send(UnexpectedError(f"{type(exc).__name__}: {exc}"))
    finally:
        # What is left is the interpreter's own end, which a second SIGTERM need not interrupt.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _serve(
    connection: Connection, stage: Stage, temp_dir: Path, settings: CacheSettings | None
) -> None:
    message = connection.recv()
    if isinstance(message, _PlanJob):
        # Below the caller's, which removes it should this process be killed.
        asked = message.project_dir, message.config, message.plan_dir
        connection.send(make_plan(*asked, stage, temp_dir))
        message = connection.recv()
    if isinstance(message, VerifiedPlan):
        cache = settings.open() if settings else None
        with Camera(message, temp_dir, stage, cache) as camera:
            _film_all(connection, camera)
        if cache is not None:
            connection.send(cache.stats)


def _film_all(connection: Connection, camera: Camera) -> None:
    while (job := connection.recv()) is not None:
        camera.film(
            job.start_frame,
            job.end_frame,
            job.path,
            lambda frames: connection.send(_Frames(frames=frames)),
        )
        connection.send(job)


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def _leave_with_parent() -> None:
    """End as if told to when the parent is gone; its pipe is read only between two jobs."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _how(worker: _Worker) -> str:
    status = worker.process.exitcode or 0
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def default_size(segments: int) -> int:
    """Give the number of workers for this machine: one a core, none idle."""
    # Each worker keeps a core busy with its browser and encoder; more only add memory.
    return max(1, min(len(os.sched_getaffinity(0)), segments))
