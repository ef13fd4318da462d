"""lint(): what a composition gets wrong, by file, line and element, with the way to mend it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.engine.engine import Engine
from fanreel.files.plan_dir import UsedFont
from fanreel.lint.findings import Finding


def lint(
    project_dir: Path | str,
    config: RenderConfig | None = None,
    *,
    root_dir: Path | str | None = None,
    on_fonts: Callable[[Sequence[UsedFont]], None] = lambda _fonts: None,
) -> list[Finding]:
    """
    Check a project against the format: its pages as text, then the composition in a browser.

    Both are done in a child process, which sees nothing of this one's environment.

    Args:
        project_dir: Only read.
        config: Entry file and variables to look at it with.
        root_dir: A folder around the project, up to which its files and links may lead; None: no
            further than the project.
        on_fonts: Told what the texts are drawn with, if the page can be opened.
    Returns:
        Findings by file and line, each once.
    Raises:
        AssetNotFound: There is no such project. Terminal.
        BrowserUnavailable: There is no Chromium. Terminal.
        BrowserCrashed: The child process was lost. Retryable.
    """
    result = Engine().lint(Path(project_dir), config or RenderConfig(), root_dir=root_dir)
    if result.fonts:
        on_fonts(result.fonts)
    return list(result.findings)
