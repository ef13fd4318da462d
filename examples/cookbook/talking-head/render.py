"""
A person talks: the video fills the frame, a name comes in, a slide takes over, the head shrinks.

    python examples/cookbook/talking-head/render.py

The waves of another example stand in for the person.
"""

from pathlib import Path

from fanreel import RenderConfig, render

HERE = Path(__file__).parent
ROOT = HERE.parents[1]  # the video belongs to another example


def variants() -> dict[str, RenderConfig]:
    """Return what is rendered, by name."""
    return {
        "talking-head": RenderConfig(
            variables={
                "video": "../../tide/assets/sea.mp4",
                "name": "Ines Carvalho",
                "role": "Lighthouse keeper",
                "point": "Light carries 26 miles",
            }
        )
    }


if __name__ == "__main__":
    for name, config in variants().items():
        print(render(HERE, f"{name}.mp4", config, root_dir=ROOT).output_path)
