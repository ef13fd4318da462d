"""`fanreel watch`: render again whenever the project changes."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanreel.cli.options import build_config, split_project, with_config_options
from fanreel.cli.progress import OnEvent, choose_style, showing
from fanreel.cli.render import Debug, Project, RootDir, tell_result
from fanreel.errors import BrowserUnavailable, RenderCancelled, RenderError

if TYPE_CHECKING:
    from fanreel.results import RenderEvent


@with_config_options
def watch(
    project: Project,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Its suffix is the format.")
    ],
    root: RootDir = None,
    debug: Debug = False,  # noqa: ARG001 (read before parsing, where errors are told)
    config_fields: dict[str, Any],
) -> None:
    """Render PROJECT, and again after each change; Ctrl-C ends."""
    project_dir, fields = split_project(project, config_fields)
    config = build_config(fields, output)
    from fanreel import local  # noqa: PLC0415 (Playwright and PyAV, once the options are right)
    from fanreel.preview.watching import Watcher  # noqa: PLC0415
    from fanreel.reporting.render_log import RenderLog  # noqa: PLC0415

    changed = threading.Event()
    with Watcher(root or project_dir, changed.set, _own(output)):
        while True:
            changed.clear()
            try:
                log = RenderLog()
                with showing(choose_style(as_json=False, quiet=False), log) as show:
                    on_event = _unless(changed, show)
                    result = local.render(
                        project_dir,
                        output,
                        config,
                        on_event=on_event,
                        root_dir=root,
                        keep_segments=True,
                        log=log,
                    )
                tell_result(result, log)
            except BrowserUnavailable:
                raise
            except RenderCancelled:
                sys.stderr.write("changed meanwhile; beginning anew\n")
            except RenderError as error:
                # A page is often broken for a while; the film before stays.
                sys.stderr.write(f"error[{error.code}]: {' '.join(str(error).split())}\n")
            sys.stdout.flush()
            changed.wait()


def _unless(changed: threading.Event, show: OnEvent) -> OnEvent:
    """Return what ends a render of files that have changed meanwhile, and else shows it."""

    def on_event(event: "RenderEvent") -> None:
        if changed.is_set():
            raise RenderCancelled
        show(event)

    return on_event


def _own(output: Path) -> Callable[[Path], bool]:
    """Return what tells the film, its frames and the picture of an error from sources."""
    place = output.resolve()
    ours = {place, place.with_name(f"{place.stem}.error.png")}
    return lambda file: file in ours or place in file.parents
