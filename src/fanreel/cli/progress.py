"""Showing how a render goes: a bar for a terminal, lines for a log, JSON for programs."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from fanreel.cli.pace import STAGES, Rate
from fanreel.cli.report import duration_in_words

if TYPE_CHECKING:
    from fanreel.reporting.render_log import RenderLog
    from fanreel.results import RenderEvent

OnEvent = Callable[["RenderEvent"], None]
Style = Literal["bar", "lines", "json", "quiet"]

_EVENT_EVERY_S, _LOG_EVERY_S = 0.2, 5.0


def choose_style(*, as_json: bool, quiet: bool) -> Style:
    """Return the style asked for, else what suits standard error."""
    if as_json:
        return "json"
    if quiet:
        return "quiet"
    return "bar" if sys.stderr.isatty() else "lines"


@contextlib.contextmanager
def showing(style: Style, log: "RenderLog | None" = None) -> Iterator[OnEvent]:
    """
    Yield the function that shows an event; the display ends with the block.

    Args:
        style: How.
        log: What each worker is at, for terminals.
    """
    match style:
        case "json":
            yield _Events()
        case "quiet":
            yield lambda _event: None
        case "lines":
            yield _Lines()
        case "bar":
            from rich.console import Console  # noqa: PLC0415 (120 ms that only a terminal pays)

            from fanreel.cli.terminal import bars  # noqa: PLC0415

            with bars(Console(stderr=True), log) as on_event:
                yield on_event


def write_event(name: str, facts: dict[str, Any]) -> None:
    """Write one JSON event as one line of standard output."""
    sys.stdout.write(json.dumps({"event": name} | facts, default=str) + "\n")
    sys.stdout.flush()


class _Pace:
    """Lets a stage's first event pass, its last, and one every so often between."""

    def __init__(self, every_s: float) -> None:
        self._every_s, self._stage, self._last_s = every_s, "", 0.0

    def lets_pass(self, event: "RenderEvent") -> bool:
        finished = 0 < event.total_frames == event.frames_done
        waited = event.elapsed_s - self._last_s >= self._every_s
        if event.stage == "done" or (event.stage == self._stage and not (waited or finished)):
            return False
        self._stage, self._last_s = event.stage, event.elapsed_s
        return True


class _Events:
    """A JSON object a line; the result itself, written by the command, is the last."""

    def __init__(self) -> None:
        self._pace, self._rate = _Pace(_EVENT_EVERY_S), Rate()

    def __call__(self, event: "RenderEvent") -> None:
        speed = self._rate(event)
        if not self._pace.lets_pass(event):
            return
        facts = {
            "stage": event.stage,
            "framesDone": event.frames_done,
            "totalFrames": event.total_frames,
            "elapsedS": round(event.elapsed_s, 3),
        }
        if speed:
            facts |= {"framesPerS": round(speed.frames_per_s, 2), "leftS": round(speed.left_s, 1)}
        write_event("progress", facts | ({"message": event.message} if event.message else {}))


class _Lines:
    """A line when a stage begins or ends and one every few seconds."""

    def __init__(self) -> None:
        self._pace, self._rate = _Pace(_LOG_EVERY_S), Rate()

    def __call__(self, event: "RenderEvent") -> None:
        speed = self._rate(event)
        if not self._pace.lets_pass(event):
            return
        rate = f"{speed}, {duration_in_words(speed.left_s)} left" if speed else ""
        frames = f"{event.frames_done}/{event.total_frames}" if event.total_frames else ""
        words = [STAGES[event.stage].lower(), frames, rate, event.message or ""]
        sys.stderr.write(" ".join(word for word in words if word) + "\n")
