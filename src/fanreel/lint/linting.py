"""lint(): what a composition gets wrong, by file, line and element, with the way to mend it."""

import contextlib
import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fanreel.capture.session_specs import session_spec
from fanreel.config import RenderConfig
from fanreel.errors import RenderError
from fanreel.files.plan_dir import UsedFont
from fanreel.files.project import open_project, parse_data_fps, within_root
from fanreel.inspection.locking import lock_config, padding_warnings
from fanreel.lint.rules import rule_of
from fanreel.markup.elements import Element, Page, Pages, Spot, read_page
from fanreel.network.site import ORIGIN

if TYPE_CHECKING:
    from fanreel.capture.page_session import PageSession

# Seconds, or the id of a clip and an offset; an id holds no `+`, and may hold a `-`.
_TIME = re.compile(
    r"\s*(\d+(\.\d*)?|\.\d+|[^\W\d][\w.:-]*((\s*\+|\s+-)\s*(\d+(\.\d*)?|\.\d+))?)\s*"
)
_NUMBER = r"\s*(\d+(\.\d*)?|\.\d+)"
_NUMBERS = ("data-duration", "data-media-start", "data-playback-start")
_JSON = ("data-variable-values", "data-composition-variables")
_COMPOSITION = frozenset({"data-composition-id", "data-composition-src"})
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
_THREW = "the page's scripts threw: "
_FRAME = re.compile(rf"{re.escape(ORIGIN)}/(?P<file>[^\s()]+?):(?P<line>\d+):\d+")
_NESTED_SCRIPT = re.compile(
    r"(?:^|: )(?:script |module )?(?P<file>[^\s:]+\.\w+): (?:\w*Error: |threw )"
    r"(?:.*\(line (?P<line>\d+)\)$)?"
)
_ENDLESS = re.compile(r"\brepeat\s*:\s*-1\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend."""

    rule: str
    severity: Literal["error", "warning"]
    file: str
    """POSIX path relative to the project."""
    line: int
    """From 1: of the element; of the root or the script where nothing closer is known."""
    element: str
    message: str
    fix: str


def lint(
    project_dir: Path | str,
    config: RenderConfig | None = None,
    *,
    root_dir: Path | str | None = None,
    on_fonts: Callable[[Sequence[UsedFont]], None] = lambda _fonts: None,
) -> list[Finding]:
    """
    Check a project against the format: its pages as text, then the composition in a browser.

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
    """
    project_dir, config = Path(project_dir), config or RenderConfig()
    folder, wide = within_root(project_dir, config, root_dir)
    pages = Pages(project_dir, config.entry_file)
    findings = [f for file, page in pages.by_file.items() for f in _lint(project_dir, file, page)]
    seen = _lint_in_browser(folder, wide, pages, on_fonts)
    findings += [finding for finding in seen if not _is_told(finding, findings)]
    return sorted(findings, key=lambda finding: (finding.file, finding.line, finding.rule))


def _lint(project_dir: Path, file: str, page: Page) -> Iterator[Finding]:
    path = project_dir / file
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
    project_dir: Path, path: Path, element: Element, seen: dict[str, int]
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


def _check_timing(element: Element) -> Iterator[_Problem]:
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
    yield from _check_rate(attributes.get("data-fps", ""))
    is_clip = start is not None and not _COMPOSITION & attributes.keys()
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


def _check_rate(text: str) -> Iterator[_Problem]:
    try:
        if text.strip():
            parse_data_fps(text)
    except ValueError as exc:
        fix = 'write frames per second, as in data-fps="30" or data-fps="30000/1001"'
        yield "bad-number", "error", f"data-fps={text!r}: {exc}", fix


def _check_json(element: Element) -> Iterator[_Problem]:
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


def _check_files(project_dir: Path, path: Path, element: Element) -> Iterator[_Problem]:
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
        found = next((base / local for base in bases if (base / local).is_file()), None)
        if local and found is None:
            yield (
                "missing-file",
                "error",
                f"{name}={url!r}: there is no such file in the project",
                "add the file, or correct the path (from the project's root)",
            )
        elif found and name == "data-composition-src" and not read_page(found).elements:
            yield (
                "empty-composition",
                "warning",
                f"{name}={url!r}: the file is empty, so nothing is shown",
                "write the composition as a <template>, or take this element away",
            )


def _is_told(finding: Finding, known: Iterable[Finding]) -> bool:
    """Tell if the text alone gave the same reason to look at this element."""
    return any(
        (other.file, other.line, other.element) == (finding.file, finding.line, finding.element)
        and (other.rule == finding.rule or other.severity == finding.severity == "error")
        for other in known
    )


def _lint_in_browser(
    project_dir: Path,
    config: RenderConfig,
    pages: Pages,
    on_fonts: Callable[[Sequence[UsedFont]], None],
) -> list[Finding]:
    # A browser is needed only here.
    from fanreel.capture.page_session import PageSession  # noqa: PLC0415
    from fanreel.files.work_dir import open_work_dir  # noqa: PLC0415
    from fanreel.inspection.survey import survey  # noqa: PLC0415

    try:
        root = open_project(project_dir, config)
    except RenderError as error:
        return [_finding(error.message, "error", pages.root_spot(), error)]
    locked = lock_config(root, config, webgl=False)
    spec = session_spec(root.width, root.height, locked, driver="playwright")
    with open_work_dir() as work_dir, PageSession(spec, work_dir) as session:
        try:
            found = survey(project_dir, root, config, session, work_dir)
        except RenderError as error:
            if missing := error.facts.get("missing"):
                return [_missing(item, config, error, pages) for item in missing]
            places = _Places(session, pages, project_dir / config.project_path, config.project_path)
            messages = map(str, error.facts.get("problems") or [error.message])
            return [_finding(text, "error", places.of(text, error), error) for text in messages]
        places = _Places(session, pages, project_dir / config.project_path, config.project_path)
    on_fonts(found.fonts)
    padding = [_finding(text, "warning", pages.root_spot()) for text in padding_warnings(locked)]
    return padding + [_finding(text, "warning", places.of(text)) for text in found.warnings]


def _missing(
    item: Mapping[str, Any], config: RenderConfig, error: RenderError, pages: Pages
) -> Finding:
    """Give the finding of one missing file; its place is not repeated in the message."""
    message = item["message"]
    if "file" not in item:
        return _finding(message, "error", pages.search(message), error)
    prefix = f"{config.project_path}/" if config.project_path else ""
    message = message.removeprefix(f"{item['file']}:{item['line']}: ")
    spot = Spot(item["file"].removeprefix(prefix), item["line"], item["element"])
    return _finding(message, "error", spot, error)


def _finding(
    message: str,
    severity: Literal["error", "warning"],
    spot: Spot,
    error: RenderError | None = None,
) -> Finding:
    rule = rule_of(message)
    told = message.rpartition("; ")[2] if "; " in message else ""
    code = error.code.lower().replace("_", "-") if error else "composition"
    return Finding(
        rule=rule.name if rule else code,
        severity=severity,
        file=spot.file,
        line=spot.line,
        element=spot.element,
        message=message,
        fix=rule.fix if rule else told or (error and error.__doc__) or "change what it names",
    )


class _Places:
    """Where in the files what the planner's page speaks of is written."""

    def __init__(
        self, session: "PageSession", pages: Pages, project_dir: Path, project_path: str
    ) -> None:
        self._pages, self._project_dir = pages, project_dir
        self._prefix = f"{project_path}/" if project_path else ""
        self._stacks = dict(session.events.uncaught)
        self._places: dict[str, Mapping[str, Any]] = {}
        with contextlib.suppress(RenderError):  # a page that broke down names nothing
            self._places = {item["message"]: item for item in session.describe()["places"]}

    def of(self, message: str, error: RenderError | None = None) -> Spot:
        """Give the place of the code or element that *message* is about."""
        place = self._places.get(message)
        spot = self._script_spot(message)
        if spot is None and place:
            where = {k: v for k, v in place.items() if k != "message"}
            where["file"] = where["file"] and where["file"].removeprefix(self._prefix)
            spot = self._pages.spot_of(**where)
        if spot is None:
            path = Path(str(error.facts.get("path", ""))) if error else Path()
            if path.is_absolute() and path.is_relative_to(self._project_dir):
                path = path.relative_to(self._project_dir)
            spot = self._pages.search(f"{message} {path.as_posix()}")
        return spot

    def _script_spot(self, message: str) -> Spot | None:
        stack = self._stacks.get(message.removeprefix(_THREW))
        if stack is not None and (match := _FRAME.search(stack)):
            file = urllib.parse.unquote(match["file"]).partition("?")[0]
            return self._pages.script_spot(file.removeprefix(self._prefix), int(match["line"]))
        if match := _NESTED_SCRIPT.search(message):
            line = int(match["line"]) if match["line"] else None
            return self._pages.script_spot(match["file"].removeprefix(self._prefix), line)
        return None
