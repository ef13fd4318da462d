"""What children answer."""

import base64
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fanreel.comparison.comparison import Comparison
from fanreel.errors import CATALOGUE, RenderError, UnexpectedError
from fanreel.lint.findings import LintResult
from fanreel.media.cache import CacheStats
from fanreel.media.facts import FileFacts
from fanreel.media.replies import ContentType, Status
from fanreel.results import AssembleResult, PlanResult, StillResult
from fanreel.segments.times import SegmentTimes

_BYTES = "base64"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The child runs, whatever it is at; comes again and again until there is an answer."""

    kind: Literal["alive"] = "alive"


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
class Rendered:
    """The segment is there."""

    times: SegmentTimes
    kind: Literal["rendered"] = "rendered"


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
    """What was asked failed."""

    code: str
    message: str
    facts: dict[str, Any]
    is_last: bool = False
    """The child ends by it, amid what it was at."""
    kind: Literal["failed"] = "failed"

    @classmethod
    def of(cls, error: RenderError, *, is_last: bool = False) -> "Failed":
        """Return what to say of *error*."""
        facts = {name: _plain(value) for name, value in error.facts.items()}
        return cls(code=error.code, message=error.message, facts=facts, is_last=is_last)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two videos were compared."""

    result: Comparison
    kind: Literal["compared"] = "compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A file was looked at."""

    result: FileFacts
    kind: Literal["described"] = "described"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """Pictures as `data:` URLs, in the order that was asked for; None where there is no frame."""

    urls: tuple[str | None, ...]
    kind: Literal["pictured"] = "pictured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """How a request of a page is answered; its bytes follow as they are."""

    status: Status
    """404: it is not about media."""
    content_type: ContentType
    kind: Literal["replied"] = "replied"


Answer = (
    Alive
    | Progress
    | Done
    | Rendered
    | Planned
    | Assembled
    | Saved
    | Linted
    | Finished
    | Failed
    | Compared
    | Described
    | Pictured
    | Replied
)


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
