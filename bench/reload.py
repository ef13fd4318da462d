#!/usr/bin/env python3
"""
Time from a save to the new picture in the preview, in a real browser.

    bench/reload.py examples/launch [--times 9] [--frame 45]

Each save adds an element to a copy of the project's page; the time ends with the second frame that
Chromium draws with it at the frame that was shown before. Wait for a quiet machine.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Frame, sync_playwright

from fanreel.browser.locate import find_chromium
from fanreel.config import RenderConfig
from fanreel.preview import session

SHOWN = """async (mark) => {
  const drawn = () => new Promise((done) => requestAnimationFrame(done));
  const shown = () => document.querySelector("iframe:not(.behind)")?.contentDocument;
  while (!shown()?.getElementById(mark)) await drawn();
  await drawn();
  await drawn();
  return Date.now();
}"""


def reload_ms(screen: Frame, index: Path, number: int) -> float:
    """Save *index* with one element more; return how long until that shows."""
    text = index.read_text()
    new = text.replace("</body>", f'<i id="saved-{number}"></i></body>')
    if new == text:
        sys.exit(f"{index} has no </body>")
    begun = time.time()
    index.write_text(new)
    shown: float = screen.evaluate(SHOWN, f"saved-{number}")
    return shown - begun * 1000


def main() -> None:
    """Print every time and the median."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("project", type=Path)
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--frame", type=int, default=45)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        project, out = Path(folder, "project"), Path(folder, "out")
        shutil.copytree(asked.project, project)
        out.mkdir()
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--headless=new", "--no-sandbox"]
        )
        with session.preview(project, RenderConfig(), output_dir=out) as server:
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.goto(server.url)
            page.locator("#timeline .lane, #timeline .empty").first.wait_for(timeout=60_000)
            page.locator("#frame").fill(str(asked.frame))
            page.locator("#frame").press("Enter")
            screen = page.query_selector("#screen iframe").content_frame()
            times = []
            for number in range(asked.times):
                while server.state()["isPlanning"]:
                    time.sleep(0.1)
                page.wait_for_timeout(1000)  # what follows the plan, such as pictures of lanes
                times.append(reload_ms(screen, project / "index.html", number))
            page.close()
        browser.close()
    told = ", ".join(f"{ms:.0f}" for ms in times)
    print(f"{asked.project}: median {statistics.median(times):.0f} ms of {told}; "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
