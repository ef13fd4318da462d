"""
A slideshow of a folder's pictures, each moving slowly and fading into the next.

    python examples/cookbook/slideshow/render.py
"""

import json
from pathlib import Path

from fanreel import RenderConfig, render

HERE = Path(__file__).parent
ROOT = HERE.parents[2]  # the pictures are those of the manual
SHOWN = ("daylight.webp", "launch.webp", "late-radio.webp")


def variants() -> dict[str, RenderConfig]:
    """Return what is rendered, by name."""
    paths = [f"../../../docs/pictures/{name}" for name in SHOWN]
    return {"slideshow": RenderConfig(variables={"pictures": json.dumps(paths)})}


if __name__ == "__main__":
    for name, config in variants().items():
        print(render(HERE, f"{name}.mp4", config, root_dir=ROOT).output_path)
