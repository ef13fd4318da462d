"""
What is wrong with a composition, as data: told by its page, added to by planning, shown by lint.

Nobody reads a message back: what is to be known of a problem is in its other fields.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from fanreel.errors import RenderError

Refusal = TypeVar("Refusal", bound=RenderError)


class Written(BaseModel):
    """How a living element is written, by which it is found in its file."""

    model_config = ConfigDict(frozen=True)

    file: str | None = None
    """In the folder that is served; None: the page itself."""
    tag: str
    attributes: dict[str, str]
    nth: int = 0
    """Of those written alike, from 0; negative: it is not among them."""


class Problem(BaseModel):
    """One thing that is wrong, or may be."""

    model_config = ConfigDict(frozen=True)

    rule: str
    """A name in `lint/rules.py`."""
    message: str
    """What is wrong and what to do; without the element, if that is named apart."""
    element: str | None = None
    """As a selector, for people; None where the message names it."""
    subject: str | None = None
    """One element as a selector, where *element* is none or several."""
    written: Written | None = None
    file: str | None = None
    """Where the code or the name of a file stands, in the folder that is served."""
    line: int | None = None
    """From 1."""
    names: tuple[str, ...] = ()
    """Paths and URLs that are spoken of; what names one of them is to be mended."""
    composition: str | None = None
    """The id of the composition that is spoken of."""

    def __str__(self) -> str:
        return f"{self.element}: {self.message}" if self.element else self.message


def each_once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return *problems* without those that say what an earlier one says."""
    found: dict[str, Problem] = {}
    for problem in problems:
        found.setdefault(str(problem), problem)
    return tuple(found.values())


def refusal(
    kind: type[Refusal], problems: Sequence[Problem], before: str = "", **facts: Any
) -> Refusal:
    """Return the error that tells of *problems*, with each as a sentence and as data."""
    return kind(before + "; ".join(map(str, problems)), **as_facts(problems), **facts)


def as_facts(problems: Sequence[Problem]) -> dict[str, Any]:
    """Return *problems* as facts of an error: as sentences, and as data."""
    details = [problem.model_dump(mode="json", exclude_defaults=True) for problem in problems]
    return {"problems": [str(problem) for problem in problems], "details": details}


def problems_of(error: RenderError) -> list[Problem]:
    """Return what an error tells of as data; nothing where it has but a message."""
    return [Problem.model_validate(item) for item in error.facts.get("details", ())]
