"""
Rendered on a machine with nothing but `pip install` and `fanreel setup`: are the faces right?

    python check.py online | offline | untold

A film names three families and brings none. Each band of its pictures is compared with that of a
film which brings the same fonts as files: the same letters are the same pixels.

- online: all three; the reported way of each.
- offline: from the cache those of the format; the third is warned of and drawn otherwise.
- untold: no cache either; the machine is told once how to fetch.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

WORK = Path("/work")
FRAUNCES = Path("/fonts/fraunces.woff2")
CACHE = Path.home() / ".cache" / "fanreel" / "fonts"
FILES = {
    "Inter": "fontsource-variable-inter-*/files/inter-latin-wght-normal.woff2",
    "Space Mono": "fontsource-space-mono-*/files/space-mono-latin-400-normal.woff2",
    "Fraunces": None,
}
BAND_PX = 100
TEXT = "Hamburgefonstiv 0123 &amp; Wave"


def page(families: dict[str, str], style: str = "") -> str:
    """Return a film of one text for each of *families*, by the element's id."""
    texts = "".join(
        f'<p id="{name}" style="font: 44px/{BAND_PX}px {family}">{TEXT}</p>'
        for name, family in families.items()
    )
    return (
        f"<!doctype html><style>{style} p {{ margin: 0; height: {BAND_PX}px }}</style>"
        '<div data-composition-id="main" data-duration="0.1" data-width="960" '
        f'data-height="{BAND_PX * len(families)}" data-no-timeline '
        f'style="background: #fff">{texts}</div>'
    )


def write_named() -> Path:
    """Write the film that only names its families."""
    project = WORK / "named"
    project.mkdir(parents=True, exist_ok=True)
    families = {name.replace(" ", ""): f"'{name}', serif" for name in FILES}
    (project / "index.html").write_text(page(families))
    return project


def write_brought() -> Path:
    """Write the same film with its fonts beside it, under names that nobody knows."""
    project = WORK / "brought"
    project.mkdir(parents=True, exist_ok=True)
    faces = []
    for index, (name, pattern) in enumerate(FILES.items()):
        source = FRAUNCES if pattern is None else next(CACHE.glob(pattern))
        shutil.copyfile(source, project / f"{index}.woff2")
        weight = "400" if name == "Space Mono" else "100 900"
        faces.append(
            f"@font-face {{ font-family: Own{index}; font-weight: {weight}; "
            f"src: url({index}.woff2) }}"
        )
    families = {f"own{index}": f"Own{index}" for index in range(len(FILES))}
    (project / "index.html").write_text(page(families, " ".join(faces)))
    return project


def say(text: str) -> None:
    """Tell whoever looks on."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def render(project: Path, output: Path) -> dict[str, Any]:
    """Render as a user would; give what is reported."""
    argv = ["fanreel", "render", str(project), "-o", str(output), "--json"]
    say(f"$ {' '.join(argv)}")
    shutil.rmtree(output, ignore_errors=True)
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"exit status {ended.returncode}: {ended.stderr}")
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    for warning in result["warnings"]:
        say(f"  warning: {warning}")
    for font in result["fonts"]:
        faces = ", ".join([*font["webFonts"], *font["systemFonts"]])
        say(f"  {font['element']}: {faces} ({font['way']})")
    return result


def bands(frames: Path) -> list[NDArray[np.uint8]]:
    """Return the first picture's bands."""
    with av.open(str(min(frames.glob("*.png")))) as container:
        frame = next(container.decode(video=0))
    picture = frame.to_ndarray(format="rgb24").astype(np.uint8)
    return [picture[top : top + BAND_PX] for top in range(0, len(picture), BAND_PX)]


def compare(expected: set[str]) -> None:
    """See that the bands of the families *expected* are the same pixels, and the others not."""
    named, brought = bands(WORK / "named-frames"), bands(WORK / "brought-frames")
    for name, one, other in zip(FILES, named, brought, strict=True):
        assert other.min() < BAND_PX, f"{name}: no text is drawn"
        same = bool((one == other).all())
        say(f"  {name}: {'the same pixels as' if same else 'other pixels than'} from its file")
        assert same == (name in expected), name


def by_element(result: dict[str, Any]) -> dict[str, str]:
    """Return the way to each text's face."""
    return {font["element"].rpartition("#")[2]: font["way"] for font in result["fonts"]}


def online() -> None:
    """All three are right."""
    result = render(write_named(), WORK / "named-frames")
    render(write_brought(), WORK / "brought-frames")
    compare(set(FILES))
    assert by_element(result) == {"Inter": "built-in", "SpaceMono": "built-in", "Fraunces": "web"}
    assert result["warnings"] == []
    film = render(WORK / "named", WORK / "film.mp4")
    assert film["totalFrames"] == 3


def offline() -> None:
    """The format's own come from the cache; the web's is warned of."""
    result = render(write_named(), WORK / "named-frames")
    compare(set(FILES) - {"Fraunces"})
    ways = by_element(result)
    assert (ways["Inter"], ways["SpaceMono"]) == ("built-in", "built-in")
    service, fallback = result["warnings"]
    assert service.startswith("Fraunces: not looked up among the web's families"), service
    assert fallback.startswith("p#Fraunces: Fraunces is not there"), fallback


def untold() -> None:
    """Nothing was ever fetched: one warning for both families, with what to do."""
    os.environ["FANREEL_FONTS_DIR"] = str(WORK / "no-fonts")
    first, *_ = render(write_named(), WORK / "named-frames")["warnings"]
    assert first.startswith("Inter, Space Mono: not on this machine yet"), first
    assert "run `fanreel fonts fetch` once where the network is reached" in first
    compare(set())


if __name__ == "__main__":
    {"online": online, "offline": offline, "untold": untold}[sys.argv[1]]()
    say(f"{sys.argv[1]}: as it should be")
