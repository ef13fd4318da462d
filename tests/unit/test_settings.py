"""Fields of the configuration in messages are data beside the message."""

import ast
import re
from pathlib import Path

import fanreel
from fanreel.config import RenderConfig
from fanreel.settings import given, settings_of

SOURCE = Path(fanreel.__file__).parent
COMPOUND = {
    str(field.alias) for name, field in RenderConfig.model_fields.items() if field.alias != name
}
"""What is no word of its own: `entryFile`, but not `width`."""


def texts_of(path: Path) -> list[str]:
    """Return the texts in a module, f-strings in pieces, without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    apart = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in apart
    ]


def test_no_text_names_a_field_but_as_a_setting() -> None:
    """A name stands alone in the code, where it becomes a `Setting`, never in a sentence."""
    within = re.compile(rf"\b({'|'.join(COMPOUND)})\b")
    found = {
        (path.relative_to(SOURCE).as_posix(), text)
        for path in SOURCE.rglob("*.py")
        for text in texts_of(path)
        if within.search(text) and text not in COMPOUND
    }
    assert found == set()


def test_facts_that_are_no_settings_are_left_out() -> None:
    """They come from a child that strangers' code may have taken over, or from another version."""
    good = given("crf", "20")
    odd = ["crf", {"said": "crf"}, {**good, "value": 20}]
    assert settings_of({"settings": [good, *odd]}) == [good]
    assert settings_of({"settings": "crf"}) == []
    assert settings_of({}) == []
