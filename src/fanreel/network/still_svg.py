"""SVG images as still pictures: inside an image no script can set their time."""

import re

# As `desc` an element may stand anywhere and shows nothing.
_SMIL = re.compile(rb"<(/?(?:\w+:)?)(?:animate|animateTransform|animateMotion|set)(?=[\s/>])")
_ROOT = re.compile(rb"<((?:\w+:)?)svg\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*?(?<!/)>")
_PAUSED = b"*,::before,::after{animation-play-state:paused!important}"


def still_svg(text: bytes) -> bytes:
    """
    Return an SVG document that shows its first picture for ever.

    Chromium would move it by the wall clock, and no two renders would be alike.
    """
    text = _SMIL.sub(rb"<\1desc", text)
    root = _ROOT.search(text) if b"@keyframes" in text else None
    if root is None:
        return text
    name = root[1] + b"style"
    return (
        text[: root.end()] + b"<" + name + b">" + _PAUSED + b"</" + name + b">" + text[root.end() :]
    )
