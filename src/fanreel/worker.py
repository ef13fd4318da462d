"""A worker process: sets a stage, plans on it if asked, and films the segments it is sent."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from fanreel.capture.stage import Stage, StageSpec
from fanreel.config import RenderConfig
from fanreel.errors import RenderError, UnexpectedError
from fanreel.filming import Camera
from fanreel.media.cache import CacheSettings
from fanreel.planning import make_plan
from fanreel.verification import VerifiedPlan

# Playwright remembers requests, and a page asks for a picture of each video at every frame: 20 KB a
# frame in its driver and here, which is 400 MB after ten minutes. A new browser takes a second.
_FRAMES_PER_BROWSER = 2400


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a worker is told first."""

    spec: StageSpec
    """The stage it sets up while the plan is still being made."""
    temp_dir: Path
    """For its browser; the caller removes it."""
    cache: CacheSettings | None
    """Where it keeps frames of videos for the next render; None: nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanJob:
    """A project to plan."""

    project_dir: Path
    config: RenderConfig
    plan_dir: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One segment to film; sent back when it is done."""

    start_frame: int
    end_frame: int
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """A worker's word that it has done *frames* of its job so far."""

    frames: int


def worker_argv(connection_fd: int, alive_fd: int) -> list[str]:
    """Give the command line of a worker that inherits these descriptors; see `work()`."""
    call = f"from fanreel.worker import work; work({connection_fd}, {alive_fd})"
    return [sys.executable, "-c", call]


def worker_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give a worker's environment: the caller's, and where the caller's modules lie."""
    return {
        # For Playwright's driver: with young objects in 1 MB it takes 25 MB less, and is no slower.
        "NODE_OPTIONS": "--max-semi-space-size=1",
        # For glibc: memory of pictures and encoders goes back when it is freed, 10 MB for 1080p.
        # Left alone, glibc learns from the first large block to keep them all.
        "MALLOC_MMAP_THRESHOLD_": "262144",
        "MALLOC_TRIM_THRESHOLD_": "262144",
        **environ,
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),  # noqa: PTH109
    }


def work(connection_fd: int, alive_fd: int) -> None:
    """Be a worker: set the stage, then film what comes through the connection."""
    # Ctrl-C reaches the whole process group; the caller decides what it means and ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_leave_with_parent, args=[alive_fd], daemon=True).start()
    connection = Connection(connection_fd)
    try:
        setting = connection.recv()
        _serve(connection, setting)
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


def _serve(connection: Connection, setting: Setting) -> None:
    """Plan and film on one browser, then film on."""
    with Stage(setting.spec, setting.temp_dir) as stage:
        message = connection.recv()
        if isinstance(message, PlanJob):
            # Below the caller's, which removes it should this process be killed.
            asked = message.project_dir, message.config, message.plan_dir
            connection.send(make_plan(*asked, stage, setting.temp_dir))
            message = connection.recv()
        if not isinstance(message, VerifiedPlan):
            return
        cache = setting.cache.open() if setting.cache else None
        with Camera(message, setting.temp_dir, stage, cache) as camera:
            job = _film(connection, camera, connection.recv())
    while job is not None:
        with Camera(message, setting.temp_dir, None, cache) as camera:
            job = _film(connection, camera, job)
    if cache is not None:
        connection.send(cache.stats)


def _film(connection: Connection, camera: Camera, job: Job | None) -> Job | None:
    """Film *job* and those that follow; give the one for the next browser, None after the last."""
    filmed = 0
    while job is not None and filmed < _FRAMES_PER_BROWSER:
        camera.film(
            job.start_frame,
            job.end_frame,
            job.path,
            lambda frames: connection.send(Frames(frames=frames)),
        )
        filmed += job.end_frame - job.start_frame
        connection.send(job)
        job = connection.recv()
    return job


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def _leave_with_parent(alive_fd: int) -> None:
    """End as if told to when the parent is gone; its pipe is read only between two jobs."""
    os.read(alive_fd, 1)
    os.kill(os.getpid(), signal.SIGTERM)
