"""
Captions from an SRT file over a video; each word lights up as it is due.

    python examples/cookbook/captions/render.py

An SRT file has times for whole lines only, so a line's words share its time by their length.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from fanreel import RenderConfig, render

HERE = Path(__file__).parent
ROOT = HERE.parents[1]  # the video belongs to another example


def seconds(hours: int, minutes: int, whole: int, millis: int) -> float:
    """Return a time of day in seconds."""
    return 3600 * hours + 60 * minutes + whole + millis / 1000


def captions(path: Path) -> Iterator[dict[str, object]]:
    """Yield the captions of an SRT file: start and duration in seconds, and the words."""
    for block in path.read_text(encoding="utf-8-sig").strip().split("\n\n"):
        _number, times, *lines = block.splitlines()
        numbers = list(map(int, re.findall(r"\d+", times)))
        start, end = seconds(*numbers[:4]), seconds(*numbers[4:])
        words = " ".join(lines).split()
        yield {"start": start, "duration": round(end - start, 3), "words": words}


def variants() -> dict[str, RenderConfig]:
    """Return what is rendered, by name."""
    spoken = json.dumps(list(captions(HERE / "spoken.srt")))
    return {
        "captions": RenderConfig(
            variables={"video": "../../tide/assets/sea.mp4", "captions": spoken}
        )
    }


if __name__ == "__main__":
    for name, config in variants().items():
        print(render(HERE, f"{name}.mp4", config, root_dir=ROOT).output_path)
