"""Every recipe of the cookbook still renders, without a warning about itself, and is shown."""

import contextlib
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanreel import RenderConfig
from fanreel.files.project import within_root
from fanreel.timing.moments import frame_at, read_moment
from tests.media.films import film, names
from tests.media.studio import Studio, as_rgba

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"
COOKBOOK = EXAMPLES / "cookbook"


# No overlapping clips, no undeclared variable, fonts of its own.
STRICTLY = {"strict": True, "strict_variables": True, "reject_on_system_fonts": True}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Yield a studio for the module."""
    with contextlib.closing(Studio(tmp_path_factory.mktemp("studio"))) as studio:
        yield studio


@pytest.mark.parametrize("recipe", sorted(path.name for path in COOKBOOK.iterdir()))
def test_a_recipe_shows_something(recipe: str, studio: Studio, tmp_path: Path) -> None:
    """One of its videos stands for all."""
    made = runpy.run_path(str(COOKBOOK / recipe / "render.py"))
    config = next(iter(made["variants"]().values()))
    assert isinstance(config, RenderConfig)
    config = config.replace(**STRICTLY, output_resolution=0.25)
    folder, config = within_root(COOKBOOK / recipe, config, made.get("ROOT"))
    planned = studio.plan(folder, config, tmp_path / "plan")
    with studio.renderer(tmp_path / "plan") as renderer:
        [picture] = renderer.capture([frame_at(read_moment(2.2), planned.fps)])
        shown = as_rgba(picture, renderer.pixels)
    assert shown[..., :3].std(axis=(0, 1)).max() > 10


def test_every_example_is_tested_and_shown() -> None:
    """Whoever adds one adds it to the films, strictly, to the posters and to the docs."""
    films = {film(name).project: film(name).render_config for name in names()}
    docs = (REPOSITORY / "docs" / "examples.md").read_text()
    posters = (REPOSITORY / "scripts" / "posters").read_text()
    for folder in EXAMPLES.iterdir():
        if folder == COOKBOOK:
            continue
        config = films[f"examples/{folder.name}"]
        assert config == config.replace(**STRICTLY)
        assert f"## {folder.name}\n" in docs
        assert f"\n{folder.name} " in posters
        assert (REPOSITORY / "docs" / "pictures" / f"{folder.name}.webp").is_file()


def test_every_recipe_is_described_and_shown() -> None:
    """Whoever adds one adds it to the docs, and its picture by scripts/loops.py."""
    docs = (REPOSITORY / "docs" / "cookbook.md").read_text()
    for folder in COOKBOOK.iterdir():
        assert f"## {folder.name}\n" in docs
        assert (REPOSITORY / "docs" / "pictures" / f"cookbook-{folder.name}.webp").is_file()
