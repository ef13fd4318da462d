"""
The fonts by name in a plan: `compiled/fonts.json` and files in `compiled/fonts/`.

Like all artifacts they are covered by the plan's hash, so a worker needs neither the network nor
fonts of its machine for them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fanreel.errors import MissingPlanArtifact
from fanreel.files.plan_dir import FONTS, FONTS_DIR
from fanreel.files.plan_reading import write_json
from fanreel.fonts.supply import FONT_TYPE, NOT_THERE, OWN_PATH, FrozenFonts, font_config
from fanreel.network.answering import Reply


def freeze_fonts(fonts: FrozenFonts, plan_dir: Path) -> None:
    """Write *fonts* into a plan; nothing where texts ask for none of ours."""
    if not fonts.faces:
        return
    write_json(plan_dir / FONTS, {"faces": fonts.faces, "used": fonts.used})
    for name, body in fonts.files.items():
        path = plan_dir / FONTS_DIR / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


class PlannedFonts:
    """
    What the pages of a plan are given.

    Args:
        plan_dir: Verified.
        on_missing: Told of a file that a page asks for and the plan does not hold.
    Raises:
        MissingPlanArtifact: Its list is not whole. Retryable.
    """

    def __init__(self, plan_dir: Path, on_missing: Callable[[str], None]) -> None:
        self._plan_dir, self._on_missing = plan_dir, on_missing
        self._faces: list[list[str]] = []
        self._used: list[str] = []
        if (plan_dir / FONTS).exists():
            try:
                listed = json.loads((plan_dir / FONTS).read_bytes())
                self._faces, self._used = listed["faces"], listed["used"]
            except (OSError, ValueError, KeyError, TypeError) as exc:
                raise MissingPlanArtifact(
                    f"{FONTS} is not a list of faces; fetch the plan again", path=FONTS
                ) from exc

    def page_config(self) -> dict[str, Any]:
        """Return the part of the page's configuration that is about fonts."""
        files = {name: self._path(name).read_bytes() for name in self._used}
        return font_config(self._faces, files, None)

    def reply(self, path: str) -> Reply | None:
        """Answer a page's request below `/__fanreel__/`; None for what is no face."""
        if not path.startswith(OWN_PATH):
            return None
        name = path.removeprefix(OWN_PATH)
        if name in {face[-1] for face in self._faces} and self._path(name).is_file():
            return 200, FONT_TYPE, self._path(name).read_bytes()
        self._on_missing(f"the font file {name}")
        return NOT_THERE

    def _path(self, name: str) -> Path:
        return self._plan_dir / FONTS_DIR / Path(name).name
