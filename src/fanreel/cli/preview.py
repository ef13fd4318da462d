"""`fanreel preview`: watch a composition while it is made, in a browser."""

import sys
import threading
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from fanreel.cli.options import build_config, split_project, with_config_options
from fanreel.cli.render import Debug, Project, RootDir


@with_config_options
def preview(
    project: Project,
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Of 127.0.0.1; 0 takes a free one.")
    ] = 0,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in the browser; the default.")
    ] = True,
    output_dir: Annotated[
        Path, typer.Option(metavar="DIR", help="Takes videos and stills made on the page.")
    ] = Path(),
    root: RootDir = None,
    debug: Debug = False,  # noqa: ARG001 (read before parsing, where errors are told)
    config_fields: dict[str, Any],
) -> None:
    """Watch PROJECT in a browser while you make it; Ctrl-C ends."""
    project_dir, fields = split_project(project, config_fields)
    config = build_config(fields)
    from fanreel.preview import session  # noqa: PLC0415 (once the options are right)

    with session.preview(
        project_dir, config, output_dir=output_dir, root_dir=root, port=port
    ) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        if open_browser:
            webbrowser.open(server.url)
        threading.Event().wait()
