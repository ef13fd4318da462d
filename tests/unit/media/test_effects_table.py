"""docs/sound.md lists every effect as it is."""

from pathlib import Path

import pytest

from fanreel.media.sound.effects.registry import KINDS, Dial, Switch

DOCS = Path(__file__).parents[3] / "docs" / "sound.md"


def cell(name: str, knob: Dial | Switch) -> str:
    """Return a knob as the table has it; what lanes may move is in italics."""
    if isinstance(knob, Switch):
        return f"`{name}` {' '.join(f'`{word}`' for word in knob.words)} (`{knob.default}`)"
    written = f"*`{name}`*" if knob.moves else f"`{name}`"
    return f"{written} {knob.low:g} to {knob.high:g} ({knob.default:g})"


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_has_every_effect(kind: str) -> None:
    """With each setting's range and default."""
    cells = ", ".join(cell(name, knob) for name, knob in KINDS[kind].knobs.items())
    assert f"| `{kind}` | {cells} |" in DOCS.read_text(encoding="utf-8").splitlines()


def test_the_table_has_no_other() -> None:
    """An effect that is gone leaves the page too."""
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    head = lines.index("| effect | settings: range (default) |")
    names = [line.split("`")[1] for line in lines[head + 2 : head + 2 + len(KINDS)]]
    assert names == list(KINDS)
    assert lines[head + 2 + len(KINDS)] == ""
