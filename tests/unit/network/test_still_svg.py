"""SVG images lose what would move them, and nothing else."""

from fanreel.network.still_svg import still_svg

PAUSED = b"<style>*,::before,::after{animation-play-state:paused!important}</style>"


def test_smil_elements_become_descriptions() -> None:
    """With and without a prefix, empty or with children."""
    moving = b"<svg><g><animate a='1'/><s:set></s:set><animateMotion><mpath/></animateMotion></g>"
    still = b"<svg><g><desc a='1'/><s:desc></s:desc><desc><mpath/></desc></g>"
    assert still_svg(moving) == still


def test_style_sheets_are_paused() -> None:
    """Right after the root's tag, whatever its attributes hold."""
    rest = b"<style>@keyframes x{}</style></svg>"
    root = b"<?xml version='1.0'?><svg aria-label='a > b'>"
    assert still_svg(root + rest) == root + PAUSED + rest


def test_still_images_stay_as_they_are() -> None:
    """Also where a name only begins like that of an animation."""
    still = b"<svg><settings/><animated/></svg>"
    assert still_svg(still) == still
