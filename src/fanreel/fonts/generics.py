"""Lists of families that begin with a generic name, in style sheets as they are served."""

import functools
import re

from fanreel.fonts.library import ALIAS_PREFIX, library


def lead_generics(sheet: bytes) -> bytes:
    """
    Put the alias of a generic name before it wherever a list of families begins with one.

    page/generics.js does this for all other styles; a sheet that is linked has come, and a script
    may have measured text, before the page hears of it.
    """
    return _pattern().sub(_led, sheet)


def _led(match: re.Match[bytes]) -> bytes:
    if match["name"] is None:
        return match[0]
    alias = ALIAS_PREFIX.encode() + match["name"].lower()
    return match["before"] + alias + b", " + match["name"]


@functools.cache
def _pattern() -> re.Pattern[bytes]:
    names = "|".join(sorted(map(re.escape, library().generics), key=len, reverse=True))
    # Comments, strings and addresses are passed over. In the shorthand the size comes before the
    # families, and nothing before it has a comma.
    return re.compile(
        rb"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|url\([^)]*\)"
        rb"|(?P<before>(?<![\w-])(?:font-family|--[\w-]+)\s*:\s*"
        rb"|(?<![\w-])font\s*:\s*[^;{}\"',]*\d[^;{}\"',]*\s)"
        rb"(?P<name>" + names.encode() + rb")(?=\s*(?:[,;}!]|$))",
        re.IGNORECASE | re.DOTALL,
    )
