"""Which frames scale something, so that a transparent one of them is shown once more."""

from typing import Any

import pytest

CHANGED = "__fanreel.sizes.changed()"
# From frame 10 to 20 of 30 a second.
STYLE = """<style>
  p, .host { width: 40px; height: 20px; }
  .before::before { content: ""; position: absolute; }
  .moved, .before::before { animation: moved calc(1s / 3) linear calc(1s / 3) both; }
  @keyframes moved { from { %s } to { %s } }
</style>"""
SCALES = ("transform: scale(0.5)", "transform: scale(1)")
SHADOW = """<div class="host"></div><script>
  const inner = document.querySelector(".host").attachShadow({ mode: "closed" });
  inner.innerHTML = "<style>p { animation: moved calc(1s / 3) linear calc(1s / 3) both; }" +
    "@keyframes moved { from { transform: scale(0.5) } to { transform: scale(1) } }</style><p></p>";
</script>"""


def composition(content: str, keyframes: tuple[str, str] = SCALES) -> str:
    """Return *content* in a composition in which the class `moved` is moved by *keyframes*."""
    return (
        STYLE % keyframes + f'<main data-composition-id="main" data-duration="1">{content}</main>'
    )


@pytest.mark.parametrize(
    ("content", "keyframes"),
    [
        ('<p class="moved"></p>', SCALES),
        ('<p class="moved"></p>', ("scale: 0.5", "scale: 1")),
        ('<p class="moved"></p>', ("transform: skewX(0)", "transform: skewX(40deg)")),
        (
            '<p class="moved"></p>',
            (
                "transform: perspective(99px) translateZ(0)",
                "transform: perspective(99px) translateZ(40px)",
            ),
        ),
        ('<p class="before"></p>', SCALES),
        ("<svg><g class='moved'><rect width='9' height='9'/></g></svg>", SCALES),
        (SHADOW, SCALES),
    ],
    ids=["transform", "scale", "skewed", "in space", "pseudo", "svg", "shadow"],
)
def test_what_is_scaled_is_told(player: Any, content: str, keyframes: tuple[str, str]) -> None:
    """While it is, and not where it stands; the first frame has nothing to be compared with."""
    player.open(composition(content, keyframes))
    seen = player.trace([0, 1, 9, 12, 15, 18, 25, 26], CHANGED)
    assert seen == [True, False, False, True, True, True, True, False]


@pytest.mark.parametrize(
    "keyframes",
    [
        ("transform: none", "transform: translate(90px, 7.5px)"),
        ("transform: rotate(0)", "transform: rotate(300deg)"),
        ("opacity: 0", "opacity: 1"),
        ("width: 40px", "width: 90px"),
    ],
    ids=["moved", "turned", "faded", "laid out"],
)
def test_what_keeps_its_size_takes_no_picture_more(player: Any, keyframes: tuple[str, str]) -> None:
    """It is drawn as it is with the first, or as it was."""
    player.open(composition('<p class="moved"></p>', keyframes))
    player.at(11, CHANGED)
    assert player.trace([12, 15, 18], CHANGED) == [False] * 3


def test_a_page_of_very_many_elements_is_not_looked_through(player: Any) -> None:
    """That would take as long as the picture that is spared."""
    player.open(composition("<b></b>" * 2500))
    assert player.trace([0, 1, 2], CHANGED) == [True] * 3
