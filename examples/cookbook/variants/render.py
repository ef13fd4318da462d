"""
One scene in three shapes: a page for each mounts the same scene, which asks how wide it is.

    python examples/cookbook/variants/render.py
"""

from pathlib import Path

from fanreel import RenderConfig, render

HERE = Path(__file__).parent


def variants() -> dict[str, RenderConfig]:
    """Return what is rendered, by name."""
    return {name: RenderConfig(entry_file=f"{name}.html") for name in ("wide", "square", "tall")}


if __name__ == "__main__":
    for name, config in variants().items():
        print(render(HERE, f"{name}.mp4", config).output_path)
