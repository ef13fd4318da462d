"""`fanreel lambda sites create | ls | rm`: projects uploaded once and rendered often."""

from pathlib import Path
from typing import Annotated

import typer

from fanreel.cli.lambda_target import CloudTarget, stack_command
from fanreel.cli.render import RootDir
from fanreel.cli.report import size_in_words

sites_app = typer.Typer(help="Upload projects, list and delete them.", no_args_is_help=True)


@stack_command(sites_app, "create")
def create(
    target: CloudTarget,
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.")],
    *,
    site_name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Leads to this upload from now on, under one URI."),
    ] = None,
    root: RootDir = None,
) -> None:
    """Upload a project; files that are there already are not sent again."""
    site = target.client().deploy_site(project, root_dir=root, name=site_name)
    target.say(f"{site.uploaded} files uploaded, {site.skipped} there already")
    for name in site.ignored:
        target.say(f"left out: {name}")
    target.answer(_facts(site), site.uri, f"{size_in_words(site.size_bytes)}, id {site.site_id}")


@stack_command(sites_app, "ls")
def ls(target: CloudTarget) -> None:
    """List uploaded projects, newest first."""
    sites = target.client().list_sites()
    target.answer(
        [_facts(site) for site in sites],
        *(f"{site.modified:%Y-%m-%d %H:%M:%S} {site.uri}" for site in sites),
    )


@stack_command(sites_app, "rm")
def rm(
    target: CloudTarget,
    site_id: Annotated[str, typer.Argument(metavar="SITE", help="The site's id or name.")],
) -> None:
    """Delete an uploaded project, and the files that no other one shares."""
    deleted = target.client().delete_site(site_id)
    target.answer({"deleted": deleted}, f"{deleted} objects deleted")


def _facts(site: object) -> dict[str, object]:
    names = ("site_id", "name", "uri", "uploaded", "skipped", "ignored", "size_bytes", "modified")
    return {name: getattr(site, name) for name in names}
