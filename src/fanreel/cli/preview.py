"""`fanreel preview`: watch a composition while it is made, in a browser."""

import os
import sys
import tempfile
import threading
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from fanreel.cli.options import build_config, split_project, with_config_options
from fanreel.cli.render import Debug, Project, RootDir

# Besides what a child gets: how to open a browser, and where renders keep things.
_ALSO_PASSED_ON = ("FANREEL_", "XDG_", "DISPLAY", "XAUTHORITY", "WAYLAND_", "DBUS_", "BROWSER")
_BEGUN_ANEW = "FANREEL_PREVIEW_BEGUN_ANEW"


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
    _begin_anew()
    from fanreel.preview import session  # noqa: PLC0415 (PyAV and more, once the options are right)

    with session.preview(
        project_dir, config, output_dir=output_dir, root_dir=root, port=port
    ) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        if open_browser:
            webbrowser.open(server.url)
        threading.Event().wait()


def _begin_anew() -> None:
    """
    Start this process once more, without the caller's tokens in its environment.

    It decodes the project's media itself: a child a frame would be no real time.
    """
    if _BEGUN_ANEW in os.environ:
        return
    from fanreel.engine.environment import engine_environment  # noqa: PLC0415

    environ = engine_environment(os.environ, Path(tempfile.gettempdir()))
    environ |= {n: value for n, value in os.environ.items() if n.startswith(_ALSO_PASSED_ON)}
    sys.stdout.flush()
    command = [sys.executable, "-m", "fanreel", *sys.argv[1:]]
    os.execve(sys.executable, command, environ | {_BEGUN_ANEW: "1"})  # noqa: S606 (this program)
