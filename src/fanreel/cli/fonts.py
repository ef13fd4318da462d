"""`fanreel fonts`: the format's families on this machine: list them, fetch them, prune them."""

import json
import os
import sys
from typing import Annotated

import typer

from fanreel.cli.render import AsJson
from fanreel.errors import InvalidConfig

fonts_app = typer.Typer(
    name="fonts",
    help="The format's font families on this machine.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@fonts_app.command("list")
def list_fonts(*, as_json: AsJson = False) -> None:
    """List the families, which are here, and what each stands in for."""
    from fanreel.fonts.library import library  # noqa: PLC0415 (only this command reads the table)
    from fanreel.fonts.store import font_store  # noqa: PLC0415

    store = font_store(os.environ)
    known = library()
    for family in known.families.values():
        names = sorted(name for name in known.names if _draws(name, family.name))
        if as_json:
            facts = {
                "family": family.name,
                "package": family.package,
                "version": family.version,
                "here": store.has(family),
                "standsInFor": names,
            }
            sys.stdout.write(json.dumps(facts) + "\n")
            continue
        state = "here   " if store.has(family) else "missing"
        also = f"  for {', '.join(names)}" if names else ""
        sys.stdout.write(f"{state}  {family.name:<17}{also}\n")
    if not as_json:
        sys.stderr.write(f"in {store.directory}\n")


def _draws(name: str, family: str) -> bool:
    from fanreel.fonts.library import library  # noqa: PLC0415

    return library().ways[name.casefold()] == ("substitute", family)


@fonts_app.command("fetch")
def fetch_fonts(
    families: Annotated[
        list[str] | None, typer.Argument(metavar="[FAMILY]...", help="By default all.")
    ] = None,
    *,
    again: Annotated[bool, typer.Option("--again", help="Also what is here already.")] = False,
) -> None:
    """Fetch families from the npm registry, so that renders need no network for them."""
    from fanreel.doctor.installing import fetch_families  # noqa: PLC0415
    from fanreel.fonts.library import library  # noqa: PLC0415

    known = library()
    chosen = list(known.families)
    if families:
        found = {name: known.find(name) for name in families}
        if unknown := [name for name, family in found.items() if family is None]:
            raise InvalidConfig(
                f"{', '.join(unknown)}: no family of the format, nor a name that one stands in "
                "for; `fanreel fonts list` shows them"
            )
        chosen = sorted({family[1].name for family in found.values() if family is not None})
    fetch_families(_say, chosen, again=again)


@fonts_app.command("prune")
def prune_fonts() -> None:
    """Remove what no family of this version needs any more."""
    from fanreel.fonts.library import library  # noqa: PLC0415
    from fanreel.fonts.store import font_store  # noqa: PLC0415

    for path in font_store(os.environ).prune(library().families):
        sys.stderr.write(f"removed {path.name}\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
