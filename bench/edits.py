"""
What one changed card costs in a film of 60 s, and what could tell a segment that it did not touch.

    python -m bench.edits [FOLDER]

Prints seconds and segments of a full render, of one after an edit, and of one after the edit was
taken back, as `fanreel watch` renders them; then milliseconds a frame of ways to look at a frame.
Of the latter CPU time is told too: on a busy machine only that can be compared.
"""

import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fanreel import render
from fanreel.processes import cpu_s
from fanreel.reporting.render_log import RenderLog
from fanreel.segments.resume import DIR_VARIABLE
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan

if TYPE_CHECKING:
    from collections.abc import Callable

_CARDS, _CARD_S, _SEGMENT = 15, 4, 120
_LOOKED_AT = 240
_ALL_STYLES = "() => [...getComputedStyle(document.documentElement)]"
_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ font-family: Inter, sans-serif; color: #fff }}
#root {{ position: relative; width: 1920px; height: 1080px; overflow: hidden; background: #111 }}
.card {{ position: absolute; inset: 0; padding: 90px; background: linear-gradient(120deg,
  hsl(var(--hue) 70% 25%), hsl(calc(var(--hue) + 60) 70% 45%)) }}
h1 {{ font-size: 120px; margin: 0; animation: up 1s ease-out both }}
p {{ font-size: 42px; animation: up 1s .2s ease-out both }}
.tiles {{ display: grid; grid-template-columns: repeat(3, 1fr); gap: 40px; margin-top: 50px }}
.tile {{ background: hsl(var(--h) 60% 55%); border-radius: 28px; padding: 40px;
  box-shadow: 0 20px 60px #0007;
  animation: in 4s calc(var(--i) * .1s) cubic-bezier(.2, .8, .2, 1) both }}
.tile b {{ font-size: 90px; display: block }} .tile span {{ font-size: 34px }}
@keyframes up {{ from {{ transform: translateY(80px); opacity: 0 }} }}
@keyframes in {{ from {{ transform: translateY(200px) rotate(6deg) scale(.8); opacity: 0 }} }}
</style>
<div id="root" data-composition-id="main" data-duration="60" data-width="1920" data-height="1080"
  data-no-timeline>{cards}</div>
"""


def write_project(project: Path, title_of_eighth: str) -> None:
    """Write the film: fifteen cards of four seconds, six figures on each."""
    cards = []
    for card in range(_CARDS):
        tiles = "".join(
            f'<div class="tile" style="--i: {n}; --h: {(card * 53 + n * 41) % 360}">'
            f"<b>{(card * 17 + n * 29) % 100}%</b><span>Quarter {n + 1}</span></div>"
            for n in range(6)
        )
        title = title_of_eighth if card == _CARDS // 2 else f"Card number {card + 1}"
        cards.append(
            f'<section class="clip card" data-start="{card * _CARD_S}" data-duration="{_CARD_S}" '
            f'style="--hue: {card * 24}"><h1>{title}</h1><p>Words that tell what the figures '
            f'below mean to those who read them.</p><div class="tiles">{tiles}</div></section>'
        )
    project.mkdir(exist_ok=True)
    (project / "index.html").write_text(_PAGE.format(cards="".join(cards)))


def measure_edits(folder: Path) -> None:
    """Render, edit and render, take back and render; print what each took."""
    os.environ[DIR_VARIABLE] = str(folder / "resume")
    titles = {"full render": "Card number 8", "one card changed": "Another", "taken back": ""}
    print("                        wall s   segments rendered")
    for name, title in titles.items():
        write_project(folder / "project", title or titles["full render"])
        log = RenderLog()
        began = time.monotonic()
        render(
            folder / "project",
            folder / "film.mp4",
            keep_segments=True,
            log=log,
            keep_dir=folder / name,
        )
        print(f"{name:22} {time.monotonic() - began:7.1f}   {len(log.runs)} of 15", flush=True)


class _Looks:
    """Ways to look at frames, by a renderer's own session."""

    def __init__(self, renderer: SegmentRenderer, temp_dir: Path) -> None:
        self._renderer, self._temp_dir = renderer, temp_dir
        self._session: Any = renderer._open_session()  # noqa: SLF001 (the one it films with)
        self._styles = self._session._calls.evaluate(_ALL_STYLES, None, "listing styles")  # noqa: SLF001

    def film(self, frames: range) -> None:
        """Do all that a render does."""
        path = self._temp_dir / "film.mp4"
        self._renderer.render(frames.start, frames.stop, path, lambda _frames: None)

    def draw(self, frames: range) -> None:
        """Draw, and take a digest of each picture."""
        self._session.open()
        for frame in frames:
            hashlib.sha256(np.ascontiguousarray(self._session.pictures.look(frame))).digest()

    def step(self, frames: range) -> None:
        """Put the page to each frame, and look at nothing."""
        self._session.open()
        self._session.pass_through(frames)

    def snapshot(self, frames: range) -> None:
        """Have Chromium tell all boxes, with all styles, in their order of painting."""
        self._session.open()
        for frame in frames:
            self._session.pass_through([frame])
            self._session._calls.run(self._ask(), "a snapshot")  # noqa: SLF001

    async def _ask(self) -> None:
        asked = {"computedStyles": self._styles, "includePaintOrder": True, "includeDOMRects": True}
        await self._session.browser.driver.devtools.send("DOMSnapshot.captureSnapshot", asked)


def measure_looks(plan_dir: Path) -> None:
    """Print what it costs to film a frame, and to look at it in cheaper ways."""
    with (
        tempfile.TemporaryDirectory() as temp,
        SegmentRenderer(verify_plan(plan_dir, None), Path(temp)) as renderer,
    ):
        looks = _Looks(renderer, Path(temp))
        ways: dict[str, Callable[[range], None]] = {
            "filming": looks.film,
            "drawing, and a digest of the picture": looks.draw,
            "stepping, nothing looked at": looks.step,
            "stepping, all boxes with all styles": looks.snapshot,
        }
        print("\nms a frame                                wall     CPU")
        for name, look in ways.items():
            began, cpu = time.monotonic(), cpu_s(os.getpid())
            for start in range(0, _LOOKED_AT, _SEGMENT):
                look(range(start, start + _SEGMENT))
            wall_s, spent_s = time.monotonic() - began, cpu_s(os.getpid()) - cpu
            ms = 1000 / _LOOKED_AT
            print(f"{name:38} {wall_s * ms:7.1f} {spent_s * ms:7.1f}", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        place = Path(sys.argv[1]) if sys.argv[1:] else Path(made)
        place.mkdir(exist_ok=True)
        measure_edits(place)
        measure_looks(place / "full render")
