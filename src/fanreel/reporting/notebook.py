"""Renders in a Jupyter notebook: a bar while they run, then the film below the cell."""

import base64
import contextlib
import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

_EMBEDDED_BYTES = 16 * 10**6
"""Notebooks hold what they show; a larger film is linked to."""
_PLAYED = {
    ".mp4": ("video", "video/mp4"),
    ".webm": ("video", "video/webm"),
    ".gif": ("img", "image/gif"),
    ".png": ("img", "image/png"),
    ".wav": ("audio", "audio/wav"),
    ".m4a": ("audio", "audio/mp4"),
    ".mp3": ("audio", "audio/mpeg"),
}
"""What browsers show; ProRes they do not."""
_TAGS = {
    "video": '<video controls loop style="max-width:100%;max-height:60vh" src="{src}"></video>',
    "img": '<img style="max-width:100%;max-height:60vh" alt="" src="{src}">',
    "audio": '<audio controls src="{src}"></audio>',
}


class Bar(Protocol):
    """A bar as `tqdm.auto.tqdm` makes it."""

    def update(self, n: int) -> object:
        """Go on by *n*."""

    def close(self) -> object:
        """Stay as it is."""


class Event(Protocol):
    """How far a render is; a `RenderEvent`, whose module imports this one."""

    @property
    def frames_done(self) -> int:
        """Of all."""

    @property
    def total_frames(self) -> int:
        """0 until they are known."""


class Finished(Protocol):
    """A finished render; a `RenderResult`."""

    @property
    def output_path(self) -> Path:
        """The film, or a folder of frames."""

    @property
    def total_frames(self) -> int:
        """0 of a sound alone."""

    @property
    def duration_s(self) -> float:
        """Of the film."""

    @property
    def size_bytes(self) -> int:
        """Of the film."""

    @property
    def stages(self) -> Mapping[str, float]:
        """Seconds by what they were spent on."""

    @property
    def warnings(self) -> Sequence[str]:
        """Of the plan."""


def film_html(result: Finished) -> str:
    """Return a finished render as HTML: its film to be played, and a line about it."""
    spent_s = sum(result.stages.values())
    frames = f", {result.total_frames} frames" if result.total_frames else ""
    words = (
        f"{result.output_path}: {result.duration_s:.1f} s{frames}, "
        f"{result.size_bytes / 1e6:.1f} MB; took {spent_s:.1f} s"
    )
    warnings = "".join(f"<li>{html.escape(warning)}</li>" for warning in result.warnings)
    listed = f"<ul>{warnings}</ul>" if warnings else ""
    return (
        f"<div>{_player(_shown(result.output_path))}<div>{html.escape(words)}</div>{listed}</div>"
    )


def _shown(output: Path) -> Path:
    """Return the file to show: of a folder of frames the one in its middle."""
    frames = sorted(output.glob("*.png")) if output.is_dir() else []
    return frames[len(frames) // 2] if frames else output


def _player(file: Path) -> str:
    if file.suffix not in _PLAYED or not file.is_file():
        return ""
    tag, kind = _PLAYED[file.suffix]
    source = file.as_posix()
    if file.stat().st_size <= _EMBEDDED_BYTES:
        source = f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
    return _TAGS[tag].format(src=html.escape(source))


@contextlib.contextmanager
def moving(progress: Callable[..., Bar]) -> Iterator[Callable[[Event], None]]:
    """
    Yield what moves a bar by a render's events; the bar is closed with the block.

    Args:
        progress: Makes it, called with `total`, `desc` and `unit`, once the frames are known.
    """
    with contextlib.ExitStack() as stack:
        bar: Bar | None = None
        shown = 0

        def move(event: Event) -> None:
            nonlocal bar, shown
            if bar is None and event.total_frames:
                bar = progress(total=event.total_frames, desc="Rendering", unit="frame")
                stack.callback(bar.close)
            if bar is not None and event.frames_done > shown:
                bar.update(event.frames_done - shown)
                shown = event.frames_done

        yield move
