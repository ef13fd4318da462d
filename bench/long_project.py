"""
Writes the bench project `long`: what people really render, three minutes of it.

1080p at 30 frames a second; forty scenes in files of their own, one after the other; captions word
by word over the whole; six videos; and music through a chain of effects, ducked in every scene.
"""

import json
import shutil
import subprocess
from pathlib import Path

SECONDS, SCENES, VIDEOS = 180, 40, 6
_VIDEO_S = 12
_WORDS_PER_S = 2.5
_WORDS = (
    "every",
    "tide",
    "leaves",
    "a",
    "line",
    "of",
    "salt",
    "and",
    "glass",
    "where",
    "boats",
    "come",
)
_INKS = ("#f97316", "#22d3ee", "#a3e635", "#f472b6", "#facc15")
_GROUNDS = ("#0f172a", "#1e1b4b", "#042f2e", "#3b0764", "#1c1917")

_SCENE = """<template>
  <style>
    .ground {{ position: absolute; inset: 0;
      background: linear-gradient({angle}deg, {ground}, #000); }}
    .card {{ position: absolute; top: 300px; width: 480px; height: 260px; border-radius: 28px;
      background: rgb(255 255 255 / 0.1); box-shadow: 0 24px 60px rgb(0 0 0 / 0.45); padding: 36px;
      box-sizing: border-box; font: 400 30px Inter; color: #fff; }}
    .card b {{ display: block; font-weight: 900; font-size: 56px; color: {ink}; }}
    .title {{ position: absolute; left: 120px; top: 110px; font: 900 96px Inter; color: #fff; }}
    .bar {{ position: absolute; left: 120px; top: 640px; width: 1680px; height: 14px;
      background: {ink}; transform-origin: 0 0; }}
  </style>
  <div data-composition-id="{id}" data-width="1920" data-height="1080">
    <div class="ground"></div>
    <div class="title">Scene {number}</div>
    <div class="card" style="left: 120px"><b>{number}.1</b>What was counted</div>
    <div class="card" style="left: 720px"><b>{number}.2</b>What was left</div>
    <div class="card" style="left: 1320px"><b>{number}.3</b>What comes in</div>
    <div class="bar"></div>{video}
  </div>
  <script>
    window.__timelines = window.__timelines || {{}};
    window.__timelines["{id}"] = gsap.timeline({{ paused: true }})
      .from(".title", {{ x: -200, opacity: 0, duration: 0.6, ease: "power3.out" }}, 0)
      .from(".card", {{ y: 240, opacity: 0, rotation: 6, duration: 0.7, ease: "back.out(1.4)",
        stagger: 0.12 }}, 0.2)
      .fromTo(".bar", {{ scaleX: 0 }}, {{ scaleX: 1, duration: {length}, ease: "none" }}, 0)
      .to(".card", {{ y: -12, duration: {length} / 2, ease: "sine.inOut", stagger: 0.1 }}, 1.1);
  </script>
</template>
"""
_VIDEO = """
    <video src="media/video-{number}.mp4" data-start="0.3" data-duration="{length}" muted
      style="position: absolute; left: 1240px; top: 80px; width: 560px; height: 315px;
      border-radius: 20px"></video>"""
