"""Several workers, each a process with a browser of its own, and who does which segment."""

import contextlib
import os
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fanreel.capture.browser import kill_orphans
from fanreel.capture.stage import StageSpec
from fanreel.config import RenderConfig
from fanreel.errors import BrowserCrashed, RenderError
from fanreel.media.cache import CacheSettings, CacheStats
from fanreel.planning import PlanResult
from fanreel.verification import VerifiedPlan
from fanreel.worker import Frames, Job, PlanJob, Setting, worker_argv, worker_environment

_STOP_TIMEOUT_S = 15.0
_TRIES = 2


class _Worker:
    """
    One process and the caller's end of its pipe.

    An interpreter of its own, not a child of `multiprocessing`: that would import the caller's
    script anew, and is refused to the daemonic processes that task queues run in.
    """

    def __init__(self, setting: Setting) -> None:
        ours, theirs = socket.socketpair()
        # Never written to: the worker sees it close when this process is gone.
        alive, ours_alive = os.pipe()
        self._alive = os.fdopen(ours_alive, "wb")
        with theirs:
            self.process = subprocess.Popen(
                worker_argv(theirs.fileno(), alive),
                pass_fds=[theirs.fileno(), alive],
                stdin=subprocess.DEVNULL,
                env=worker_environment(os.environ),
            )
        os.close(alive)
        self.connection = Connection(ours.detach())
        self.connection.send(setting)
        self.job: Job | None = None
        self.frames = 0

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.send(None)

    def end(self) -> CacheStats | None:
        """
        Wait for its end, or end it; give what its cache did, if it came to say so.

        Once more does nothing: a worker that was lost is ended at once, and again with the pool.
        """
        try:
            self.process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        stats = None
        with contextlib.suppress(EOFError, OSError):
            while self.connection.poll():
                message = self.connection.recv()
                stats = message if isinstance(message, CacheStats) else stats
        self.connection.close()
        self._alive.close()
        return stats

    def how(self) -> str:
        """Tell how an ended process ended."""
        status = self.process.returncode or 0
        return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


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
        self._setting = Setting(spec=spec, temp_dir=temp_dir, cache=cache)
        self._size = size
        self.cache_stats = CacheStats()
        self._workers: list[_Worker] = []
        self._plan: VerifiedPlan | None = None

    def __enter__(self) -> Self:
        try:
            for _ in range(self._size):
                self._workers.append(_Worker(self._setting))
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

    def plan(self, project_dir: Path, config: RenderConfig, plan_dir: Path) -> PlanResult:
        """Have the first worker plan, on its stage. Raises what `make_plan()` raises."""
        worker = self._workers[0]
        worker.connection.send(PlanJob(project_dir=project_dir, config=config, plan_dir=plan_dir))
        answer = self._receive(worker)
        if isinstance(answer, RenderError):
            raise answer
        if not isinstance(answer, PlanResult):
            worker.end()
            raise BrowserCrashed(
                f"the planning process ended with {worker.how()}; is the machine out of memory?"
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
                    case Frames(frames=frames):
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
        for ready in wait(list(by_connection)):
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
                f"a worker process ended with {worker.how()} while it rendered, twice; is the "
                "machine out of memory? Fewer workers need less"
            )
        index = self._workers.index(worker)
        fresh = self._workers[index] = _Worker(self._setting)
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
        kill_orphans(self._setting.temp_dir)


def default_size(segments: int) -> int:
    """Give the number of workers for this machine: one a core, none idle."""
    # Each worker keeps a core busy with its browser and encoder; more only add memory.
    return max(1, min(len(os.sched_getaffinity(0)), segments))
