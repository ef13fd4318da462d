"""
What a parent and its child say to each other: JSON, checked by pydantic on arrival.

A child handles strangers' pages and media, so nothing it says is taken for more than data: no
pickle, which would let whoever took it over run code where the credentials are.
"""

import base64
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from fanreel.config import RenderConfig
from fanreel.engine.reach import Reach
from fanreel.errors import CATALOGUE, RenderError, UnexpectedError
from fanreel.files.plan_dir import LockedRenderConfig
from fanreel.lint.findings import LintResult
from fanreel.media.cache import CacheSettings, CacheStats
from fanreel.results import AssembleResult, PlanResult, StillResult

LIMIT_BYTES = 128 * 1024**2
"""The largest is the screenshot of a page that failed."""
_BYTES = "base64"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confine:
    """Reach these files only from now on; comes first, and is not answered."""

    reach: Reach
    kind: Literal["confine"] = "confine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """Start the browser for what is asked next; answered only by `Failed`."""

    width: int
    height: int
    locked: LockedRenderConfig
    temp_dir: Path
    kind: Literal["prepare"] = "prepare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Plan a project; answered by `Planned`."""

    project_dir: Path
    config: RenderConfig
    plan_dir: Path
    temp_dir: Path
    distributed: bool
    """Whether chunks are to be rendered by others: not every format can be."""
    kind: Literal["plan"] = "plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Verify a plan and render from it from now on; answered by `Done`."""

    plan_dir: Path
    chunk_index: int | None
    """None: the whole plan is here."""
    temp_dir: Path
    cache: CacheSettings | None
    kind: Literal["open"] = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """Render one segment of the open plan; answered by `Progress` and then `Done`."""

    start_frame: int
    end_frame: int
    path: Path
    kind: Literal["render"] = "render"


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Join segments of the open plan to one chunk; answered by `Done`."""

    start_frame: int
    segment_paths: tuple[Path, ...]
    output_path: Path
    kind: Literal["join"] = "join"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assemble:
    """Assemble the video; answered by `Assembled`."""

    plan_dir: Path
    chunk_paths: tuple[Path, ...]
    audio_path: Path | None
    output_path: Path
    cfr: bool
    kind: Literal["assemble"] = "assemble"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembleParts:
    """Assemble the video while its chunks come and its parts go; answered by `Assembled`."""

    plan_dir: Path
    chunk_paths: tuple[Path, ...]
    audio_path: Path | None
    parts_dir: Path
    part_bytes: int
    kind: Literal["assemble parts"] = "assemble parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """Save one frame; answered by `Saved`."""

    project_dir: Path
    output_path: Path
    at_s: Fraction
    config: RenderConfig
    temp_dir: Path
    kind: Literal["still"] = "still"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """Look for what is to be mended in a project; answered by `Linted`."""

    project_dir: Path
    root_dir: Path | None
    config: RenderConfig
    temp_dir: Path
    kind: Literal["lint"] = "lint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Close the browser and end; answered by `Finished`."""

    kind: Literal["finish"] = "finish"


Request = (
    Confine
    | Prepare
    | Plan
    | Open
    | Render
    | Join
    | Assemble
    | AssembleParts
    | Still
    | Lint
    | Finish
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """So many frames of the segment are done."""

    frames: int
    kind: Literal["progress"] = "progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was asked is done."""

    kind: Literal["done"] = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plan is there."""

    result: PlanResult
    kind: Literal["planned"] = "planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """The video is there."""

    result: AssembleResult
    kind: Literal["assembled"] = "assembled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The picture is there."""

    result: StillResult
    kind: Literal["saved"] = "saved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """The project was looked at."""

    result: LintResult
    kind: Literal["linted"] = "linted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The last word of a child, and what its cache did."""

    cache: CacheStats
    kind: Literal["finished"] = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What was asked failed, and the child has ended."""

    code: str
    message: str
    facts: dict[str, Any]
    kind: Literal["failed"] = "failed"

    @classmethod
    def of(cls, error: RenderError) -> "Failed":
        """Return what to say of *error*."""
        facts = {name: _plain(value) for name, value in error.facts.items()}
        return cls(code=error.code, message=error.message, facts=facts)

    def error(self) -> RenderError:
        """Return the error again; of a child that was taken over the facts may be anything."""
        facts = {
            name: _rich(value)
            for name, value in self.facts.items()
            if name.isidentifier() and name not in _NO_FACTS and not name.startswith("_")
        }
        return CATALOGUE.get(self.code, UnexpectedError)(self.message, **facts)


# What an error is itself, which no fact of the same name may overwrite.
_NO_FACTS = frozenset({"self", "message", "facts", *dir(RenderError)})

Answer = Progress | Done | Planned | Assembled | Saved | Linted | Finished | Failed

_REQUESTS: TypeAdapter[Request] = TypeAdapter(Request)
_ANSWERS: TypeAdapter[Answer] = TypeAdapter(Answer)


def send_request(connection: Connection, request: Request) -> None:
    """Say *request* to a child. Raises `OSError` when it is gone."""
    # A configuration tells what was asked for from what is a default, on the other side too.
    connection.send_bytes(_REQUESTS.dump_json(request, exclude_unset=True))


def receive_request(connection: Connection) -> Request:
    """Wait for the parent's next request. Raises `EOFError` when it is gone."""
    return _REQUESTS.validate_json(connection.recv_bytes(LIMIT_BYTES))


def send_answer(connection: Connection, answer: Answer) -> None:
    """Say *answer* to the parent. Raises `OSError` when it is gone."""
    connection.send_bytes(_ANSWERS.dump_json(answer))


def receive_answer(connection: Connection) -> Answer:
    """
    Wait for the child's next answer.

    Raises:
        EOFError, OSError: It is gone.
        ValueError: What it says makes no sense.
    """
    return _ANSWERS.validate_json(connection.recv_bytes(LIMIT_BYTES))


def _plain(value: Any) -> Any:
    """Return a fact as JSON knows it; what it does not know becomes text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return {_BYTES: base64.b64encode(value).decode()}
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return str(value)


def _rich(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {_BYTES}:
        with contextlib.suppress(TypeError, ValueError):
            return base64.b64decode(value[_BYTES])
    return value
