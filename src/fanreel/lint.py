"""lint(): what a composition gets wrong, by file, line and element, with the way to mend it."""

import json
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

from fanreel.config import RenderConfig
from fanreel.errors import RenderError
from fanreel.outline import project_pages
from fanreel.planning import lock_config
from fanreel.project import open_project
from fanreel.staging import stage_spec

_TIME = re.compile(r"\s*(\d+(\.\d*)?|\.\d+|[A-Za-z_][\w-]*(\s*[+-]\s*(\d+(\.\d*)?|\.\d+))?)\s*")
_NUMBER = r"\s*(\d+(\.\d*)?|\.\d+)"
_NUMBERS = ("data-duration", "data-media-start", "data-playback-start", "data-fps")
_JSON = ("data-variable-values", "data-composition-variables")
_MEDIA = frozenset({"video", "audio"})
# Attributes that name a file the element cannot do without.
_FILES = {
    "script": ("src",),
    "img": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "source": ("src",),
    "iframe": ("src",),
    "link": ("href",),
}
_OUTSIDE = re.compile(r"(https?:)?//", re.IGNORECASE)
_ENDLESS = re.compile(r"\brepeat\s*:\s*-1\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend."""

    rule: str
    severity: Literal["error", "warning"]
    file: str
    """POSIX path relative to the project."""
    line: int
    """From 1; 0 when the browser found it and the file does not say where."""
    element: str
    message: str
    fix: str


def lint(project_dir: Path | str, config: RenderConfig | None = None) -> list[Finding]:
    """
    Check a project against the format: its pages as text, then the composition in a browser.

    Args:
        project_dir: Only read.
        config: Entry file and variables to look at it with.
    Returns:
        Findings by file and line; no browser is started where the text has errors already.
    Raises:
        AssetNotFound: There is no such project. Terminal.
        BrowserUnavailable: There is no Chromium. Terminal.
    """
    project_dir, config = Path(project_dir), config or RenderConfig()
    findings = [found for page in project_pages(project_dir) for found in _lint(project_dir, page)]
    if not any(finding.severity == "error" for finding in findings):
        findings += _lint_in_browser(project_dir, config, findings)
    return sorted(findings, key=lambda finding: (finding.file, finding.line, finding.rule))


@dataclass(frozen=True, slots=True)
class _Element:
    tag: str
    attributes: Mapping[str, str]
    line: int

    @property
    def name(self) -> str:
        """As a selector, for people."""
        identity = self.attributes.get("id")
        classes = "".join(f".{word}" for word in self.attributes.get("class", "").split()[:2])
        return f"{self.tag}#{identity}" if identity else f"{self.tag}{classes}"


@dataclass
class _Page(HTMLParser):
    elements: list[_Element] = field(default_factory=list)
    scripts: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in reversed(attrs)}
        self.elements.append(_Element(tag, attributes, self.getpos()[0]))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1].tag == "script" and data.strip():
            self.scripts.append((self.getpos()[0], data))


def _lint(project_dir: Path, path: Path) -> Iterator[Finding]:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8", errors="replace"))
    page.close()
    file = path.relative_to(project_dir).as_posix()
    seen: dict[str, int] = {}
    for element in page.elements:
        for rule, severity, message, fix in _checks(project_dir, path, element, seen):
            yield Finding(
                rule=rule,
                severity=severity,
                file=file,
                line=element.line,
                element=element.name,
                message=message,
                fix=fix,
            )
    for line, text in page.scripts:
        for match in _ENDLESS.finditer(text):
            yield Finding(
                rule="endless-timeline",
                severity="warning",
                file=file,
                line=line + text[: match.start()].count("\n"),
                element="script",
                message="repeat: -1 makes a timeline without an end",
                fix="repeat often enough for the composition's length, e.g. Math.ceil(10 / 2) - 1",
            )


_Problem = tuple[str, Literal["error", "warning"], str, str]


def _checks(
    project_dir: Path, path: Path, element: _Element, seen: dict[str, int]
) -> Iterator[_Problem]:
    yield from _check_timing(element)
    yield from _check_json(element)
    yield from _check_files(project_dir, path, element)
    identity = element.attributes.get("id")
    if identity and seen.setdefault(identity, element.line) != element.line:
        yield (
            "duplicate-id",
            "warning",
            f"the id {identity!r} is also that of line {seen[identity]}",
            f'give each element its own id; data-start="{identity}" means the first',
        )


