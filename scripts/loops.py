"""
Renders the first video of each recipe of the cookbook into docs/pictures, small and six a second.

    .venv/bin/python scripts/loops.py [RECIPE ...]
"""

import runpy
import sys
import tempfile
from pathlib import Path

from PIL import Image

from fanreel import render

REPOSITORY = Path(__file__).parents[1]
COOKBOOK = REPOSITORY / "examples" / "cookbook"
WIDTH, EVERY_NTH, FPS = 240, 5, 30


def loop(recipe: Path, picture: Path) -> None:
    """Write an animated WebP of what *recipe* makes."""
    made = runpy.run_path(str(recipe / "render.py"))
    config = next(iter(made["variants"]().values()))
    config = config.replace(format="png-sequence", mute=True, every_nth_frame=EVERY_NTH, fps=FPS)
    with tempfile.TemporaryDirectory() as folder:
        render(recipe, Path(folder) / "frames", config, root_dir=made.get("ROOT"))
        frames = [
            Image.open(path).convert("RGB") for path in sorted(Path(folder).glob("frames/*.png"))
        ]
    height = round(WIDTH * frames[0].height / frames[0].width)
    first, *rest = [frame.resize((WIDTH, height)) for frame in frames]
    first.save(
        picture,
        save_all=True,
        append_images=rest,
        duration=1000 * EVERY_NTH // FPS,
        loop=0,
        quality=30,
        method=6,
    )


if __name__ == "__main__":
    recipes = [COOKBOOK / name for name in sys.argv[1:]] or sorted(COOKBOOK.iterdir())
    for recipe in recipes:
        picture = REPOSITORY / "docs" / "pictures" / f"cookbook-{recipe.name}.webp"
        loop(recipe, picture)
        print(f"{picture}: {picture.stat().st_size // 1000} kB")  # noqa: T201
