"""What planning says of a composition, as findings: where it is written, and whether it is new."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fanreel.errors import RenderError
from fanreel.lint.findings import Finding, Severity
from fanreel.lint.rules import RULE_OF_CODE, RULES
from fanreel.markup.elements import Pages, Spot
from fanreel.problems import Problem, problems_of


def is_told(finding: Finding, known: Iterable[Finding]) -> bool:
    """Tell if the text alone gave the same reason to look at this element."""
    return any(
        (other.file, other.line, other.element) == (finding.file, finding.line, finding.element)
        and (other.rule == finding.rule or other.severity == finding.severity == "error")
        for other in known
    )


def problems_told(error: RenderError) -> list[Problem]:
    """Return what an error tells of, one by one."""
    if details := problems_of(error):
        return details
    default = RULE_OF_CODE.get(error.code, error.code.lower().replace("_", "-"))
    facts = {"rule": default} | error.facts
    items = facts.get("missing") or [{"message": error.message} | facts]
    return [_problem(item) for item in items]


def _problem(item: Mapping[str, Any]) -> Problem:
    names = [str(item[name]) for name in ("path", "url") if item.get(name)]
    return Problem(
        rule=item["rule"],
        message=item["message"],
        subject=item.get("element"),
        file=item.get("file"),
        line=item.get("line"),
        names=tuple(names),
    )


def finding_of(problem: Problem, severity: Severity, places: "Places") -> Finding:
    """Return a problem as a finding, at its place, with the way to mend it."""
    spot = places.of(problem)
    return Finding(
        rule=problem.rule,
        severity=severity,
        file=spot.file,
        line=spot.line,
        element=spot.element,
        message=str(problem),
        fix=RULES.get(problem.rule, "change what it names"),
    )


class Places:
    """Where in the files what the planner speaks of is written."""

    def __init__(self, pages: Pages, project_path: str, project_dir: Path) -> None:
        self._pages, self._project_dir = pages, project_dir
        self._prefix = f"{project_path}/" if project_path else ""

    def of(self, problem: Problem) -> Spot:
        """Return the place of the code, the element or the file that a problem is about."""
        return (
            self._code_spot(problem)
            or self._reference_spot(problem)
            or self._element_spot(problem)
            or self._pages.root_spot()
        )

    def _own(self, file: str) -> str:
        """Name a file of the folder served, or of this machine, as the project does."""
        path = Path(file)
        if path.is_absolute() and path.is_relative_to(self._project_dir):
            return path.relative_to(self._project_dir).as_posix()
        return file.removeprefix(self._prefix)

    def _code_spot(self, problem: Problem) -> Spot | None:
        if problem.rule != "script-threw" or problem.file is None:
            return None
        return self._pages.script_spot(self._own(problem.file), problem.line)

    def _reference_spot(self, problem: Problem) -> Spot | None:
        if problem.subject is None or problem.file is None or problem.line is None:
            return None
        return Spot(self._own(problem.file), problem.line, problem.subject)

    def _element_spot(self, problem: Problem) -> Spot | None:
        if written := problem.written:
            file = None if written.file is None else self._own(written.file)
            return self._pages.spot_of(file, written.tag, written.attributes, written.nth)
        names = [self._own(name) for name in problem.names]
        selector = problem.subject or problem.element
        return self._pages.search(selector, names, problem.composition)
