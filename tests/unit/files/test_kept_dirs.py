"""Where files are kept between runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from fanreel.files.kept_dirs import cache_dir, home_dir, kept_dir

SOURCE = Path(__file__).parents[3] / "src" / "fanreel"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_CACHE_HOME": "/cache", "HOME": "/home/a"}, "/cache/fanreel/fonts"),
        ({"XDG_CACHE_HOME": " ", "HOME": "/home/a"}, "/home/a/.cache/fanreel/fonts"),
        ({"HOME": "/home/a"}, "/home/a/.cache/fanreel/fonts"),
    ],
)
def test_the_users_cache_is_where_the_desktop_says(environ: dict[str, str], expected: str) -> None:
    """XDG_CACHE_HOME, else .cache at home."""
    assert cache_dir(environ, "fonts") == Path(expected)


def test_without_a_home_the_system_is_asked() -> None:
    """As services and Lambda start programs."""
    assert home_dir({}).is_absolute()


@pytest.mark.parametrize("word", ["off", "NONE", "false", "0"])
def test_a_word_switches_a_folder_off(word: str) -> None:
    """Any other is its name; none is the usual one."""
    usual = Path("/usual")
    assert kept_dir({"PLACE": word}, "PLACE", usual) is None
    assert kept_dir({"PLACE": "/mine"}, "PLACE", usual) == Path("/mine")
    assert kept_dir({}, "PLACE", usual) == usual


def test_fonts_are_fetched_with_nothing_else_of_the_package(tmp_path: Path) -> None:
    """The image does so before it has any package: the files that its Dockerfile copies."""
    dockerfile = (SOURCE.parents[1] / "Dockerfile").read_text()
    for source in ("fonts", "files/kept_dirs.py"):
        assert f"COPY src/fanreel/{source} fanreel/" in dockerfile
    (tmp_path / "fanreel" / "files").mkdir(parents=True)
    (tmp_path / "fanreel" / "fonts").symlink_to(SOURCE / "fonts")
    (tmp_path / "fanreel" / "files" / "kept_dirs.py").symlink_to(SOURCE / "files" / "kept_dirs.py")
    code = "import fanreel.fonts.store, fanreel.fonts.__main__; print(fanreel.fonts.store.__file__)"
    found = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith(str(tmp_path))
