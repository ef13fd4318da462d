"""Lossless parts to a GIF: one palette over the whole timeline, then every frame in its colours."""

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.filter import Graph

from fanreel.encode.part import Part, damaged, open_part
from fanreel.media.time_limit import paced

if TYPE_CHECKING:
    from av.filter.context import FilterContext

_CENTISECOND = Fraction(1, 100)
"""What GIF counts time in."""
_SHORTEST = 2
"""Centiseconds; browsers show a frame with less for ten."""
_ASKED = 64
"""Frames the palette is found from: colours change slowly, and counting them takes its time."""
# Ordered dither stays put from frame to frame, so what does not move costs nothing.
_DITHER = "dither=bayer:bayer_scale=4:diff_mode=rectangle:alpha_threshold=128"


def write_gif(parts: Sequence[Part], output: Path, fps: Fraction) -> None:
    """
    Write a GIF that loops for ever.

    Time is rounded to centiseconds; frames that would stay for less than two, as most do above 50
    frames/s, are left out.

    Args:
        parts: Lossless, from `SegmentWriter`.
        output: File to write.
        fps: Of the timeline.
    Raises:
        MediaUnreadable: A part cannot be decoded. Terminal.
    """
    palette = _palette(parts)
    total_frames = sum(part.frames for part in parts)
    shown = _shown(total_frames, fps)
    last = max(_SHORTEST, round(total_frames / fps / _CENTISECOND) - max(shown.values()))
    options = {"fflags": "+bitexact", "loop": "0", "final_delay": str(last)}
    with av.open(str(output), "w", format="gif", container_options=options) as target:
        stream = target.add_stream("gif", rate=1 / _CENTISECOND)
        stream.pix_fmt = "pal8"
        stream.time_base = stream.codec_context.time_base = _CENTISECOND
        stream.width, stream.height = _size(parts)
        for frame in _in_palette(parts, palette, shown):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


def _shown(total_frames: int, fps: Fraction) -> dict[int, int]:
    """Return the frames to show, each with its time in centiseconds; the first is always one."""
    shown = {0: 0}
    last, end = 0, round(total_frames / fps / _CENTISECOND)
    for number in range(1, total_frames):
        time = round(number / fps / _CENTISECOND)
        if last + _SHORTEST <= time <= end - _SHORTEST:
            shown[number] = last = time
    return shown


def _palette(parts: Sequence[Part]) -> av.VideoFrame:
    """Find the colours that stand for all frames best; of many frames, ask some."""
    step = -(-sum(part.frames for part in parts) // _ASKED)
    frames = itertools.islice(_frames(parts), 0, None, step)
    first = next(frames)
    graph = Graph()
    source = _source(graph, first)
    # One colour of 256 is kept for "transparent", if anything can be.
    reserved = int("a" in first.format.name)
    generate = graph.add("palettegen", f"reserve_transparent={reserved}:stats_mode=full")
    graph.link_nodes(source, generate, graph.add("buffersink")).configure()
    source.push(first)
    for frame in frames:
        source.push(frame)
    source.push(None)
    return graph.vpull()


def _in_palette(
    parts: Sequence[Part], palette: av.VideoFrame, shown: dict[int, int]
) -> Iterator[av.VideoFrame]:
    """Yield the frames to show in the palette's colours, in centiseconds."""
    graph = Graph()
    source: FilterContext | None = None
    for number, frame in enumerate(_frames(parts)):
        if number in shown:
            source = source or _link_palette(graph, frame, palette)
            source.push(frame)
            coloured = graph.vpull()
            coloured.pts, coloured.time_base = shown[number], _CENTISECOND
            yield coloured


def _link_palette(graph: Graph, frame: av.VideoFrame, palette: av.VideoFrame) -> "FilterContext":
    source, colours = _source(graph, frame), _source(graph, palette)
    use = graph.add("paletteuse", _DITHER)
    source.link_to(use, 0, 0)
    colours.link_to(use, 0, 1)
    use.link_to(graph.add("buffersink"))
    graph.configure()
    colours.push(palette)
    colours.push(None)
    return source


def _source(graph: Graph, frame: av.VideoFrame) -> "FilterContext":
    return graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=_CENTISECOND
    )


def _frames(parts: Sequence[Part]) -> Iterator[av.VideoFrame]:
    number = 0
    for part in parts:
        try:
            with open_part(part.path) as container:
                for frame in paced(part.path, container.decode(video=0)):
                    # The filters only ask that time goes on.
                    frame.pts, frame.time_base = number, _CENTISECOND
                    number += 1
                    yield frame
        except av.FFmpegError as exc:
            raise damaged(part.path, exc) from exc


def _size(parts: Sequence[Part]) -> tuple[int, int]:
    with open_part(parts[0].path) as container:
        context = container.streams.video[0].codec_context
        return context.width, context.height
