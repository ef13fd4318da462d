"""libav's audio filters over a stream of samples."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np
from av.audio.frame import AudioFrame
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as GraphEnded
from av.filter import Graph
from av.filter.context import FilterContext

from fanreel.media.sound.samples import SOUND_RATE, Samples

Filter = tuple[str, str]
"""A filter's name and its arguments, as libav writes them."""


def run_filters(
    filters: Sequence[Filter],
    pieces: Iterator[Samples],
    *,
    layout: str = "stereo",
    rate: int = SOUND_RATE,
    before: Callable[[list[FilterContext], int, int], None] | None = None,
) -> Iterator[Samples]:
    """
    Send *pieces* through *filters*, one after the other.

    Args:
        filters: The last one gives what comes out; nothing is added.
        pieces: Samples × channels of *layout*, at *rate*.
        layout: Of the channels, as libav names it.
        rate: Samples per second.
        before: Called with the filters, the position of the next piece and its length; what it
            sets by `process_command()` holds from that piece on.
    """
    graph = Graph()
    graph.threads = 1  # two channels are done before other threads have woken up
    tick = Fraction(1, rate)
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout=layout, time_base=tick)
    nodes = [graph.add(name, args) for name, args in filters]
    packed = graph.add("aformat", "sample_fmts=flt")
    graph.link_nodes(source, *nodes, packed, graph.add("abuffersink")).configure()
    position = 0
    for samples in pieces:
        if not len(samples):
            continue
        if before is not None:
            before(nodes, position, len(samples))
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(samples).reshape(1, -1), format="flt", layout=layout
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, position, tick
        position += len(samples)
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def interleaved(frame: AudioFrame) -> Samples:
    """Return the samples of a packed frame, samples × channels."""
    channels = frame.layout.nb_channels
    if frame.format.name != "flt":
        return frame.to_ndarray().reshape(-1, channels).astype(np.float32)
    # As PyAV's `to_ndarray()` does it, which takes four times as long.
    held = np.frombuffer(memoryview(frame.planes[0]), np.float32, frame.samples * channels)
    samples: Samples = held.reshape(-1, channels).copy()
    return samples


def _pulled(graph: Graph) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (NothingYet, GraphEnded):
            return
        assert isinstance(frame, AudioFrame)  # noqa: S101 (an audio graph)
        yield interleaved(frame)
