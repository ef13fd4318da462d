"""
Where fanreel keeps files between its runs: a folder that is named, or one in the user's cache.

Only of the standard library, and of nothing else here: `python -m fanreel.fonts` runs with these
two alone while the image is built.
"""

import os
from collections.abc import Mapping
from pathlib import Path

_OFF = frozenset({"off", "none", "false", "0"})


def home_dir(environ: Mapping[str, str]) -> Path:
    """Return the home of whoever runs this, from the system's list where *environ* has none."""
    return Path(environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 (raises nothing)


def cache_dir(environ: Mapping[str, str], name: str) -> Path:
    """Return fanreel's folder *name* in this user's cache; it may not be there yet."""
    named = environ.get("XDG_CACHE_HOME", "").strip()
    return Path(named or home_dir(environ) / ".cache") / "fanreel" / name


def fonts_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder of the format's families, by default in this user's cache."""
    named = environ.get("FANREEL_FONTS_DIR", "").strip()
    return Path(named) if named else cache_dir(environ, "fonts")


def is_off(text: str) -> bool:
    """Tell whether a variable's value switches off what it is about."""
    return text.strip().lower() in _OFF


def kept_dir(environ: Mapping[str, str], variable: str, default: Path | None) -> Path | None:
    """Return the folder that *variable* names, else *default*; None: it is switched off."""
    named = environ.get(variable, "").strip()
    if is_off(named):
        return None
    return Path(named) if named else default
