"""Every example and every recipe of the cookbook still renders, without a warning about itself."""

import runpy
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from fanreel import RenderConfig, still

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"
COOKBOOK = EXAMPLES / "cookbook"


def assert_it_shows_something(
    project: Path, at_s: float, config: RenderConfig, out: Path, root_dir: Path | None = None
) -> None:
    """Strictly: no overlapping clips, no undeclared variable, fonts of its own, and no blank."""
    config = config.replace(
        strict=True, strict_variables=True, reject_on_system_fonts=True, output_resolution=0.25
    )
    path = still(project, out / "still.png", at_s, config, root_dir=root_dir)
    spread = ImageStat.Stat(Image.open(path).convert("RGB")).stddev
    assert max(spread) > 10


@pytest.mark.parametrize(
    ("name", "at_s"),
    [
        ("launch", 6.4),
        ("tide", 5.9),
        ("daylight", 8.5),
        ("bib", 5.5),
        ("name-strap", 2),
        ("late-radio", 7.2),
    ],
)
def test_an_example_shows_something(name: str, at_s: float, tmp_path: Path) -> None:
    """At the moment of its poster."""
    assert_it_shows_something(EXAMPLES / name, at_s, RenderConfig(), tmp_path)


@pytest.mark.parametrize("recipe", sorted(path.name for path in COOKBOOK.iterdir()))
def test_a_recipe_shows_something(recipe: str, tmp_path: Path) -> None:
    """One of its videos stands for all."""
    made = runpy.run_path(str(COOKBOOK / recipe / "render.py"))
    config = next(iter(made["variants"]().values()))
    assert isinstance(config, RenderConfig)
    assert_it_shows_something(COOKBOOK / recipe, 2.2, config, tmp_path, made.get("ROOT"))


def test_every_example_is_tested_and_shown() -> None:
    """Whoever adds one adds it here, to the posters and to the docs."""
    docs = (REPOSITORY / "docs" / "examples.md").read_text()
    posters = (REPOSITORY / "scripts" / "posters").read_text()
    for folder in EXAMPLES.iterdir():
        if folder == COOKBOOK:
            continue
        assert f"## {folder.name}\n" in docs
        assert f"\n{folder.name} " in posters
        assert (REPOSITORY / "docs" / "pictures" / f"{folder.name}.webp").is_file()


def test_every_recipe_is_described_and_shown() -> None:
    """Whoever adds one adds it to the docs, and its picture by scripts/loops.py."""
    docs = (REPOSITORY / "docs" / "cookbook.md").read_text()
    for folder in COOKBOOK.iterdir():
        assert f"## {folder.name}\n" in docs
        assert (REPOSITORY / "docs" / "pictures" / f"cookbook-{folder.name}.webp").is_file()