def _check_timing(element: _Element) -> Iterator[_Problem]:
    attributes = element.attributes
    start = attributes.get("data-start")
    if start is not None and not _TIME.fullmatch(start):
        yield (
            "bad-time",
            "error",
            f"data-start={start!r} is neither seconds nor an expression",
            'write seconds (2.5), an id (intro), or an id and an offset ("intro + 0.5")',
        )
    is_root = "data-composition-id" in attributes and "data-composition-src" not in attributes
    for name in _NUMBERS:
        value = attributes.get(name)
        # A root may write a unit, as it is read for rendering; clips may not.
        unit = r"\s*(s|px)?" if is_root else ""
        if value is not None and not re.fullmatch(rf"{_NUMBER}{unit}\s*", value):
            yield (
                "bad-number",
                "error",
                f"{name}={value!r} is not a number from 0",
                "write plain digits, as in 5 or 7.5, without a unit",
            )
    is_clip = start is not None and "data-composition-id" not in attributes
    if is_clip and element.tag not in _MEDIA and "clip" not in attributes.get("class", "").split():
        yield (
            "clip-class",
            "warning",
            'a timed element without class="clip" is always visible',
            'add class="clip"',
        )
    lane = attributes.get("data-track-index")
    if lane is not None and not re.fullmatch(r"\s*-?\d+\s*", lane):
        yield ("bad-lane", "warning", f"data-track-index={lane!r} is no whole number", "write 0, 1")


def _check_json(element: _Element) -> Iterator[_Problem]:
    for name in _JSON:
        value = element.attributes.get(name)
        if value is None:
            continue
        try:
            json.loads(value)
        except ValueError as exc:
            yield (
                "bad-json",
                "error",
                f"{name} is not JSON: {exc}",
                "put the attribute in single quotes and the JSON's names and texts in double ones",
            )


def _check_files(project_dir: Path, path: Path, element: _Element) -> Iterator[_Problem]:
    # Nested pages are mounted into the entry page, so their paths start at the project's root.
    bases = (path.parent, project_dir)
    names = {name: element.attributes.get(name) for name in _FILES.get(element.tag, ())}
    if element.tag == "link" and "stylesheet" not in element.attributes.get("rel", ""):
        names = {}
    names["data-composition-src"] = element.attributes.get("data-composition-src")
    for name, url in names.items():
        if not url or url.startswith(("data:", "blob:", "#", "about:", "{")):
            continue
        if _OUTSIDE.match(url):
            yield (
                "outside-file",
                "warning",
                f"{name}={url!r} is fetched from the network when planning",
                "put the file into the project, so that a render needs no network",
            )
            continue
        local = urllib.parse.unquote(urllib.parse.urlsplit(url).path).removeprefix("/")
        if local and not any((base / local).is_file() for base in bases):
            yield (
                "missing-file",
                "error",
                f"{name}={url!r}: there is no such file in the project",
                "add the file, or correct the path (from the project's root)",
            )


def _lint_in_browser(
    project_dir: Path, config: RenderConfig, known: list[Finding]
) -> Iterator[Finding]:
    # A browser is needed only here; linting text stays quick.
    from fanreel.capture.stage import Stage  # noqa: PLC0415
    from fanreel.survey import survey  # noqa: PLC0415
    from fanreel.work_dir import open_work_dir  # noqa: PLC0415

    def finding(message: str, rule: str, severity: Literal["error", "warning"]) -> Finding:
        element, _, rest = message.partition(": ")
        named = bool(rest) and " " not in element
        return Finding(
            rule=rule,
            severity=severity,
            file=config.entry_file,
            line=0,
            element=element if named else "",
            message=rest if named else message,
            fix="see the message",
        )

    try:
        root = open_project(project_dir, config)
        spec = stage_spec(root.width, root.height, lock_config(root, config, webgl=False))
        with open_work_dir() as work_dir, Stage(spec, work_dir) as stage:
            found = survey(project_dir, root, config, stage, work_dir)
    except RenderError as error:
        problems = error.facts.get("problems") or [error.message]
        for message in problems:
            yield finding(str(message), error.code.lower().replace("_", "-"), "error")
        return
    told = {item.message for item in known}
    for message in found.warnings:
        if message not in told:
            yield finding(message, "browser", "warning")
