"""A real render, started from the preview's page and followed there."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fanreel.config import RenderConfig
from fanreel.errors import RenderCancelled, RenderError, UnexpectedError
from fanreel.formats import FORMATS
from fanreel.local import render
from fanreel.results import RenderEvent, RenderResult

Stage = Literal["plan", "render", "assemble", "done", "failed", "cancelled"]


@dataclass(slots=True)
class _Progress:
    output: Path
    stage: Stage = "plan"
    frames_done: int = 0
    total_frames: int = 0
    elapsed_s: float = 0
    message: str = ""
    result: RenderResult | None = None


class RenderJob:
    """
    One render at a time, in the background.

    Args:
        output_dir: Takes the videos.
        tell: Called as a render goes on, from its thread.
    """

    def __init__(self, output_dir: Path, tell: Callable[[], None]) -> None:
        self._output_dir, self._tell = output_dir, tell
        self._thread: threading.Thread | None = None
        self._progress: _Progress | None = None
        self._cancelled = threading.Event()

    @property
    def is_running(self) -> bool:
        """A render is under way."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def output_path(self) -> Path | None:
        """The finished video, where it is one file."""
        now = self._progress
        if now is None or now.result is None or not now.output.is_file():
            return None
        return now.output

    def start(self, project_dir: Path, config: RenderConfig, root_dir: Path | None) -> None:
        """Render with *config*; its format decides the name."""
        output = free_name(
            self._output_dir, project_dir.resolve().name, FORMATS[config.format].extension
        )
        self._cancelled.clear()
        self._progress = _Progress(output)
        self._thread = threading.Thread(
            target=self._run, args=(project_dir, config, root_dir), name="fanreel-render"
        )
        self._thread.start()

    def cancel(self) -> None:
        """End the render at its next frame; nothing is left of it."""
        self._cancelled.set()

    def close(self) -> None:
        """End the render and wait for that."""
        self.cancel()
        if self._thread is not None:
            self._thread.join()

    def state(self) -> dict[str, Any] | None:
        """Return how far it is, as JSON; None before the first one."""
        if (now := self._progress) is None:
            return None
        facts = {
            "stage": now.stage,
            "framesDone": now.frames_done,
            "totalFrames": now.total_frames,
            "elapsedS": round(now.elapsed_s, 1),
            "message": now.message,
            "name": now.output.name,
            "path": str(now.output),
        }
        if now.result:
            facts |= {"sizeBytes": now.result.size_bytes, "isFile": now.output.is_file()}
        return facts

    def _run(self, project_dir: Path, config: RenderConfig, root_dir: Path | None) -> None:
        now = self._progress
        assert now is not None  # noqa: S101 (made by start())
        try:
            now.result = render(
                project_dir, now.output, config, on_event=self._note, root_dir=root_dir
            )
            now.stage = "done"
        except RenderCancelled:
            now.stage = "cancelled"
        except RenderError as error:
            now.stage, now.message = "failed", f"{error.code}: {error.message}"
        except Exception as exc:  # noqa: BLE001 (the person who watches is told)
            unexpected = UnexpectedError(f"{type(exc).__name__}: {exc}")
            now.stage, now.message = "failed", str(unexpected)
        self._tell()

    def _note(self, event: RenderEvent) -> None:
        if self._cancelled.is_set():
            raise RenderCancelled
        now = self._progress
        assert now is not None  # noqa: S101
        if event.stage != "done":
            now.stage = event.stage
        now.frames_done, now.total_frames = event.frames_done, event.total_frames
        now.elapsed_s = event.elapsed_s
        self._tell()


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """Return a path in *folder* where nothing is: `film.mp4`, `film-2.mp4`, ..."""
    path, count = folder / f"{stem}{suffix}", 1
    while path.exists():
        count += 1
        path = folder / f"{stem}-{count}{suffix}"
    return path
