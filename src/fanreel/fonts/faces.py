"""Faces as style sheets declare them, by `@font-face`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FACE = re.compile(r"@font-face\s*\{([^}]*)\}", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DESCRIPTOR = re.compile(r"([\w-]+)\s*:\s*((?:url\([^)]*\)|\"[^\"]*\"|'[^']*'|[^;])*)")
_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)[\"']?\s*\)\s*(?:format\(\s*[\"']?([\w-]+))?")
_WOFF2 = "woff2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One face of a family: a file, the style it has, and the characters it is for."""

    style: str
    """As the CSS descriptor: `normal`, `italic`, `oblique 0deg 10deg`."""
    weight: str
    """`400`, or `100 900` of a variable face."""
    stretch: str
    unicode_range: str
    url: str
    """As written: relative in a package, absolute on the web."""


def parse_faces(sheet: str) -> Iterator[Face]:
    """Yield the faces of *sheet* that come as WOFF 2, in its order."""
    for match in _FACE.finditer(_COMMENT.sub("", sheet)):
        values = {name.lower(): value.strip() for name, value in _DESCRIPTOR.findall(match[1])}
        urls = [
            url
            for url, form in _URL.findall(values.get("src", ""))
            if form.startswith(_WOFF2) or (not form and url.endswith(_WOFF2))
        ]
        if urls:
            yield Face(
                style=values.get("font-style", "normal"),
                weight=values.get("font-weight", "400"),
                stretch=values.get("font-stretch", "normal"),
                unicode_range=values.get("unicode-range", "U+0-10FFFF"),
                url=urls[0],
            )
