"""Messages in the words of the command line: `--fps 7` where Python and JSON say `fps = 7`."""

import re

from fanreel.cli.options import CONFIG_OPTIONS

_FLAGS = {
    re.sub(r"_(\w)", lambda letter: letter[1].upper(), option.field): option
    for option in CONFIG_OPTIONS
}
_NAMES = "|".join(sorted(map(re.escape, _FLAGS), key=len, reverse=True))
_COMPOUND = "|".join(name for name in _FLAGS if name.lower() != name)
# Most telling first: a value that was given, a switch to turn, a value to give, a bare name.
_GIVEN = re.compile(rf"\b({_NAMES})(?:\[\d\])? = ('[^']*'|[^\s:,;]+)")
_SWITCHED = re.compile(rf"\bset ({_COMPOUND}) to (true|false)\b")
_SET = re.compile(rf"\b(?:set )?({_COMPOUND}) (?:to )?'([^']*)'")
_BARE = re.compile(rf"\b({_COMPOUND})\b")


def in_options(message: str) -> str:
    """
    Return *message* with options in the place of the configuration's fields.

    >>> in_options("set failClosedFontFetch to false")
    'give --no-fail-closed-font-fetch'
    """
    message = _GIVEN.sub(lambda m: f"{_flag(m[1])} {m[2]}", message)
    message = _SWITCHED.sub(lambda m: f"give {_flag(m[1], on=m[2] == 'true')}", message)
    message = _SET.sub(lambda m: f"{_flag(m[1])} {m[2]}", message)
    return _BARE.sub(lambda m: _flag(m[1]), message)


def _flag(name: str, *, on: bool = True) -> str:
    option = _FLAGS[name]
    first, _, second = option.flag.partition("/")
    return first if on or not second else second
