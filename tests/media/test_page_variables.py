"""Composition variables: declarations, precedence, bindings, scoping, strictness."""

from pathlib import Path
from typing import Any

import pytest

COMPOSITIONS = Path(__file__).parent.parent / "compositions"
COLOR = "id => getComputedStyle(document.getElementById(id)).color"
TEXT = "id => document.getElementById(id).innerHTML"


def test_bindings_are_in_place_before_scripts_run(player: Any) -> None:
    """Texts, sources and custom properties hold the values when the first script looks."""
    player.open(COMPOSITIONS / "variables-bindings", root="/site/", variables={"title": "Given"})
    page = player.page
    assert page.evaluate("[inHead, ...atScript]") == ["Given", "Given", "rgb(0, 128, 0)"]
    texts = {id_: page.evaluate(TEXT, id_) for id_ in ("title", "mixed", "number", "unknown")}
    assert texts == {
        "title": "Given",
        "mixed": "Given<b>kept</b>",
        "number": "3",
        "unknown": "stays",
    }
    assert page.evaluate("document.getElementById('picture').getAttribute('src')") == "images/a.svg"
    # An undeclared variable leaves what is written.
    assert page.evaluate("document.querySelector('source').getAttribute('src')") == "film.mp4"


def test_every_scalar_is_a_custom_property(player: Any) -> None:
    """As --hf-var-<slug>, as --<slug> and by the id itself; a value wins over the style sheet."""
    player.open(
        COMPOSITIONS / "variables-bindings", root="/site/", variables={"accent": "rgb(7, 7, 7)"}
    )
    page = player.page
    colors = {id_: page.evaluate(COLOR, id_) for id_ in ("tinted", "themed", "named", "free")}
    assert colors == {
        "tinted": "rgb(0, 128, 0)",
        "themed": "rgb(7, 7, 7)",
        "named": "rgb(7, 7, 7)",
        "free": "rgb(8, 8, 8)",
    }
    boxes = """["box", "slug"].map((id) => document.getElementById(id).offsetWidth)"""
    assert page.evaluate(boxes) == [120, 120]
    assert "Liberation Mono" in page.evaluate("getComputedStyle(box).fontFamily")


def test_scripts_read_resolved_values(player: Any) -> None:
    """getVariables() gives defaults under what the caller gave; __hfVariables only the latter."""
    player.open(
        COMPOSITIONS / "variables-bindings", root="/site/", variables={"count": 5, "extra": True}
    )
    values = player.page.evaluate("window.__hyperframes.getVariables()")
    assert values == {
        "title": "Hello",
        "count": 5,
        "tint": "rgb(0, 128, 0)",
        "accent": "rgb(9, 9, 9)",
        "brand": "rgb(8, 8, 8)",
        "boxWidth": "120px",
        "featured": False,
        "plan": "pro",
        "face": "Liberation Mono",
        "picture": {"url": "images/a.svg"},
        "extra": True,
    }
    assert player.page.evaluate("window.__hfVariables") == {"count": 5, "extra": True}


def test_each_instance_has_its_own_values(player: Any) -> None:
    """Default < host's values; the page's variables do not reach a nested composition."""
    player.open(COMPOSITIONS / "variables-nested", root="/site/", variables={"title": "Given"})
    page = player.page
    titles = "[...document.querySelectorAll('.title')].map(e => e.textContent)"
    assert page.evaluate(titles) == ["Given", "Pro", "Card", "Inline"]
    colors = "[...document.querySelectorAll('.tinted')].map(e => getComputedStyle(e).color)"
    assert page.evaluate(colors) == [f"rgb({v}, {v}, {v})" for v in (1, 2, 3, 4)]
    scripts = "[...document.querySelectorAll('.script')].map(e => e.textContent)"
    assert page.evaluate(scripts) == [
        'Pro {"title":"Pro","tint":"rgb(2, 2, 2)"}',
        'Card {"title":"Card","tint":"rgb(3, 3, 3)"}',
    ]


DECLARED = """[
  {"id": "s", "type": "string", "default": ""}, {"id": "n", "type": "number", "default": 0},
  {"id": "c", "type": "color", "default": "red"}, {"id": "b", "type": "boolean", "default": true},
  {"id": "e", "type": "enum", "default": "x", "options": [{"value": "x"}, {"value": "y"}]},
  {"id": "f", "type": "font", "default": "Inter"}, {"id": "i", "type": "image", "default": ""}
]"""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"s": "", "n": -1.5, "c": "#0af", "b": False, "e": "y"}, {}),
        ({"f": {"family": "Inter"}, "i": {"url": "a.png"}, "c": "oklch(0.5 0.1 20)"}, {}),
        ({"s": 1, "n": "1", "b": "true"}, {"s": "string", "n": "number", "b": "boolean"}),
        ({"c": "reddish", "e": "z"}, {"c": "color (a CSS colour)", "e": 'one of ["x","y"]'}),
        ({"f": 1, "i": [], "s": None}, {"f": "font", "i": "image", "s": "string"}),
        ({"other": 1}, {"other": "a declared variable"}),
    ],
)
def test_values_are_checked(player: Any, values: dict[str, Any], expected: dict[str, str]) -> None:
    """check() names what is undeclared or of another type, and says what was expected."""
    root = f"<div data-composition-id='m' data-composition-variables='{DECLARED}'></div>"
    player.open(root, variables=values)
    found = player.page.evaluate("__fanreel.checkVariables()")
    assert {item["variable"]: item["expected"] for item in found} == expected
    for item in found:
        assert item["value"] == values[item["variable"]]
        assert f"'{item['variable']}'" in item["message"]


def test_declarations_and_hosts_are_checked(player: Any, tmp_path: Path) -> None:
    """Malformed JSON, unknown types, wrong defaults, and values of a host, each named."""
    (tmp_path / "index.html").write_text(
        """<!doctype html><div data-composition-id="main" data-composition-variables='[{"id": "a",
        "type": "text", "default": ""}, {"id": "n", "type": "number", "default": "many"},
        {"type": "string"}]'>
        <div data-composition-src="n.html" data-variable-values='{"b": 1}' data-start="0"></div>
        <div data-composition-src="n.html" data-variable-values='{b: 1}' data-start="0"></div>
        </div>""",
        encoding="utf-8",
    )
    (tmp_path / "n.html").write_text(
        """<div data-composition-id="nested" data-composition-variables="nothing"></div>""",
        encoding="utf-8",
    )
    player.open(tmp_path, root="/site/")
    messages = "\n".join(
        item["message"] for item in player.page.evaluate("__fanreel.checkVariables()")
    )
    for fact in (
        "variable 'a' of composition 'main' has the unknown type \"text\"",
        "the default of variable 'n' in composition 'main' must be number, not \"many\"",
        "a variable declared by composition 'main' has no id",
        "data-composition-variables of composition 'nested' is not JSON",
        "data-variable-values of composition 'nested' is not JSON",
        "variable 'b' (given by data-variable-values of composition 'nested') is not declared",
    ):
        assert fact in messages


def test_elements_added_later_are_bound_once(player: Any) -> None:
    """A binding fills an element when it appears; what scripts write into it then stays."""
    player.open(
        """<div data-composition-id="m" data-composition-variables='[{"id": "t", "type": "string",
          "default": "value"}]'><p id="early" data-var-text="t"></p></div>
          <script>early.textContent = "changed"</script>"""
    )
    page = player.page
    page.evaluate("early.insertAdjacentHTML('afterend', '<p id=late data-var-text=t></p>')")
    assert page.evaluate("[early.textContent, late.textContent]") == ["changed", "value"]
