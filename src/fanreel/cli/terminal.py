"""A render in a terminal: a bar for all of it, one for each worker, and the frame that is drawn."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.segment import Segments

from fanreel.cli.pace import STAGES, Rate
from fanreel.cli.terminal_pictures import (
    Look,
    Way,
    forgetting,
    picture,
    way_of,
    without_controls,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fanreel.reporting.render_log import Current, RenderLog
    from fanreel.results import RenderEvent


@contextlib.contextmanager
def bars(console: Console, log: "RenderLog | None") -> Iterator["Bars"]:
    """
    Yield what shows events; the display ends with the block.

    Has workers leave pictures of what they are at, where the terminal can show them.
    """
    way = way_of(console, os.environ)
    if log is not None:
        log.looks = way is not None
    with _Screen(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        # What lies over text is drawn again with it.
        refresh_per_second=2 if way == "iterm" else 10,
    ) as screen:
        screen.watched, screen.way = log, way
        yield Bars(screen, log)
    if way is not None:
        console.print(forgetting(way), end="")


class Bars:
    """Moves the bars by events, those of workers by the log."""

    def __init__(self, screen: Progress, log: "RenderLog | None") -> None:
        self.screen, self._log, self._rate = screen, log, Rate()
        self._stage = ""
        self._task: TaskID | None = None
        self._workers: dict[int, TaskID] = {}

    def __call__(self, event: "RenderEvent") -> None:
        """Show *event*."""
        if event.stage == "done":
            return
        task, total = self._task_of(event.stage), event.total_frames or None
        self.screen.update(
            task, completed=event.frames_done, total=total, rate=str(self._rate(event) or "")
        )
        current = dict(self._log.current) if self._log else {}
        if len(current) > 1 or self._workers:
            self._show_workers(current)

    def _task_of(self, stage: str) -> TaskID:
        # A task of its own per stage, so that the time left is this stage's.
        if self._task is None or stage != self._stage:
            if self._task is not None:
                self.screen.remove_task(self._task)
            self._stage = stage
            self._task = self.screen.add_task(STAGES[stage], total=None, rate="")
        return self._task

    def _show_workers(self, current: "dict[int, Current]") -> None:
        for worker in sorted({*self._workers, *current}):
            at = current.get(worker)
            if at is None:  # there are no more segments for it
                self.screen.remove_task(self._workers.pop(worker))
                continue
            if worker not in self._workers:
                self._workers[worker] = self.screen.add_task(
                    f"  worker {worker + 1}", total=None, rate=""
                )
            self.screen.update(
                self._workers[worker],
                completed=at.frames,
                total=at.run.end_frame - at.run.start_frame,
                rate=f"from {at.run.start_frame}",
            )


class _Screen(Progress):
    """Bars, and below them the newest frame of a worker."""

    watched: "RenderLog | None" = None
    way: Way | None = None
    _shown: "tuple[float, Path] | None" = None
    _picture: Segments | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield bars and picture; rich asks several times a second."""
        yield from super().get_renderables()
        if self.watched and self.way and (found := self._newest(self.watched, self.way)):
            yield found

    def _newest(self, log: "RenderLog", way: Way) -> Segments | None:
        newest: tuple[float, Path] | None = None
        for current in list(log.current.values()):
            with contextlib.suppress(OSError):
                look = current.look()
                newest = max(newest or (0.0, look), (look.stat().st_mtime, look))
        if newest is None:
            return None
        if newest != self._shown:
            self._shown = newest
            try:
                self._picture = picture(Look.parse(newest[1].read_bytes()), way)
            except (OSError, ValueError):  # it has gone, or is none: workers are not to be trusted
                self._picture = None
        elif self._picture and way == "kitty":  # the terminal has it
            self._picture = without_controls(self._picture)
        return self._picture
