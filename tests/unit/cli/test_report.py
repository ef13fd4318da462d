"""Results in words and as JSON."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from fanreel.cli.report import duration_in_words, result_json, size_in_words
from fanreel.files.plan_dir import UsedFont


@dataclass(frozen=True, kw_only=True)
class _Result:
    output_path: Path
    fps: Fraction
    stages: dict[str, float]
    warnings: tuple[str, ...]
    size_bytes: int | None = None
    fonts: tuple[UsedFont, ...] = ()


def test_a_result_is_camel_case_json() -> None:
    """Paths and rationals become text, fonts objects; the rest stays."""
    result = _Result(
        output_path=Path("a/b.mp4"),
        fps=Fraction(30000, 1001),
        stages={"plan": 1.5},
        warnings=("x",),
        fonts=(UsedFont(element="p", families=("Mono",), web_fonts=("Mono",), system_fonts=()),),
    )
    assert result_json(result) == {
        "outputPath": "a/b.mp4",
        "fps": "30000/1001",
        "stages": {"plan": 1.5},
        "warnings": ["x"],
        "sizeBytes": None,
        "fonts": [
            {
                "element": "p",
                "families": ["Mono"],
                "webFonts": ["Mono"],
                "systemFonts": [],
                "declared": None,
                "emoji": False,
                "way": "system",
            }
        ],
    }


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (4_200_000, "4.2 MB"), (5e9, "5.0 GB")],
)
def test_sizes_have_units(size_bytes: int, words: str) -> None:
    """Decimal units, as file managers show them."""
    assert size_in_words(size_bytes) == words


@pytest.mark.parametrize(
    ("duration_s", "words"), [(0, "0.0 s"), (9.96, "10.0 s"), (59.97, "1:00.0"), (92.34, "1:32.3")]
)
def test_durations_have_minutes(duration_s: float, words: str) -> None:
    """Rounded before they are split, so there are never 60 seconds."""
    assert duration_in_words(duration_s) == words
