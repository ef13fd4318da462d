"""Warnings about fonts: one for what is the same about several elements."""

import pytest

from fanreel.errors import InvalidComposition
from fanreel.files.plan_dir import UsedFont
from fanreel.inspection.font_report import check_fonts

GENERIC = frozenset({"sans-serif"})


def mixed(element: str, *, emoji: bool = False, families: tuple[str, ...] = ("Mono",)) -> UsedFont:
    """Return a text that the page's font draws a part of."""
    return UsedFont(
        element=element,
        families=families,
        web_fonts=("Mono Bold",),
        system_fonts=("Noto Sans CJK JP",),
        declared="Mono",
        emoji=emoji,
    )


def test_elements_with_one_fallback_share_a_warning() -> None:
    """The first five are named."""
    fonts = [mixed(f"p#{number}") for number in range(7)]
    [warning] = check_fonts(fonts, GENERIC, reject_system=False)
    assert warning.subject == "p#0"
    assert str(warning).startswith("p#0, p#1, p#2, p#3, p#4 and 2 more: Mono did not load or lacks")
    with pytest.raises(InvalidComposition, match="p#0 asks for Mono") as caught:
        check_fonts(fonts, GENERIC, reject_system=True)
    assert "Noto Sans CJK JP beside Mono Bold and 2 more; ship" in caught.value.message
    assert len(caught.value.facts["problems"]) == 7


def test_a_text_without_a_family_is_not_warned_of_one() -> None:
    """Nobody named `serif`, so nothing that was named is not there."""
    assert check_fonts([mixed("h1", families=())], frozenset(), reject_system=False) == []


def test_what_is_asked_for_is_no_fallback() -> None:
    """A family is the same however it is written; emoji are not warned about."""
    fonts = [mixed("a", families=("Mono", "noto sans cjk jp")), mixed("b", emoji=True)]
    assert check_fonts(fonts, GENERIC, reject_system=False) == []
