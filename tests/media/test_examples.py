"""Every example still renders, without a warning about itself."""

from pathlib import Path

import pytest
from PIL import Image, ImageStat

from fanreel import RenderConfig, still

EXAMPLES = Path(__file__).parents[2] / "examples"


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
    """Strictly: no overlapping clips, no undeclared variable, fonts of its own, and no blank."""
    config = RenderConfig(
        strict=True, strict_variables=True, reject_on_system_fonts=True, output_resolution=0.25
    )
    path = still(EXAMPLES / name, tmp_path / "poster.png", at_s, config)
    spread = ImageStat.Stat(Image.open(path).convert("RGB")).stddev
    assert max(spread) > 10


def test_every_example_is_tested_and_shown() -> None:
    """Whoever adds one adds it here, to the posters and to the docs."""
    docs = (EXAMPLES.parent / "docs" / "examples.md").read_text()
    posters = (EXAMPLES.parent / "scripts" / "posters").read_text()
    for folder in EXAMPLES.iterdir():
        if folder.name == "cookbook":  # see test_cookbook.py
            continue
        assert f"## {folder.name}\n" in docs
        assert f"\n{folder.name} " in posters
        assert (EXAMPLES.parent / "docs" / "pictures" / f"{folder.name}.webp").is_file()
