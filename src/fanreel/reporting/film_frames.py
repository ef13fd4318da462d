"""Single frames of a finished film, wherever they lie in it."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from fanreel.comparison.frames import Picture, read_frames
from fanreel.comparison.picture_bytes import data_url
from fanreel.media.opening import open_media
from fanreel.media.reader import picture_stream
from fanreel.media.time_limit import paced

_SEEKABLE = frozenset({".mp4", ".mov", ".webm"})


def film_pictures(
    film: Path, wanted: Sequence[tuple[int, int]], fps: Fraction
) -> tuple[str | None, ...]:
    """
    Return frames of *film* as `data:` URLs, in the order of *wanted*; None where there is none.

    Args:
        film: See `frames_at()`.
        wanted: Number of the frame, and pixels that its picture may be wide.
        fps: Of the render.
    """
    found = frames_at(film, [number for number, _ in wanted], fps)
    return tuple(
        data_url(found[number], width) if number in found else None for number, width in wanted
    )


def frames_at(film: Path, numbers: Iterable[int], fps: Fraction) -> dict[int, Picture]:
    """
    Return frames of *film* by their numbers; those that it has.

    Args:
        film: A video, a GIF, or a folder of PNG frames, as a render wrote it.
        numbers: From 0.
        fps: Of the render.
    """
    wanted = sorted(set(numbers))
    if film.is_dir():
        files = sorted(film.glob("*.png"))
        inside = [number for number in wanted if number < len(files)]
        return {number: next(read_frames(files[number])) for number in inside}
    if film.suffix.lower() in _SEEKABLE:
        found = {number: _frame_at(film, number, fps) for number in wanted}
        return {number: picture for number, picture in found.items() if picture is not None}
    chosen = set(wanted)
    return {n: picture for n, picture in enumerate(read_frames(film)) if n in chosen}


def _frame_at(film: Path, number: int, fps: Fraction) -> Picture | None:
    with open_media(film) as container:
        stream = picture_stream(container)
        if stream is None:
            return None
        tick = stream.time_base or Fraction(1, 1000)
        container.seek(int(number / fps / tick), stream=stream)
        for frame in paced(film, container.decode(stream)):
            # Half a frame, for containers that count in milliseconds.
            if frame.pts is not None and frame.pts * tick >= (number - Fraction(1, 2)) / fps:
                return frame.to_ndarray(format="rgba").astype("uint8", copy=False)
    return None
