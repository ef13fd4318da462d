"""What lint finds."""

from dataclasses import dataclass
from typing import Literal

from fanreel.files.plan_dir import UsedFont

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend."""

    rule: str
    severity: Severity
    file: str
    """POSIX path relative to the project."""
    line: int
    """From 1: of the element; of the root or the script where nothing closer is known."""
    element: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LintResult:
    """What there is to say of a project."""

    findings: tuple[Finding, ...]
    """By file and line, each once."""
    fonts: tuple[UsedFont, ...]
    """What the texts are drawn with, if the page can be opened."""
