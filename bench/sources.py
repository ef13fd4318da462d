#!/usr/bin/env python3
"""
Plan a minute that shows ten seconds each of long videos: what many gigabytes of sources cost.

    bench/sources.py [--videos 6] [--minutes 10]

A video of 1080p30 at about 21 Mbit/s is encoded once for 20 s and repeated by packets. Prints the
size of the sources and of the plan, and planning's time.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import av
import numpy as np

from fanreel.config import RenderConfig
from fanreel.files.budget import human_size
from fanreel.planning import plan

FPS, ONCE_S, SHOWN_S = 30, 20, 10
SIZE = (1920, 1080)


def write_once(path: Path) -> None:
    """Encode moving noise, which no codec makes small."""
    random = np.random.default_rng(1)
    noise = random.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.bit_rate, stream.gop_size = 20_000_000, 2 * FPS
        for number in range(ONCE_S * FPS):
            frame = av.VideoFrame.from_ndarray(np.roll(noise, number * 7, 1), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_long(path: Path, once: Path, times: int) -> None:
    """Repeat the packets of *once*."""
    with av.open(str(path), "w") as container, av.open(str(once)) as first:
        stream = container.add_stream_from_template(first.streams.video[0])
        for number in range(times):
            with av.open(str(once)) as source:
                offset = int(number * ONCE_S / source.streams.video[0].time_base)
                for packet in source.demux(video=0):
                    if packet.dts is None:
                        continue
                    packet.pts += offset
                    packet.dts += offset
                    packet.stream = stream
                    container.mux(packet)


def page(videos: int, start_s: float) -> str:
    """Return a composition that shows each video for ten seconds."""
    clips = "".join(
        f'<video src="{n}.mp4" muted data-start="{n * SHOWN_S}" data-duration="{SHOWN_S}" '
        f'data-media-start="{start_s:g}" style="width:1920px;height:1080px"></video>'
        for n in range(videos)
    )
    return (
        '<!doctype html><html><body style="margin:0"><div data-composition-id="main" '
        f'data-width="{SIZE[0]}" data-height="{SIZE[1]}" data-duration="{videos * SHOWN_S}" '
        f"data-no-timeline>{clips}</div></body></html>"
    )


def main() -> None:
    """Write the project, plan it, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--videos", type=int, default=6)
    parser.add_argument("--minutes", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project, plan_dir, once = (Path(folder, name) for name in ("project", "plan", "once.mp4"))
        project.mkdir()
        write_once(once)
        for number in range(asked.videos):
            path = project / f"{number}.mp4"
            write_long(path, once, asked.minutes * 60 // ONCE_S)
        (project / "index.html").write_text(page(asked.videos, asked.minutes * 30))
        begun = time.monotonic()
        plan(project, RenderConfig(), plan_dir)
        spent_s = time.monotonic() - begun
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        sources, planned = (
            sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
            for place in (project, plan_dir)
        )
        print(
            f"{asked.videos} videos of {asked.minutes} min, {human_size(sources)}: planned in "
            f"{spent_s:.1f} s, {used.ru_utime + used.ru_stime:.1f} CPU s; the plan has "
            f"{human_size(planned)}; load {os.getloadavg()[0]:.1f}"
        )


if __name__ == "__main__":
    main()
