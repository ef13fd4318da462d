"""A render in a terminal: a bar for all of it, one for each worker, and the frame that is drawn."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.color import Color
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment, Segments
from rich.style import Style

from fanreel.cli.pace import STAGES, Rate

if TYPE_CHECKING:
    from pathlib import Path

    from fanreel.reporting.render_log import Current, RenderLog
    from fanreel.results import RenderEvent

_COLOURS = frozenset({"truecolor", "256"})
_LEAST_LINES = 30
"""The picture takes up to 18 of them, and what was written before is to be seen too."""
_MOST_LOOK_BYTES = 100_000


def shows_pictures(console: Console) -> bool:
    """Tell if a terminal has the colours and the room for a picture of blocks."""
    return (
        console.is_terminal
        and console.color_system in _COLOURS
        and (console.height >= _LEAST_LINES)
    )


@contextlib.contextmanager
def bars(console: Console, log: "RenderLog | None") -> Iterator["Bars"]:
    """Yield what shows events; the display ends with the block."""
    with _Screen(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
    ) as screen:
        screen.watched = log
        yield Bars(screen, log)


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

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield bars and picture; rich asks ten times a second."""
        yield from super().get_renderables()
        if self.watched and self.watched.looks and (picture := _newest(self.watched)):
            yield picture


def _newest(log: "RenderLog") -> Segments | None:
    newest: tuple[float, Path] | None = None
    for current in list(log.current.values()):
        with contextlib.suppress(OSError):
            look = current.look()
            newest = max(newest or (0.0, look), (look.stat().st_mtime, look))
    if newest is None:
        return None
    try:
        return picture_of_blocks(newest[1].read_bytes())
    except (OSError, ValueError):  # it has gone, or is none: workers are not to be trusted
        return None


def picture_of_blocks(look: bytes) -> Segments:
    """
    Return a picture of half blocks, two pixels in each: plain text in two colours.

    It needs no protocol for images, and can leave nothing odd on a screen that has none.

    Args:
        look: Width and height, a line feed, RGB.
    Raises:
        ValueError: It is no picture.
    """
    head, _, pixels = look[:_MOST_LOOK_BYTES].partition(b"\n")
    width, height = map(int, head.split())
    if not (width > 0 and height > 0 and len(pixels) == width * height * 3):
        raise ValueError("no picture")

    def colour(x: int, y: int) -> Color:
        at = 3 * (min(y, height - 1) * width + x)
        return Color.from_rgb(*pixels[at : at + 3])

    cells = []
    for y in range(0, height, 2):
        cells += [
            Segment("▀", Style(color=colour(x, y), bgcolor=colour(x, y + 1))) for x in range(width)
        ]
        cells.append(Segment.line())
    return Segments(cells)
