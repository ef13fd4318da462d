"""Every recipe of the cookbook still renders, without a warning about itself."""

import runpy
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from fanreel import RenderConfig, still

REPOSITORY = Path(__file__).parents[2]
COOKBOOK = REPOSITORY / "examples" / "cookbook"


@pytest.mark.parametrize("recipe", sorted(path.name for path in COOKBOOK.iterdir()))
def test_a_recipe_shows_something(recipe: str, tmp_path: Path) -> None:
    """Strictly, and no blank; one of its videos stands for all."""
    made = runpy.run_path(str(COOKBOOK / recipe / "render.py"))
    name, config = next(iter(made["variants"]().items()))
    assert isinstance(config, RenderConfig)
    config = config.replace(
        strict=True, strict_variables=True, reject_on_system_fonts=True, output_resolution=0.25
    )
    path = still(
        COOKBOOK / recipe, tmp_path / f"{name}.png", 2.2, config, root_dir=made.get("ROOT")
    )
    spread = ImageStat.Stat(Image.open(path).convert("RGB")).stddev
    assert max(spread) > 10


def test_every_recipe_is_described_and_shown() -> None:
    """Whoever adds one adds it to the docs, and its picture by scripts/loops.py."""
    docs = (REPOSITORY / "docs" / "cookbook.md").read_text()
    for folder in COOKBOOK.iterdir():
        assert f"## {folder.name}\n" in docs
        assert (REPOSITORY / "docs" / "pictures" / f"cookbook-{folder.name}.webp").is_file()
