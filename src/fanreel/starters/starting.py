"""start_project(): a folder with a composition that renders."""

import os
from collections.abc import Mapping
from pathlib import Path

from fanreel.errors import InvalidConfig
from fanreel.files.aside import naming_write_errors, written_aside
from fanreel.starters import libraries

_STARTERS_DIR = Path(__file__).parent
_CARRIED_DIR = _STARTERS_DIR / "examples"  # of a wheel; see scripts/wheel_files.py
_CHECKOUT_DIR = _STARTERS_DIR.parents[2] / "examples"
_NOT_STARTED = ("vendor", "__pycache__")
"""Folders of an example that are made anew."""


def example_names() -> list[str]:
    """Return the examples that a project can be started from."""
    return sorted(libraries.table()["examples"])


def start_project(
    folder: Path,
    *,
    gsap: bool = False,
    example: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Path:
    """
    Write a project to *folder*, and give its page.

    Args:
        folder: Made; it may be there, as long as it is empty.
        gsap: Animate with GSAP, which is fetched from the npm registry; else with CSS.
        example: One of `example_names()`, with its libraries and fonts from the npm registry; None:
            a title card.
        environ: Names the registry.
    Raises:
        InvalidConfig: There is something in *folder* already, or no such example. Terminal.
        AssetNotFound: The registry does not give a library. Terminal.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidConfig(f"{folder} is there and not empty; give a folder that is not")
    contents = _title_card(environ, gsap=gsap) if example is None else _example(example, environ)
    with naming_write_errors(folder), written_aside(folder) as aside:
        for name, content in contents.items():
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            (aside / name).write_bytes(content)
    return folder / "index.html"


def _title_card(environ: Mapping[str, str], *, gsap: bool) -> dict[str, bytes]:
    starter = _STARTERS_DIR / ("gsap" if gsap else "plain")
    used = libraries.fetch(["gsap/dist/gsap.min.js"] if gsap else [], environ)
    return {"index.html": (starter / "index.html").read_bytes()} | used


def _example(name: str, environ: Mapping[str, str]) -> dict[str, bytes]:
    if name not in example_names():
        raise InvalidConfig(f"--example {name}: allowed: {', '.join(example_names())}")
    folder = (_CARRIED_DIR if _CARRIED_DIR.is_dir() else _CHECKOUT_DIR) / name
    files = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not set(_NOT_STARTED) & set(file.relative_to(folder).parts)
    }
    return files | libraries.fetch(libraries.table()["examples"][name], environ)
