"""What a fault may end in, and how an attempt is judged."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from fanreel.errors import CATALOGUE, RenderError


class Ending(StrEnum):
    """What became of one run."""

    RECOVERED = "recovered"
    """The right bytes came out."""
    REFUSED = "refused"
    """An error of the catalogue said why not, and nothing was left behind."""
    LOST = "lost"
    """Other bytes, an error without a name, something left behind, no end: a defect."""
    IMPOSSIBLE = "impossible"
    """This machine does not let it be tried."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One run's ending, and what there is to say of it: an error's code, or the defect."""

    ending: Ending
    detail: str = ""


def lost(detail: str) -> Verdict:
    """Return the verdict on a defect."""
    return Verdict(Ending.LOST, detail)


def judged(attempt: Callable[[], str], expected: str) -> Verdict:
    """
    Return the verdict on *attempt*, which comes to a digest that should be *expected*.

    Any exception that is not of the catalogue is a defect.
    """
    try:
        digest = attempt()
    except RenderError as error:
        return refused(error.code)
    except Exception as exc:  # noqa: BLE001 (that is what is looked for)
        return lost(f"{type(exc).__name__}: {exc}")
    return Verdict(Ending.RECOVERED) if digest == expected else lost("other bytes")


def refused(code: str) -> Verdict:
    """Return the verdict on an error that should be in the catalogue."""
    if code == "UNEXPECTED_ERROR" or code not in CATALOGUE:
        return lost(code)
    return Verdict(Ending.REFUSED, code)
