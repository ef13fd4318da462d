"""
A bar chart from a JSON file, which the page fetches like any page would.

    python examples/cookbook/chart/render.py
"""

from pathlib import Path

from fanreel import RenderConfig, render

HERE = Path(__file__).parent


def variants() -> dict[str, RenderConfig]:
    """Return what is rendered, by name; another file's path is the variable `numbers`."""
    return {"chart": RenderConfig(variables={"numbers": "numbers.json"})}


if __name__ == "__main__":
    for name, config in variants().items():
        print(render(HERE, f"{name}.mp4", config).output_path)
