"""A project's pages checked as text, then the composition in a browser; see `lint.linting`."""

from collections.abc import Sequence
from pathlib import Path

from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import session_spec
from fanreel.config import RenderConfig
from fanreel.errors import RenderError
from fanreel.files.plan_dir import UsedFont
from fanreel.files.project import open_project, within_root
from fanreel.inspection.locking import lock_config, padding_warnings
from fanreel.inspection.survey import survey
from fanreel.lint.findings import LintResult, Severity
from fanreel.lint.planning_problems import problems_told
from fanreel.lint.text_lint import TextLint
from fanreel.problems import Problem


def check_project(
    project_dir: Path, config: RenderConfig, root_dir: Path | None, temp_dir: Path
) -> LintResult:
    """Do as `lint()` does; *temp_dir* takes what is there only meanwhile."""
    folder, wide = within_root(project_dir, config, root_dir)
    text = TextLint(project_dir, config.entry_file)
    problems, severity, fonts = _look(folder, wide, temp_dir)
    findings = text.with_problems(problems, severity, folder, wide)
    return LintResult(findings=tuple(findings), fonts=fonts)


def _look(
    project_dir: Path, config: RenderConfig, temp_dir: Path
) -> tuple[Sequence[Problem], Severity, tuple[UsedFont, ...]]:
    """Open the composition in a browser; give what is wrong, how bad that is, and its fonts."""
    try:
        root = open_project(project_dir, config)
    except RenderError as error:
        return problems_told(error), "error", ()
    locked = lock_config(root, config, webgl=False)
    spec = session_spec(root.width, root.height, locked, driver="playwright")
    with PageSession(spec, temp_dir) as session:
        try:
            found = survey(project_dir, root, config, session, temp_dir)
        except RenderError as error:
            return problems_told(error), "error", ()
    return (*padding_warnings(locked), *found.warnings), "warning", found.fonts
