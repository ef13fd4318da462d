"""
Renders a ten-minute 1080p30 composition and prints the memory of the whole process tree.

    uv run bench/endurance.py [--minutes 10]

The composition has a clock, a moving gradient bar and a video, so nothing is ever still.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
from metering import tree_bytes

OUT = Path(__file__).parent / "out" / "endurance"
MIB = 1024**2
SAMPLE_S = 1.0
ROWS = 20
PAGE = """<!doctype html>
<style>
  body { margin: 0; background: #10131f; color: #fff; font: 700 200px sans-serif; }
  #root { position: relative; width: 1920px; height: 1080px; overflow: hidden; }
  #clock { position: absolute; left: 80px; top: 60px; }
  #bar { position: absolute; left: 80px; top: 400px; width: 300px; height: 60px;
    background: linear-gradient(90deg, #7c3aed, #0ea5e9); }
  video { position: absolute; right: 80px; bottom: 80px; width: 960px; height: 540px; }
</style>
<div id="root" data-composition-id="main" data-duration="DURATION" data-width="1920"
  data-height="1080" data-no-timeline>
  <div id="clock"></div><div id="bar"></div>
  <video id="clip" src="clip.mp4" data-start="0" data-duration="DURATION" loop muted></video>
</div>
<script>
  const draw = (now) => {
    clock.textContent = (now / 1000).toFixed(2);
    bar.style.transform = `translateX(${(now / 5) % 1400}px)`;
    requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
</script>
"""


def main() -> None:
    """Render and print the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    make_project(OUT / "project", minutes * 60)
    samples: list[tuple[float, int]] = []
    ended = threading.Event()

    def sample() -> None:
        started = time.monotonic()
        while not ended.wait(SAMPLE_S):
            samples.append((time.monotonic() - started, tree_bytes()))

    thread = threading.Thread(target=sample)
    thread.start()
    video = OUT / "long.mp4"
    argv = [sys.executable, "-m", "fanreel", "render", str(OUT / "project"), "-o", str(video)]
    environment = os.environ | {"FANREEL_EXTRACT_CACHE_DIR": "off"}
    subprocess.run([*argv, "--quiet"], check=True, env=environment)
    ended.set()
    thread.join()
    print_curve(samples)
    print(f"{video.stat().st_size / 1e6:.1f} MB, {samples[-1][0]:.0f} s")


def make_project(directory: Path, duration_s: float) -> None:
    """Write the composition and a ten-second clip."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "index.html").write_text(PAGE.replace("DURATION", f"{duration_s:g}"))
    with av.open(str(directory / "clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 960, 540, "yuv420p"
        for number in range(300):
            picture = np.zeros((540, 960, 3), np.uint8)
            picture[:, :, 1] = np.arange(960) * number // 300 % 256
            picture[:, number * 3 : number * 3 + 60] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def print_curve(samples: list[tuple[float, int]]) -> None:
    """Print the largest sample of each twentieth of the run as a bar."""
    per_row = max(1, len(samples) // ROWS)
    for first in range(0, len(samples), per_row):
        row = samples[first : first + per_row]
        peak = max(size for _, size in row) / MIB
        print(f"{row[0][0]:7.0f} s {peak:7.0f} MiB {'#' * round(peak / 25)}")
    later = [size for when, size in samples if when > samples[-1][0] / 10]
    middle = len(later) // 2
    growth = (np.mean(later[middle:]) - np.mean(later[:middle])) / MIB
    print(f"second half less first half, on average: {growth:+.0f} MiB")


if __name__ == "__main__":
    main()
