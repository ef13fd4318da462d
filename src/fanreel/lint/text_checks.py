"""What a page gets wrong as text: each check, with its message and the way to mend it."""

import json
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from fanreel.files.project import parse_data_fps
from fanreel.lint.findings import Finding, Severity
from fanreel.markup.elements import Element, Page, read_page

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
_ENDLESS = re.compile(r"\brepeat\s*:\s*-1\b")


def check_page(project_dir: Path, file: str, page: Page) -> Iterator[Finding]:
    """Yield what is wrong with a page of the project, as it is written."""
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


_Problem = tuple[str, Severity, str, str]


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
    track = attributes.get("data-track-index")
    if track is not None and not re.fullmatch(r"\s*-?\d+\s*", track):
        message = f"data-track-index={track!r} is no whole number"
        yield "bad-track", "warning", message, "write 0, 1"


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
