"""
A card for every line of a CSV file: the header's names are the composition's variables.

    python examples/cookbook/cards/render.py

On AWS a batch takes the same as JSON Lines: `fanreel lambda render-batch PROJECT lines.jsonl`.
"""

import csv
from pathlib import Path

from fanreel import RenderConfig, render

HERE = Path(__file__).parent


def variants() -> dict[str, RenderConfig]:
    """Return what is rendered, by name; a column that the page does not declare is an error."""
    with (HERE / "guests.csv").open(encoding="utf-8", newline="") as file:
        return {
            f"card-{number:03}": RenderConfig(variables=dict(row), strict_variables=True)
            for number, row in enumerate(csv.DictReader(file), 1)
        }


if __name__ == "__main__":
    for name, config in variants().items():
        print(render(HERE, f"{name}.mp4", config).output_path)