_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>bench-long</title>
    <script src="gsap.min.js"></script>
    <style>
      @font-face {{ font-family: Inter; font-weight: 400;
        src: url("fonts/inter-latin-400-normal.woff2"); }}
      @font-face {{ font-family: Inter; font-weight: 900;
        src: url("fonts/inter-latin-900-normal.woff2"); }}
      html, body {{ margin: 0; background: #000; }}
      #root {{ position: relative; width: 1920px; height: 1080px; overflow: hidden; }}
      .scene {{ position: absolute; inset: 0; }}
      .word {{ position: absolute; left: 0; width: 1920px; top: 860px; text-align: center;
        font: 900 84px Inter; color: #fff; text-shadow: 0 6px 24px #000; }}
    </style>
  </head>
  <body>
    <div id="root" data-composition-id="main" data-start="0" data-duration="{seconds}" data-fps="30"
         data-width="1920" data-height="1080">
{scenes}
{words}
      <audio id="music" src="media/music.m4a" data-start="0" data-duration="{seconds}"
        data-fx-chain='{chain}'
        data-automation='{lanes}'></audio>
    </div>
    <script>
      window.__timelines = window.__timelines || {{}};
      window.__timelines.main = gsap.timeline({{ paused: true }});
    </script>
  </body>
</html>
"""
_CHAIN = ("highpass", "peaking", "compressor", "reverb", "limiter")


def write(folder: Path, prepared: Path, seconds: int = SECONDS) -> None:
    """
    Write the project.

    Args:
        folder: Of the project; made anew.
        prepared: The project `gsap` as `prepare.sh` left it: its library and fonts are used.
        seconds: Of film; scenes and videos become fewer in proportion.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "media").mkdir(parents=True)
    shutil.copytree(prepared / "fonts", folder / "fonts")
    shutil.copy(prepared / "gsap.min.js", folder)
    scenes = max(SCENES * seconds // SECONDS, 2)
    length_s = seconds / scenes
    films = max(VIDEOS * seconds // SECONDS, 1)
    videos = {scenes * i // films: i for i in range(films)}
    for number in range(scenes):
        (folder / f"scene-{number:02}.html").write_text(_scene(number, length_s, videos))
    for number in videos.values():
        _write_video(folder / "media" / f"video-{number}.mp4", number)
    _write_music(folder / "media" / "music.m4a", seconds)
    (folder / "index.html").write_text(_page(seconds, scenes, length_s))


def _scene(number: int, length_s: float, videos: dict[int, int]) -> str:
    video = ""
    if number in videos:
        video = _VIDEO.format(number=videos[number], length=min(length_s - 0.3, _VIDEO_S))
    return _SCENE.format(
        id=f"scene-{number:02}",
        number=number + 1,
        angle=30 * number,
        ground=_GROUNDS[number % len(_GROUNDS)],
        ink=_INKS[number % len(_INKS)],
        length=f"{length_s:.3f}",
        video=video,
    )


def _page(seconds: int, scenes: int, length_s: float) -> str:
    hosts = [
        f'      <div class="scene" id="host-{n:02}" data-composition-id="scene-{n:02}" '
        f'data-composition-src="scene-{n:02}.html" data-start="{n * length_s:.3f}" '
        f'data-duration="{length_s:.3f}" data-track-index="0"></div>'
        for n in range(scenes)
    ]
    words = [
        f'      <div class="word clip" data-start="{n / _WORDS_PER_S:.1f}" '
        f'data-duration="{1 / _WORDS_PER_S:.1f}" data-track-index="1">'
        f"{_WORDS[n % len(_WORDS)]}</div>"
        for n in range(int(seconds * _WORDS_PER_S))
    ]
    nodes = [{"type": kind, "id": kind} for kind in _CHAIN]
    points = [
        {"t": round(n * length_s + at, 3), "v": volume}
        for n in range(scenes)
        for at, volume in ((0, 0.3), (1, 0.3), (1.5, 0.8), (length_s - 0.5, 0.8))
    ]
    return _PAGE.format(
        seconds=seconds,
        scenes="\n".join(hosts),
        words="\n".join(words),
        chain=json.dumps({"version": 1, "nodes": nodes}),
        lanes=json.dumps({"version": 1, "lanes": [{"target": "volume", "points": points}]}),
    )


def _write_video(path: Path, number: int) -> None:
    kinds = (
        "testsrc2=s=1280x720:r=30",
        "mandelbrot=s=1280x720:r=30",
        "life=s=1280x720:r=30:mold=9",
    )
    source = ["-f", "lavfi", "-i", kinds[number % len(kinds)], "-t", str(_VIDEO_S)]
    _ffmpeg(
        *source, "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", path
    )


def _write_music(path: Path, seconds: int) -> None:
    chord = "+".join(
        f"0.08*sin(2*PI*{f}*t)*(1+sin(2*PI*{f / 440:.3f}*t))" for f in (110, 165, 220, 277)
    )
    _ffmpeg(
        "-f",
        "lavfi",
        "-i",
        f"aevalsrc={chord}:s=48000:d={seconds}",
        "-ac",
        "2",
        "-c:a",
        "aac",
        path,
    )


def _ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)
