"""
What the extraction cache saves: decoding directly, cold and warm, on four videos.

    uv run python -m bench.extraction [--seconds 5] [--size 1280x720]

Prints wall and CPU of the extraction stage (every frame of every clip as planes in memory), the
same pixels each time, and per codec what decoding costs beside writing and reading planes.
"""

import argparse
import functools
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from fanreel.files.plan_dir import Composition, MediaClip
from fanreel.media.cache import FrameCache, source_key
from fanreel.media.cache_entries import CachedSource
from fanreel.media.frames import VideoSource
from fanreel.media.serving import FrameFeed, encode_frame

FPS = 30
SAMPLE = 30
KINDS = {
    "h264.mp4": ("libx264", "yuv420p", {"preset": "veryfast", "crf": "20"}),
    "hevc10.mp4": ("libx265", "yuv420p10le", {"preset": "ultrafast", "x265-params": "log-level=0"}),
    "vp9.webm": ("libvpx-vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8", "b": "6M"}),
    "prores.mov": ("prores_ks", "yuv422p10le", {}),
    "mjpeg.mov": ("mjpeg", "yuvj420p", {"qscale": "3"}),
    "prores4444.mov": ("prores_ks", "yuva444p10le", {}),
}
FOUR = ("h264.mp4", "hevc10.mp4", "vp9.webm", "prores.mov")


def pictures(width: int, height: int, count: int) -> Iterator[np.ndarray]:
    """Yield moving gradients with a little grain: neither flat nor noise."""
    rows, columns = np.mgrid[0:height, 0:width]
    grain = np.random.default_rng(1).integers(0, 12, (height, width, 1))
    for n in range(count):
        waves = [
            np.sin(columns / 60 + n / 5),
            np.cos(rows / 45 - n / 7),
            np.sin((rows + columns) / 90),
        ]
        yield (np.stack(waves, axis=2) * 100 + 120 + np.roll(grain, 3 * n, 1)).astype(np.uint8)


def write(path: Path, width: int, height: int, count: int) -> None:
    """Write one source."""
    codec, pixel_format, options = KINDS[path.name]
    with av.open(str(path), "w") as target:
        stream: Any = target.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        for picture in pictures(width, height, count):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            target.mux(stream.encode(frame.reformat(format=pixel_format)))
        target.mux(stream.encode(None))


def composition(count: int) -> Composition:
    """Return four clips over the whole of their sources."""
    seconds = Fraction(count, FPS)
    clips = tuple(
        MediaClip(
            key=f"m{number}",
            kind="video",
            path=name,
            src=name,
            start_s=Fraction(0),
            duration_s=seconds,
            shown=True,
        )
        for number, name in enumerate(FOUR)
    )
    return Composition(
        composition_id="main",
        entry_file="index.html",
        width=1280,
        height=720,
        fps=Fraction(FPS),
        duration_s=seconds,
        total_frames=count,
        media=clips,
    )


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return wall and CPU milliseconds of *work*."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def extract(folder: Path, shown: Composition, cache: FrameCache | None) -> None:
    """Take every frame of every clip."""
    with FrameFeed(folder, shown, cache) as feed:
        for frame in range(shown.total_frames):
            for clip in shown.media:
                feed.frame(clip.key, frame)


def digest_of(folder: Path, shown: Composition, cache: FrameCache | None) -> str:
    """Return the digest of every frame of every clip."""
    digest = hashlib.sha256()
    with FrameFeed(folder, shown, cache) as feed:
        for frame in range(shown.total_frames):
            for clip in shown.media:
                digest.update(feed.frame(clip.key, frame))
    return digest.hexdigest()


def compare_stages(folder: Path, cache_dir: Path, count: int) -> None:
    """Print direct, cold and warm."""
    shown = composition(count)
    cost: dict[str, tuple[float, float]] = {}
    print(f"{'':11} {'wall ms':>8} {'CPU ms':>8}  times as fast, wall and CPU")
    for name in ("directly", "cold", "warm", "warm again"):
        cache = None if name == "directly" else FrameCache(cache_dir, 0, 0)
        wall, cpu = cost[name] = timed(functools.partial(extract, folder, shown, cache))
        faster = [
            f"{cost[other][0] / wall:.1f} and {cost[other][1] / cpu:.1f} as {other}"
            for other in ("directly", "cold")
            if name.startswith("warm")
        ]
        print(f"{name:11} {wall:8.0f} {cpu:8.0f}  {', '.join(faster)}")
        if cache:
            print(f"{'':11} {cache.stats.hits} hits, {cache.stats.misses} misses")
    digests = {digest_of(folder, shown, cache) for cache in (None, FrameCache(cache_dir, 0, 0))}
    print(f"pixels: {'identical' if len(digests) == 1 else 'DIFFERENT'}")


def compare_codecs(folder: Path, cache_dir: Path) -> None:
    """Print what one frame costs, by codec: decoded, written to the cache, read from it."""
    print(f"{'CPU ms a frame':16} {'MB':>5} {'decode':>8} {'write':>7} {'read':>6}")
    for name in KINDS:
        size, *costs = costs_of(folder / name, FrameCache(cache_dir / "codecs", 0, 0))
        print(f"{name:16} {size:5.1f} {costs[0]:8.2f} {costs[1]:7.2f} {costs[2]:6.2f}")


def costs_of(path: Path, cache: FrameCache) -> tuple[float, float, float, float]:
    """Return MB of a frame, and CPU milliseconds to decode, write and read one."""
    frames: list[bytes] = []

    def decode() -> None:
        with VideoSource(path) as source:
            frames.extend(encode_frame(source.frame(n)) for n in range(SAMPLE))

    def keep() -> None:
        kept = CachedSource(cache, source_key(path))
        for number, frame in enumerate(frames):
            kept.keep(number, frame)
        kept.close()

    def read() -> None:
        kept = CachedSource(cache, source_key(path))
        for number in range(SAMPLE):
            kept.read(number)
        kept.close()

    decoding, writing, reading = (timed(work)[1] / SAMPLE for work in (decode, keep, read))
    return len(frames[0]) / 1e6, decoding, writing, reading


def main() -> None:
    """Make the sources, then compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--size", default="1280x720")
    given = parser.parse_args()
    width, height = (int(side) for side in given.size.split("x"))
    count = int(given.seconds * FPS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in KINDS:
            write(folder / kind, width, height, count if kind in FOUR else SAMPLE)
        print(f"four videos, {given.size}, {count} frames each: {', '.join(FOUR)}")
        compare_stages(folder, folder / "cache", count)
        compare_codecs(folder, folder / "cache")


if __name__ == "__main__":
    main()
