"""A project on disk, before any browser: its entry file and what its root element declares."""

import contextlib
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from fanreel.config import RenderConfig
from fanreel.errors import AssetNotFound, InvalidComposition, InvalidConfig
from fanreel.files.html import PageParser
from fanreel.files.scene import scene_page
from fanreel.settings import given
from fanreel.timing.frame_rate import parse_frame_rate

DEFAULT_FPS = Fraction(30)
MAX_SIDE_PX = 16384
"""Chromium's largest texture, and more than any of the encoders take."""
MAX_TOTAL_FRAMES = 10_000_000

_FPS_DENOMINATOR = 1001
_SHOWN = 40  # characters of a wrong value that a message repeats
# As many digits as numbers have that anybody means; Python refuses to read thousands of them.
_NUMBER = re.compile(r"\s*[+]?(\d{1,15}(\.\d{0,100})?|\.\d{1,100})\s*(px|s)?\s*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """What the root element says in the file, whatever scripts do to it later."""

    composition_id: str
    width: int
    """CSS pixels."""
    height: int
    duration_s: Fraction | None
    fps: Fraction | None


def open_project(project_dir: Path, config: RenderConfig) -> Root:
    """
    Find the entry file and read its root element.

    Raises:
        AssetNotFound: No such project, or no entry file in it. Terminal.
        InvalidConfig: The entry file lies outside the project. Terminal.
        InvalidComposition: No root element, or its numbers are not usable. Terminal.
    """
    entry = project_dir / config.entry_path
    try:
        if not project_dir.is_dir():
            raise AssetNotFound(
                f"{project_dir} is not a directory; give the folder that holds {config.entry_file}",
                path=str(project_dir),
                rule="no-entry",
            )
        if not entry.resolve().is_relative_to(project_dir.resolve()):
            outside = given("entryFile", repr(config.entry_file))
            raise InvalidConfig(
                f"{outside['said']}: allowed: a file of the project", settings=[outside]
            )
        text = entry.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError as exc:
        raise AssetNotFound(
            f"{project_dir} holds no {config.entry_file}; name another page as the entry file",
            path=str(entry),
            rule="no-entry",
        ) from exc
    except (OSError, RuntimeError) as exc:  # RuntimeError: symlinks that go round in a circle
        why = getattr(exc, "strerror", None) or exc
        raise AssetNotFound(
            f"cannot read {entry}: {why}", path=str(entry), rule="no-entry"
        ) from exc
    return parse_root(scene_page(text), config.entry_path)


def within_root(
    project_dir: Path, config: RenderConfig, root_dir: Path | str | None
) -> tuple[Path, RenderConfig]:
    """
    Return folder and configuration of a project that may use files up to *root_dir*.

    Raises:
        InvalidConfig: *root_dir* does not hold the project. Terminal.
    """
    if root_dir is None:
        return project_dir, config
    root, project = Path(root_dir).resolve(), project_dir.resolve()
    if not project.is_relative_to(root):
        raise InvalidConfig(
            f"rootDir = {str(root_dir)!r}: allowed: a folder that holds the project {project}"
        )
    return root, config.replace(project_path=project.relative_to(root).as_posix())


def parse_root(html: str, entry_file: str) -> Root:
    """
    Read the root element: the first with `data-composition-id`.

    Raises:
        InvalidComposition: As in `open_project()`. Terminal.
    """
    finder = _RootFinder()
    with contextlib.suppress(_Found):
        finder.feed(html)
        finder.close()
    attributes = finder.attributes
    if attributes is None:
        raise InvalidComposition(
            f"{entry_file} has no element with data-composition-id; the root is written "
            '<div data-composition-id="main" data-width="1920" data-height="1080" '
            'data-duration="5">',
            rule="no-root",
        )
    return Root(
        composition_id=attributes["data-composition-id"] or "",
        width=_side(attributes, "data-width", entry_file),
        height=_side(attributes, "data-height", entry_file),
        duration_s=_number(attributes, "data-duration", entry_file),
        fps=_fps(attributes, entry_file),
    )


def output_fps(root: Root, config: RenderConfig) -> Fraction:
    """
    Return the frame rate: the caller's, else the composition's, else 30, of every nth frame.

    Raises:
        InvalidConfig: Less than one frame a second is left. Terminal.
    """
    fps = config.fps or root.fps or DEFAULT_FPS
    left = fps / config.every_nth_frame
    if left < 1:
        kept = given("everyNthFrame", str(config.every_nth_frame))
        raise InvalidConfig(
            f"{kept['said']}: at {fps} frames/s allowed: at most {int(fps)}, which leaves one a "
            "second",
            settings=[kept],
        )
    return left


def parse_data_fps(text: str) -> Fraction:
    """
    Return the rate of a `data-fps`, which may be a decimal too.

    Raises:
        ValueError: It is none; says what is allowed.
    """
    if decimal := _NUMBER.fullmatch(text):
        # 23.976023976 is 24000/1001: what a decimal stands for is the nearest of these.
        return parse_frame_rate(Fraction(decimal[1]).limit_denominator(_FPS_DENOMINATOR))
    return parse_frame_rate(text)


class _Found(Exception):
    """Stops the parser: what follows the root may be megabytes."""


class _RootFinder(PageParser):
    """Keeps the attributes of the first element that carries `data-composition-id`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.attributes: dict[str, str | None] | None = None
        self._templates = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "template":
            self._templates += 1
        found = dict(reversed(attrs))  # browsers take an attribute's first value
        if not self._templates and "data-composition-id" in found:
            self.attributes = found
            raise _Found

    def handle_endtag(self, tag: str) -> None:
        if tag == "template" and self._templates:
            self._templates -= 1


def _number(attributes: dict[str, str | None], name: str, entry_file: str) -> Fraction | None:
    text = attributes.get(name)
    if text is None or not text.strip():
        return None
    match = _NUMBER.fullmatch(text)
    value = Fraction(match.group(1)) if match else Fraction(0)
    if value <= 0:
        raise InvalidComposition(
            f"{entry_file}: the root's {name}={text!r} is not a positive number; "
            "write it as in 5 or 7.5",
            attribute=name,
            value=text,
            rule="bad-number",
        )
    return value


def _fps(attributes: dict[str, str | None], entry_file: str) -> Fraction | None:
    text = attributes.get("data-fps")
    if text is None or not text.strip():
        return None
    try:
        return parse_data_fps(text)
    except ValueError as exc:
        raise InvalidComposition(
            f"{entry_file}: the root's data-fps={text[:_SHOWN]!r}: {exc}",
            attribute="data-fps",
            value=text,
            rule="bad-number",
        ) from None


def _side(attributes: dict[str, str | None], name: str, entry_file: str) -> int:
    value = _number(attributes, name, entry_file)
    if value is None:
        raise InvalidComposition(
            f"{entry_file}: the root has no {name}; it needs the authored frame size in CSS "
            'pixels, as in data-width="1920" data-height="1080"',
            attribute=name,
            rule="bad-size",
        )
    if value.denominator != 1 or value > MAX_SIDE_PX:
        raise InvalidComposition(
            f"{entry_file}: the root's {name}={attributes[name]!r}: allowed: whole pixels from 1 "
            f"to {MAX_SIDE_PX}",
            attribute=name,
            value=attributes[name],
            rule="bad-size",
        )
    return math.floor(value)
