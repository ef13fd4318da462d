"""
Faces that the reference fetches from the web: given to both as files of the project.

Offline it has weights 400, 700 and 900 of upright Latin only, so that a page in weight 600 would
compare two different faces.
"""

import os
import shutil
from pathlib import Path

from fanreel.fonts.faces import Face
from fanreel.fonts.library import library
from fanreel.fonts.store import font_store

_FOLDER = "faces-of-the-web"
_LATIN = "U+0000-00FF"
_ALL = (
    *("Archivo Black", "EB Garamond", "IBM Plex Mono", "Inter", "JetBrains Mono", "Lato"),
    *("League Gothic", "Montserrat", "Noto Sans JP", "Nunito", "Open Sans", "Oswald", "Outfit"),
    *("Playfair Display", "Poppins", "Roboto", "Source Code Pro", "Space Mono"),
)
_NAMES = {
    "bar-chart": ("Inter",),
    "code-typing": ("Menlo", "Inter"),
    "fonts-italic": _ALL,
    "fonts-weights": _ALL,
    "product-card": ("Poppins", "Playfair Display"),
    "quote": ("Georgia",),
}
"""By composition the names, as it writes them, whose faces it lacks."""
_NAMES_IN_OTHER_WORDS = {"stats-utility": ("Inter",)}
"""By composition the names that its equivalent for the reference writes."""


def give_faces(name: str, project_dir: Path, *, in_other_words: bool = False) -> None:
    """Put the faces that the composition *name* would fetch into *project_dir*."""
    names = _NAMES_IN_OTHER_WORDS if in_other_words else _NAMES
    rules = [rule for family in names.get(name, ()) for rule in _rules(family, project_dir)]
    if not rules:
        return
    page = project_dir / "index.html"
    before, head, after = page.read_text(encoding="utf-8").partition("<head>")
    sheet = "\n".join(rules)
    page.write_text(f"{before}{head}\n<style>\n{sheet}\n</style>{after}", encoding="utf-8")


def _rules(name: str, project_dir: Path) -> list[str]:
    found = library().find(name)
    assert found, f"no family of the format is {name}"
    folder = project_dir / _FOLDER
    folder.mkdir(exist_ok=True)
    rules = []
    for face, path in font_store(os.environ).faces(found[1]):
        if _LATIN not in face.unicode_range:
            continue
        shutil.copyfile(path, folder / path.name)
        rules.append(_rule(name, face, f"{_FOLDER}/{path.name}"))
    return rules


def _rule(name: str, face: Face, url: str) -> str:
    return (
        f'@font-face {{ font-family: "{name}"; font-style: {face.style}; '
        f"font-weight: {face.weight}; font-stretch: {face.stretch}; "
        f'src: url({url}) format("woff2"); unicode-range: {face.unicode_range}; }}'
    )
