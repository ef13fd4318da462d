"""Which font each kind of text really shows, and whether that was asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fanreel.capture.stage import Stage
from fanreel.errors import InvalidComposition
from fanreel.plan_dir import UsedFont


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A face that Chromium drew glyphs with, as DevTools tells."""

    family: str
    is_web_font: bool
    """Came with the page, so it is the same on every machine."""
    glyphs: int


def used_fonts(stage: Stage, described: Sequence[Mapping[str, Any]]) -> tuple[UsedFont, ...]:
    """
    Ask Chromium what the texts on stage are drawn with.

    Args:
        stage: An open composition.
        described: `fonts` of `Stage.describe()`.
    """
    found = []
    for item in described:
        faces = [
            Face(family=f["familyName"], is_web_font=f["isCustomFont"], glyphs=f["glyphCount"])
            for f in stage.platform_fonts(f'[data-fanreel-font="{item["key"]}"]')
        ]
        found.append(
            UsedFont(
                element=item["element"],
                families=tuple(item["families"]),
                web_fonts=tuple(sorted({f.family for f in faces if f.is_web_font})),
                system_fonts=tuple(sorted({f.family for f in faces if not f.is_web_font})),
            )
        )
    return tuple(found)


def check_fonts(
    fonts: Iterable[UsedFont], generic: frozenset[str], *, reject_system: bool
) -> list[str]:
    """
    Give a warning for each silent fallback.

    Args:
        fonts: As `used_fonts()` found them.
        generic: Families that are no promise of a certain face, such as `sans-serif`.
        reject_system: Faces of the machine are errors.
    Raises:
        InvalidComposition: With *reject_system*, naming element and family. Terminal.
    """
    if reject_system:
        problems = [
            f"{font.element} asks for {', '.join(font.families)} and is drawn with the system font "
            f"{', '.join(font.system_fonts)}"
            for font in fonts
            if font.system_fonts
        ]
        if problems:
            raise InvalidComposition(
                f"{'; '.join(problems)}; ship the font with the project by @font-face, or set "
                "rejectOnSystemFonts to false",
                problems=problems,
            )
    return [
        f"{font.element}: {font.families[0]} is not there, the text is drawn with "
        f"{', '.join(font.system_fonts)}; ship the font with the project by @font-face"
        for font in fonts
        if font.system_fonts
        and font.families
        and font.families[0].lower() not in generic
        and font.families[0] not in font.system_fonts
        and not font.web_fonts
    ]
