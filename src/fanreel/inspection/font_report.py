"""Which font each kind of text really shows, and whether that was asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from fanreel.capture.page_session import PageSession
from fanreel.errors import InvalidComposition
from fanreel.files.plan_dir import UsedFont
from fanreel.fonts.library import Way, library
from fanreel.problems import Problem, as_facts
from fanreel.settings import switched

Faces = tuple[tuple[str, ...], tuple[str, ...]]
"""Families that glyphs were drawn with: shipped with the page, and found on this machine."""

_MOST_NAMES = 5
_INSTANCES = frozenset({"Thin", "ExtraLight", "Light", "Regular"})


def used_fonts(
    session: PageSession,
    described: Sequence[Mapping[str, Any]],
    way_of: Callable[[str], Way | None],
) -> tuple[UsedFont, ...]:
    """
    Ask Chromium what the texts of a composition are drawn with.

    Each kind of text is asked about at once, and only where the machine draws what the page brings
    a font for, each element that brought characters of its own.

    Args:
        session: An open composition; its page is not to be photographed any more.
        described: `fonts` of `PageSession.describe()`.
        way_of: Tells how a name that the composition brings no font for is drawn.
    """
    kinds = _ask(session, [(place, None) for place in range(len(described))])
    parts = [
        (place, part)
        for place, item in enumerate(described)
        if kinds[place][1] and item["declared"] is not None and not item["emoji"]
        for part in range(len(item["parts"]))
    ]
    apart: dict[int, list[tuple[str, Faces]]] = {}
    for (place, part), faces in zip(parts, _ask(session, parts), strict=True):
        apart.setdefault(place, []).append((described[place]["parts"][part], faces))
    return tuple(
        UsedFont(
            element=element,
            families=tuple(item["families"]),
            web_fonts=web,
            system_fonts=system,
            declared=item["declared"],
            emoji=item["emoji"],
            way=_way(item, way_of) if web else "system",
        )
        for place, item in enumerate(described)
        for element, (web, system) in _told_apart(
            apart.get(place, [(item["element"], kinds[place])])
        )
    )


def _way(item: Mapping[str, Any], way_of: Callable[[str], Way | None]) -> Way | Literal["project"]:
    """Tell what gives the face of a text that the machine does not draw alone."""
    if item["led"]:
        return "generic"
    return way_of(item["declared"] or "") or "project"


def _told_apart(drawn: Iterable[tuple[str, Faces]]) -> Iterable[tuple[str, Faces]]:
    """Leave out what says nothing new; for all that the page's fonts draw one element stands."""
    found: dict[tuple[str, Faces], tuple[str, Faces]] = {}
    for element, faces in drawn:
        found.setdefault((element if faces[1] else "", faces), (element, faces))
    return found.values()


def _ask(session: PageSession, asked: Sequence[tuple[int, int | None]]) -> list[Faces]:
    if not asked:
        return []
    return [
        (
            tuple(sorted({_name(face) for face in faces if face["isCustomFont"]})),
            tuple(sorted({face["familyName"] for face in faces if not face["isCustomFont"]})),
        )
        for faces in session.page.platform_fonts(asked)
    ]


def _name(face: Mapping[str, Any]) -> str:
    """Name a face by its family; a variable one may be named for its lightest weight."""
    name = str(face["familyName"])
    family, _, instance = name.rpartition(" ")
    return family if instance in _INSTANCES and family in library().families else name


def check_fonts(
    fonts: Iterable[UsedFont], generic: frozenset[str], *, reject_system: bool
) -> list[Problem]:
    """
    Return a warning for each silent fallback.

    Emoji, and texts that name what they are drawn with, or nothing but generic families, have none.

    Args:
        fonts: As `used_fonts()` found them.
        generic: Families that are no promise of a certain face, such as `sans-serif`.
        reject_system: Faces of the machine are errors, all of them.
    Raises:
        InvalidComposition: With *reject_system*, naming element and family. Terminal.
    """
    if reject_system:
        problems = [
            Problem(
                rule="font-fallback",
                subject=font.element,
                message=f"{font.element} asks for {', '.join(font.families)} and is drawn with "
                f"the system font {', '.join(font.system_fonts)}{_beside(font)}",
            )
            for font in fonts
            if font.system_fonts
        ]
        if problems:
            fallback = switched("rejectOnSystemFonts", on=False)
            raise InvalidComposition(
                f"{_first_of(list(map(str, problems)), '; ')}; "
                f"ship the font with the project by @font-face, or {fallback['said']}",
                settings=[fallback],
                **as_facts(problems),
            )
    return _by_element((font.element, _fallback(font, generic)) for font in fonts)


def _by_element(said: Iterable[tuple[str, str | None]]) -> list[Problem]:
    """Say what is the same about several elements once, naming the first of them."""
    elements: dict[str, list[str]] = {}
    for element, text in said:
        if text is not None:
            elements.setdefault(text, []).append(element)
    return [
        Problem(
            rule="font-fallback", element=_first_of(names, ", "), subject=names[0], message=text
        )
        for text, names in elements.items()
    ]


def _first_of(texts: Sequence[str], separator: str) -> str:
    """Join the first of *texts*, and say how many more there are."""
    more = len(texts) - _MOST_NAMES
    return separator.join(texts[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _fallback(font: UsedFont, generic: frozenset[str]) -> str | None:
    # A text that names no family gets what the machine has, and nothing else was asked for.
    if font.emoji or not font.families:
        return None
    first = font.families[0]
    drawn = {name.casefold() for name in (*font.system_fonts, *font.web_fonts)}
    is_there = first.casefold() in generic | drawn or first == font.declared
    if not is_there:
        others = ", ".join(font.web_fonts + font.system_fonts)
        return (
            f"{first} is not there, the text is drawn with {others}; ship the font with the "
            "project by @font-face"
        )
    if font.declared is None or not font.system_fonts:
        return None
    asked = {name.casefold() for name in font.families}
    strange = [name for name in font.system_fonts if name.casefold() not in asked]
    if not strange:
        return None
    return (
        f"{font.declared} did not load or lacks characters of the text, drawn with the "
        f"system font {', '.join(strange)}{_beside(font)}; ship a font that has them"
    )


def _beside(font: UsedFont) -> str:
    return f" beside {', '.join(font.web_fonts)}" if font.web_fonts else ""
