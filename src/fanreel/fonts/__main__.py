"""
Fetch all families of the format: `python -m fanreel.fonts`, with the standard library only.

The same as `fanreel fonts fetch`, for where nothing else of fanreel is installed yet.
"""

import os
import sys

from fanreel.fonts.library import library
from fanreel.fonts.store import FontsUnavailable, font_store


def main() -> int:
    """Fetch what is missing; give the exit status."""
    store = font_store(os.environ)
    for family in library().families.values():
        if store.has(family):
            continue
        try:
            store.fetch(family)
        except FontsUnavailable as exc:
            sys.stderr.write(f"{family.name}: {exc}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
