"""Showing how a render on AWS goes: a bar for a terminal, lines for a log."""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fanreel.cli.lambda_target import camel
from fanreel.cli.report import duration_in_words

if TYPE_CHECKING:
    from fanreel.remote.render_client import RenderClient
    from fanreel.remote.results import Progress

_LOG_EVERY_S = 10.0


@contextlib.contextmanager
def watching(*, as_json: bool) -> Iterator[Callable[["Progress"], None]]:
    """Yield the function that shows a render's progress; the display ends with the block."""
    if as_json:
        yield write_progress
    elif not sys.stderr.isatty():
        yield _Lines()
    else:
        from rich.console import Console  # noqa: PLC0415 (120 ms that only a terminal pays)
        from rich.progress import BarColumn, TextColumn  # noqa: PLC0415
        from rich.progress import Progress as Bars  # noqa: PLC0415

        columns = (
            TextColumn("{task.description:<10}"),
            BarColumn(),
            TextColumn("{task.fields[now]}"),
        )
        with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task("planning", total=1.0, now="")

            def show(now: "Progress") -> None:
                bars.update(task, description=now.stage, completed=now.fraction, now=pace(now))

            yield show


def wait_for(client: "RenderClient", render_id: str, *, as_json: bool) -> "Progress":
    """Show a render until it has ended well. Raises as `RenderClient.wait()`."""
    try:
        with watching(as_json=as_json) as on_progress:
            return client.wait(render_id, on_progress=on_progress)
    except KeyboardInterrupt:
        sys.stderr.write(
            f"{render_id} goes on without us; `{client.command} cancel {render_id}` stops it\n"
        )
        raise


def write_progress(now: "Progress") -> None:
    """Write a look as one line of JSON to standard error; the answer alone is on the other."""
    told = {"event": "progress", **camel(now)}
    # A poll must not carry a thousand chunks.
    told["chunks"] = len(now.chunks)
    sys.stderr.write(json.dumps(told, default=str) + "\n")
    sys.stderr.flush()


class _Lines:
    """A line when the stage changes and one every few seconds."""

    def __init__(self) -> None:
        self._stage, self._last_s = "", 0.0

    def __call__(self, now: "Progress") -> None:
        moment = time.monotonic()
        if now.stage == self._stage and moment - self._last_s < _LOG_EVERY_S:
            return
        self._stage, self._last_s = now.stage, moment
        sys.stderr.write(f"{now.stage} {pace(now)}".rstrip() + "\n")


def pace(now: "Progress") -> str:
    """Return frames, speed, time left, retries and cost so far, as far as they are known."""
    words = []
    if now.total_frames:
        words.append(f"{now.frames_done}/{now.total_frames} frames")
    if now.frames_per_s:
        words.append(f"{now.frames_per_s:.1f} frames/s")
    if now.remaining_s and not now.finished:
        words.append(f"{duration_in_words(now.remaining_s)} left")
    if now.retries:
        words.append(f"{now.retries} retried")
    if now.cost:
        words.append(f"{now.cost.total_usd:.4f} USD")
    return ", ".join(words)


def progress_lines(now: "Progress") -> list[str]:
    """Return a render's progress as lines for people."""
    lines = [f"{now.render_id}: {now.stage}, {now.fraction:.0%}; {pace(now)}".rstrip("; ")]
    busy = [chunk for chunk in now.chunks if chunk.state != "done"]
    if now.chunks:
        lines.append(f"  {len(now.chunks) - len(busy)} of {len(now.chunks)} chunks done")
    lines += [
        f"  chunk {chunk.index}: {chunk.state}, {chunk.frames_done}/{chunk.frames} frames"
        + (f", attempt {chunk.attempts}" if chunk.attempts > 1 else "")
        for chunk in busy
        if chunk.state != "waiting"
    ]
    for warning in now.warnings:
        where = "" if warning.chunk_index is None else f" in chunk {warning.chunk_index}"
        lines.append(f"  {warning.code}{where}: {warning.advice}")
    if now.failure:
        lines.append(f"  failed: {now.failure.code}: {now.failure.message}")
        lines.append(f"  {now.failure.advice}")
    if now.stage == "done":
        lines.append(f"  {now.output_uri}")
    return lines
