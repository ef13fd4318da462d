"""
Takes the same frames again and again on a machine that is kept busy, and compares every pixel.

    python bench/repeat.py [PROJECT] [--frames FIRST:LAST] [--times N] [--jobs N] [--load N]

Prints each frame that came out differently, and how often; exits 1 if there was any.
"""

import argparse
import hashlib
import multiprocessing
import sys
import tempfile
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path

from fanreel import RenderConfig, plan
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Plan once, take the frames many times at once, and count what there was of each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[1])
    parser.add_argument("project", nargs="?", type=Path, default=ROOT / "examples" / "launch")
    parser.add_argument("--frames", default="70:92")
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=5)
    parser.add_argument("--load", type=int, default=6, help="processes that only keep it busy")
    asked = parser.parse_args()
    first, last = map(int, asked.frames.split(":"))
    context = multiprocessing.get_context("spawn")
    busy = [context.Process(target=_spin, daemon=True) for _ in range(asked.load)]
    with tempfile.TemporaryDirectory(prefix="repeat-") as folder:
        planned = plan(asked.project, RenderConfig(), Path(folder) / "plan")
        for process in busy:
            process.start()
        seen: dict[int, Counter[str]] = defaultdict(Counter)
        with context.Pool(asked.jobs) as pool:
            take = partial(digests, planned.plan_dir, range(first, last))
            for pictures in pool.imap_unordered(take, range(asked.times)):
                for frame, digest in pictures.items():
                    seen[frame][digest] += 1
    for process in busy:
        process.kill()
    differing = {frame: kinds for frame, kinds in seen.items() if len(kinds) > 1}
    for frame, kinds in sorted(differing.items()):
        print(f"frame {frame}: {len(kinds)} pictures, {sorted(kinds.values(), reverse=True)} times")
    print(f"{len(seen)} frames, {asked.times} times: {len(differing)} came out differently")
    return int(bool(differing))


def digests(plan_dir: Path, frames: range, _time: int) -> dict[int, str]:
    """Return the digest of each frame's pixels, from a browser of its own."""
    verified = verify_plan(plan_dir, 0)
    with (
        tempfile.TemporaryDirectory(prefix="repeat-") as folder,
        SegmentRenderer(verified, Path(folder)) as renderer,
    ):
        return {
            frame: hashlib.sha256(picture.tobytes()).hexdigest()
            for frame, picture in zip(frames, renderer.capture(frames), strict=True)
        }


def _spin() -> None:
    while True:
        pass


if __name__ == "__main__":
    sys.exit(main())
