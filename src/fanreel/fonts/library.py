"""The format's families, and who stands in for whom; see library.toml."""

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Way = Literal["built-in", "substitute", "web", "generic"]
"""How a name that the composition brings no font for comes to a face."""

ALIAS_PREFIX = "fanreel-"
"""A generic name with this before it is a family of its own; page/generics.js writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family of the format: a pinned package and the style sheets in it that count."""

    name: str
    package: str
    """Its name in the npm registry."""
    version: str
    integrity: str
    """`sha512-` and base64, of the package's archive, as the registry publishes it."""
    sheets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """All that is known of names."""

    families: Mapping[str, Family]
    """By name."""
    ways: Mapping[str, tuple[Way, str]]
    """From a name in lower case to its way and the family it is drawn with."""
    names: frozenset[str]
    """Of families and substitutes, as they are usually written."""
    generics: Mapping[str, str]
    """From a generic name, as it is written, to the family that draws it."""

    def find(self, name: str) -> tuple[Way, Family] | None:
        """Return how *name* is drawn, and with which family; None for a name nobody knows."""
        found = self.ways.get(name.casefold())
        return None if found is None else (found[0], self.families[found[1]])


@functools.cache
def library() -> Library:
    """Read the table that comes with this package."""
    table = importlib.resources.files(__name__.rpartition(".")[0]).joinpath("library.toml")
    data = tomllib.loads(table.read_text(encoding="utf-8"))
    families = {
        name: Family(
            name=name,
            package=entry["package"],
            version=entry["version"],
            integrity=entry["integrity"],
            sheets=tuple(entry["sheets"]),
        )
        for name, entry in data["families"].items()
    }
    ways: dict[str, tuple[Way, str]] = {
        f"{ALIAS_PREFIX}{generic}".casefold(): ("generic", name)
        for generic, name in data["generics"].items()
    }
    for name, others in data["substitutes"].items():
        ways |= {other.casefold(): ("substitute", name) for other in others}
    ways |= {name.casefold(): ("built-in", name) for name in families}
    substitutes = [name for names in data["substitutes"].values() for name in names]
    return Library(
        families=families,
        ways=ways,
        names=frozenset([*families, *substitutes]),
        generics=data["generics"],
    )
