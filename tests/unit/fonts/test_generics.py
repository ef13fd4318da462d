"""Generic names at the head of a list, in served style sheets."""

import pytest

from fanreel.fonts.generics import lead_generics


@pytest.mark.parametrize(
    ("written", "served"),
    [
        ("p{font-family:sans-serif}", "p{font-family:fanreel-sans-serif, sans-serif}"),
        (
            "p { font-family: system-ui, Georgia, serif !important; }",
            "p { font-family: fanreel-system-ui, system-ui, Georgia, serif !important; }",
        ),
        ("p { font: 20px/1.2 monospace }", "p { font: 20px/1.2 fanreel-monospace, monospace }"),
        (":root { --x: ui-serif, serif }", ":root { --x: fanreel-ui-serif, ui-serif, serif }"),
        ("p { font: 1em SERIF }", "p { font: 1em fanreel-serif, SERIF }"),
    ],
)
def test_a_generic_name_that_comes_first_gets_its_alias(written: str, served: str) -> None:
    """In the property, the shorthand, and a custom property that holds nothing else."""
    assert lead_generics(written.encode()).decode() == served
    assert lead_generics(served.encode()).decode() == served


@pytest.mark.parametrize(
    "sheet",
    [
        'p { font-family: "No Such Face", sans-serif }',
        "p { font-family: Inter, sans-serif }",
        "p { font: 20px Inter, sans-serif }",
        '/* font-family: serif; */ p::before { content: "font-family: serif;" }',
        "p { font-family: sans-serif-like; my-font: serif; -x-font-family: serif }",
        "@font-palette-values --a { font-family: Inter }",
        "p { background: url(font-family:serif;) }",
    ],
)
def test_everything_else_stays_as_it_is(sheet: str) -> None:
    """Names before it, comments, strings, addresses, other words."""
    assert lead_generics(sheet.encode()).decode() == sheet
