"""plan(): a project and a configuration become a plan directory."""

from dataclasses import replace
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.engine.engine import Engine
from fanreel.results import PlanResult


def plan(
    project_dir: Path | str,
    config: RenderConfig,
    plan_dir: Path | str,
    *,
    root_dir: Path | str | None = None,
) -> PlanResult:
    """
    Plan a render that chunk workers can carry out without network, anywhere and in any order.

    The page is opened and its media are decoded in a child process, which sees nothing of this
    one's environment.

    Args:
        project_dir: Folder with the composition; only read.
        config: What to render.
        plan_dir: Directory to write; appears whole or not at all. An earlier plan there is
            replaced, anything else is left alone and refused.
        root_dir: A folder around the project, up to which its files and links may lead; None: no
            further than the project.
    Raises:
        FormatNotSupportedInDistributed: A GIF too large for one process of many; nothing is
            written. Terminal.
        InvalidConfig, InvalidComposition, InvalidVariables: As their names say. Terminal.
        AssetNotFound, FontFetchFailed, NotMedia, MediaUnreadable: A file is missing or not
            usable. Terminal.
        PlanTooLarge: Before or after the expensive stages; nothing is left. Terminal.
        CaptureTimeout, BrowserCrashed, DiskFull: Retryable.
    """
    plan_dir = Path(plan_dir)
    planned = Engine().plan(Path(project_dir), config, plan_dir, root_dir=root_dir)
    return replace(planned, plan_dir=plan_dir)
