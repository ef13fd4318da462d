"""Which file a path means: beside the page, from the project, up to the root and no further."""

from pathlib import Path

import pytest

from fanreel.config import RenderConfig
from fanreel.errors import InvalidConfig
from fanreel.files.project import within_root
from fanreel.files.site_files import SiteFiles

SCENE = '<template><div data-composition-id="a"></div></template>'


def _tree(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root.resolve()


def test_paths_count_from_the_root_and_from_the_project(tmp_path: Path) -> None:
    """`/a.png` is the project's, also where the project lies deeper in what is served."""
    root = _tree(tmp_path, "film/index.html", "film/a.png", "shared/b.png", "c.png")
    files = SiteFiles(root_dir=root, entry_path="film/index.html", project_path="film")
    assert files.locate("film/a.png") == ("film/a.png", root / "film/a.png")
    assert files.locate("a.png") == ("film/a.png", root / "film/a.png")
    assert files.locate("shared/b.png") == ("shared/b.png", root / "shared/b.png")
    assert files.locate("none.png") is None
    assert files.locate("../secret") is None


def test_a_scene_names_files_as_it_does_where_it_is_nested(tmp_path: Path) -> None:
    """Beside it first, then from the project; its page is what the template holds."""
    root = _tree(tmp_path, "a.png", "both.png", "scenes/both.png")
    (root / "scenes/card.html").write_text(SCENE)
    files = SiteFiles(root_dir=root, entry_path="scenes/card.html")
    assert files.locate("scenes/a.png") == ("a.png", root / "a.png")
    assert files.locate("scenes/both.png") == ("scenes/both.png", root / "scenes/both.png")
    assert files.document("scenes/card.html", root / "scenes/card.html") == (
        b'<div data-composition-id="a"></div>'
    )
    other = SiteFiles(root_dir=root, entry_path="index.html")
    assert other.locate("scenes/a.png") is None
    assert other.document("scenes/card.html", root / "scenes/card.html") == SCENE.encode()


def test_links_are_followed_up_to_the_root(tmp_path: Path) -> None:
    """And no further, whatever the page asks for."""
    root = _tree(tmp_path, "wide/film/index.html", "wide/shared/b.png", "secret").joinpath("wide")
    (root / "film/linked").symlink_to("../shared")
    (root / "film/out").symlink_to("../../secret")
    wide = SiteFiles(root_dir=root, entry_path="film/index.html", project_path="film")
    assert wide.locate("film/linked/b.png") == ("film/linked/b.png", root / "shared/b.png")
    assert wide.locate("film/out") is None
    assert SiteFiles(root_dir=root / "film").locate("linked/b.png") is None


def test_a_root_holds_the_project(tmp_path: Path) -> None:
    """Its path is what the configuration says; a root that is the project changes nothing."""
    film = _tree(tmp_path, "wide/film/index.html") / "wide/film"
    config = RenderConfig(entry_file="a.html")
    assert within_root(film, config, None) == (film, config)
    assert within_root(film, config, film)[1].entry_path == "a.html"
    folder, wide = within_root(film, config, tmp_path)
    assert (folder, wide.project_path) == (tmp_path.resolve(), "wide/film")
    assert wide.entry_path == "wide/film/a.html"
    with pytest.raises(InvalidConfig, match="a folder that holds the project"):
        within_root(tmp_path, config, film)
