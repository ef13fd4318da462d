"""The parity run as a page: numbers, and the worst frame of each composition side by side."""

import html
import tomllib
from dataclasses import dataclass
from pathlib import Path
from string import Template

import numpy as np
from PIL import Image

from bench.parity.agreement import SAME_DB, Agreement, over

_HERE = Path(__file__).parent
_GREY = 160
_AMPLIFIED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Which of the two is right by the format's documentation, and why."""

    right: str
    """`ours`, `theirs`, `both` or `neither`."""
    why: str
    comparable: bool = True
    """
    False where the reference has no picture of its own here: it goes by the wall clock, so that two
    of its runs differ, or lacks a face, a GPU, or what the documentation has added to its version.
    """
    equivalent: str | None = None
    """How `equivalents/NAME.patch` puts the same picture in words that the reference knows."""
    remaining: str | None = None
    """What differs in those words too, and why; it does not count as the same picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One composition."""

    name: str
    rule: str = ""
    agreement: Agreement | None = None
    """None where the reference renderer failed."""
    verdict: Verdict | None = None
    in_other_words: bool = False
    """Whether theirs is the film of the composition's equivalent; ours never is."""

    @property
    def label(self) -> str:
        """Return the composition's name, with a mark where theirs is of the equivalent."""
        return f"{self.name}-equivalent" if self.in_other_words else self.name

    @property
    def is_same(self) -> bool:
        """Whether both have the same picture."""
        return self.agreement is not None and self.agreement.is_same


def read_verdicts() -> dict[str, Verdict]:
    """Read `verdicts.toml`."""
    found = tomllib.loads((_HERE / "verdicts.toml").read_text(encoding="utf-8"))
    return {name: Verdict(**entry) for name, entry in found.items()}


def save_pictures(row: Row, out: Path) -> None:
    """Save the worst frame of both and their difference, made plainer."""
    if row.agreement is None:
        return
    one, other = (over(picture, _GREY) for picture in row.agreement.worst)
    pictures = {"ours": one, "theirs": other}
    if one.shape == other.shape:
        pictures["difference"] = np.minimum(np.abs(one - other) * _AMPLIFIED, 255)
    for kind, picture in pictures.items():
        Image.fromarray(picture.astype(np.uint8)).save(out / f"{row.label}-{kind}.png")


def line(row: Row) -> str:
    """Return a row of the printed table."""
    found = row.agreement
    if found is None:
        return f"{row.label:34}{'the reference fails':>20}  {_verdict_text(row)}"
    sound = "" if found.correlation is None else f"{found.correlation:8.4f}{found.lag_samples!s:>6}"
    return (
        f"{row.label:34}{found.min_db:8.2f}{found.worst_frame:7}{found.frames_apart:+7}"
        f"{sound:14}  {_verdict_text(row)}"
    )


def share_of_same(rows: list[Row]) -> float:
    """Return the share of compositions that are the same picture, in one way or the other."""
    names = {row.name for row in rows}
    return len({row.name for row in rows if row.is_same}) / len(names) if names else 1.0


def summary(rows: list[Row]) -> str:
    """Say how many are the same, and how many of them through an equivalent only."""
    itself = {row.name for row in rows if row.is_same and not row.in_other_words}
    through = {row.name for row in rows if row.is_same} - itself
    return (
        f"{share_of_same(rows):.1%} of {len({row.name for row in rows})} are the same picture, at "
        f"{SAME_DB:.0f} dB or more in every frame: {len(itself)} as they stand, {len(through)} "
        "through an equivalent for the reference"
    )


def unexplained(rows: list[Row]) -> list[str]:
    """Return those that differ where no verdict says why."""
    return [row.label for row in rows if not row.is_same and not _is_explained(row)]


def _is_explained(row: Row) -> bool:
    if row.verdict is None:
        return False
    return row.verdict.remaining is not None if row.in_other_words else True


def write_page(rows: list[Row], path: Path) -> None:
    """Write the page to *path*, beside the pictures; what differs most comes first."""
    ordered = sorted(rows, key=lambda row: row.agreement.min_db if row.agreement else -1)
    template = Template((_HERE / "page.html").read_text(encoding="utf-8"))
    page = template.substitute(summary=summary(rows), rows="\n".join(map(_section, ordered)))
    path.write_text(page, encoding="utf-8")


def _section(row: Row) -> str:
    found = row.agreement
    facts = "the reference renderer fails"
    pictures = ""
    if found is not None:
        facts = f"{found.min_db:.2f} dB at frame {found.worst_frame}"
        if found.frames_apart:
            facts += f", theirs {found.frames_apart:+} frames"
        if found.correlation is not None:
            facts += f", sound {found.correlation:.4f} at {found.lag_samples} samples"
        pictures = "".join(
            f'<figure><img src="{row.label}-{kind}.png" alt="" loading="lazy" />'
            f"<figcaption>{kind}</figcaption></figure>"
            for kind in ("ours", "theirs", "difference")
        )
    state = "same" if row.is_same else "differs"
    return (
        f'<section class="{state}"><h2>{row.label}</h2><p>{html.escape(row.rule)}</p>'
        f"<p><b>{facts}</b> {html.escape(_verdict_text(row))}</p>{pictures}</section>"
    )


def _verdict_text(row: Row) -> str:
    if row.verdict is None:
        return "" if row.is_same else "not looked at yet"
    if row.in_other_words:
        return f"theirs in other words: {row.verdict.equivalent}"
    return f"right: {row.verdict.right}. {row.verdict.why}"
