"""Pages whose frames are no function of time: the planner says so, and what it costs."""

import re
from pathlib import Path

from fanreel import RenderConfig, plan

PAGE = """<!doctype html>
<body style="margin: 0; background: black">
<div data-composition-id="main" data-duration="3" data-width="52" data-height="36" data-no-timeline>
  <canvas id="c" width="52" height="36" style="display: block"></canvas>
</div>
<script>
  const context = document.getElementById("c").getContext("2d");
  SCRIPT
</script>
"""
CHANCE = """
  window.__renderReady = false;
  const code = "onconnect = (event) => " +
    "event.ports[0].postMessage(Array.from({ length: 16 }, Math.random))";
  const worker = new SharedWorker(URL.createObjectURL(new Blob([code])));
  worker.port.onmessage = ({ data }) => {
    data.forEach((chance, cell) => {
      context.fillStyle = chance < 0.5 ? "white" : "black";
      context.fillRect((cell % 4) * 13, Math.floor(cell / 4) * 9, 13, 9);
    });
    window.__renderReady = true;
  };
"""
COUNTER = """
  let count = 0;
  const draw = () => {
    context.fillStyle = "black";
    context.fillRect(0, 0, 52, 36);
    context.fillStyle = "white";
    context.fillRect(count++ % 43, 27, 9, 9);
    requestAnimationFrame(draw);
  };
  draw();
"""


def warning_of(folder: Path, script: str) -> str:
    """Return the one warning of planning the page with *script*."""
    (folder / "index.html").write_text(PAGE.replace("SCRIPT", script))
    [warning] = plan(folder, RenderConfig(), folder / ".plan").warnings
    return warning


def test_chance_that_no_seed_reaches_is_reported(tmp_path: Path) -> None:
    """A shared worker's `Math.random()`: the frame, the region within the picture, and the cost."""
    warning = warning_of(tmp_path, CHANCE)
    found = re.match(
        r"the composition is not deterministic: frame 13 differs between two identical runs, "
        r"in x (\d+) to (\d+), y (\d+) to (\d+), and every segment first steps the page from the "
        r"start: 90 frames in all, beside the 90 that are rendered; look for",
        warning,
    )
    assert found, warning
    left, right, top, bottom = map(int, found.groups())
    assert 0 <= left < right <= 52
    assert 0 <= top < bottom <= 36


def test_a_page_that_counts_its_frames_is_stepped(tmp_path: Path) -> None:
    """What it shows depends on how many frames were before."""
    warning = warning_of(tmp_path, COUNTER)
    assert warning.startswith("frames depend on the frames before them (frame ")
    assert "so every segment first steps the page from the start: 90 frames in all" in warning
