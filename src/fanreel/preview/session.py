"""preview(): everything that a preview needs, opened together."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.engine.warm import keep_warm
from fanreel.files.project import open_project
from fanreel.files.work_dir import open_work_dir
from fanreel.preview.actions import Actions
from fanreel.preview.previewed import PreviewedProject
from fanreel.preview.server import Bell, PreviewServer
from fanreel.preview.watching import Watcher


@contextlib.contextmanager
def preview(
    project_dir: Path,
    config: RenderConfig,
    *,
    output_dir: Path,
    root_dir: Path | None = None,
    port: int = 0,
) -> Iterator[PreviewServer]:
    """
    Serve the preview of a project until the block ends.

    Args:
        project_dir: Folder with the composition; only read, and watched.
        config: Variables, rate and the like to begin with.
        output_dir: Takes the videos and stills that are asked for on the page.
        root_dir: As `render()` takes it.
        port: On 127.0.0.1; 0 takes a free one.
    Raises:
        AssetNotFound: There is no such project. Terminal.
        InvalidConfig: The port is taken. Terminal.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(keep_warm())
        bell = Bell()
        work_dir = stack.enter_context(open_work_dir())
        project = PreviewedProject(project_dir, config, root_dir, work_dir, bell.ring)
        open_project(*project.folder)
        stack.enter_context(project)
        actions = Actions(project, output_dir, bell.ring)
        stack.callback(actions.close)
        stack.enter_context(Watcher(project.folder[0], project.touch, actions.made))
        yield stack.enter_context(PreviewServer(project, actions, bell, port))
