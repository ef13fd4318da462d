"""
Plans a composition of 200 clips and 30 nested compositions, and times its page at each frame.

    uv run bench/large_page.py [--clips 200] [--nested 30]

Prints how long planning takes, and what putting the page to a frame costs inside the page: the
clock, clips, animations and timelines, without drawing.
"""

import argparse
import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from fanreel import RenderConfig, plan
from fanreel.capture.page_load import PageLoad
from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import session_spec
from fanreel.files.plan_dir import SITE_DIR
from fanreel.network.outside import Replayer
from fanreel.page.config import rendering_config
from fanreel.segments.verification import verify_plan

SECONDS = 20
STYLE = """
  body { margin: 0; background: #10131f; color: #fff; font: 20px sans-serif; }
  .clip, .host { position: absolute; width: 90px; height: 24px; }
  @keyframes slide { from { transform: translateX(0); } to { transform: translateX(80px); } }
  .moving { animation: slide 1s linear both; }
"""
NESTED = """<template><style>.bar { width: 60px; height: 8px; background: #7c3aed; }</style>
<div data-composition-id="inner" data-width="90" data-height="24" data-duration="2">
  <div class="bar"></div>
</div>
<script>
  let at = 0;
  __timelines.inner = { duration: () => 2, seek: (s) => {
    document.querySelector(".bar").style.opacity = 0.2 + 0.4 * s;
  } };
</script></template>"""
# In the shell, whose clock is the real one.
TIME_SEEKS = """async (frames) => {
  const costs = [];
  for (const [frame, serial] of frames) {
    const before = performance.now();
    await __fanreelShell.seek(frame, serial);
    costs.push(performance.now() - before);
  }
  return costs;
}"""


def write_project(directory: Path, clips: int, nested: int) -> None:
    """Write the composition: clips one after the other, half of them moving, hosts among them."""
    parts = []
    for number in range(clips):
        start = number * (SECONDS - 2) / clips
        kind = "clip moving" if number % 2 else "clip"
        place = f"left: {number % 20 * 95}px; top: {number // 20 * 40}px"
        parts.append(
            f'<div id="clip-{number}" class="{kind}" style="{place}" data-start="{start:.3f}" '
            f'data-duration="2" data-track-index="{number}">{number}</div>'
        )
    for number in range(nested):
        start = number * (SECONDS - 2) / nested
        place = f"left: {number % 20 * 95}px; top: {600 + number // 20 * 40}px"
        parts.append(
            f'<div id="host-{number}" class="host" style="{place}" data-composition-id="n{number}" '
            f'data-composition-src="nested.html" data-start="{start:.3f}" data-duration="2" '
            f'data-width="90" data-height="24" data-track-index="{1000 + number}"></div>'
        )
    (directory / "nested.html").write_text(NESTED)
    (directory / "index.html").write_text(
        f"<!doctype html><style>{STYLE}</style>"
        f'<div data-composition-id="main" data-width="1920" data-height="1080" '
        f'data-duration="{SECONDS}" data-no-timeline>{"".join(parts)}</div>'
    )


def seek_costs(plan_dir: Path, work_dir: Path) -> list[float]:
    """Return milliseconds inside the page for every third frame, in order."""
    verified = verify_plan(plan_dir)
    composition = verified.composition
    spec = session_spec(composition.width, composition.height, verified.locked)
    with PageSession(spec, work_dir) as stage:
        stage.load(
            PageLoad(
                root_dir=plan_dir / SITE_DIR,
                entry_file=composition.entry_file,
                page_config=rendering_config(composition),
                network=Replayer([], plan_dir),
            )
        )
        stage.open()
        frames = [[n, n + 1] for n in range(0, composition.total_frames, 3)]
        found: list[float] = stage.browser.driver.evaluate(TIME_SEEKS, frames).result(300)
        return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--nested", type=int, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temp:
        project, work_dir = Path(temp, "project"), Path(temp, "work")
        project.mkdir()
        work_dir.mkdir()
        write_project(project, asked.clips, asked.nested)
        started = time.monotonic()
        planned = plan(project, RenderConfig(fps=Fraction(30)), Path(temp, "plan"))
        plan_s = time.monotonic() - started
        costs = seek_costs(planned.plan_dir, work_dir)
    print(f"{asked.clips} clips, {asked.nested} nested compositions, {planned.total_frames} frames")
    print(f"plan {plan_s:.1f} s")
    print(f"seek {statistics.mean(costs):.2f} ms mean, {statistics.median(costs):.2f} median")
    for warning in planned.warnings:
        print(f"warning: {warning}")


if __name__ == "__main__":
    main()
