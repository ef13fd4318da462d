"""A project's pages checked as text; what a browser finds in them is added."""

from collections.abc import Iterable
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.lint.findings import Finding, Severity
from fanreel.lint.planning_problems import Places, finding_of, is_told
from fanreel.lint.text_checks import check_page
from fanreel.markup.elements import Pages
from fanreel.problems import Problem


class TextLint:
    """
    What a project's pages get wrong as text; what a browser finds in them is added.

    Args:
        project_dir: Only read.
        entry_file: Its path in there.
    Attributes:
        findings: By file and line.
    """

    def __init__(self, project_dir: Path, entry_file: str) -> None:
        self._pages = Pages(project_dir, entry_file)
        self.findings = _sorted(
            finding
            for file, page in self._pages.by_file.items()
            for finding in check_page(project_dir, file, page)
        )

    def with_problems(
        self, problems: Iterable[Problem], severity: Severity, folder: Path, config: RenderConfig
    ) -> list[Finding]:
        """
        Return the findings and those *problems* that the text does not tell already.

        Args:
            problems: Found by planning.
            severity: Of all of them.
            folder: What was served to the browser; the project, or a folder around it.
            config: As it was planned with.
        """
        places = Places(self._pages, config.project_path, folder / config.project_path)
        told = list(self.findings)
        seen = [finding_of(problem, severity, places) for problem in problems]
        told += [finding for finding in seen if not is_told(finding, told)]
        return _sorted(told)


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.file, finding.line, finding.rule))
