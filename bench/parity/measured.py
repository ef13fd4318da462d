"""What each composition came to when it was compared last: `measured.tsv`, kept with the code."""

import dataclasses
import fcntl
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.parity.agreement import IDENTICAL_DB, SAME_DB, is_same
from bench.parity.report import Row, Verdict

_PATH = Path(__file__).parent / "measured.tsv"
_FAILED = -1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one comparison came to."""

    min_db: float
    """Of the worst frame; below 0 where the reference fails."""
    frames_apart: int
    correlation: float | None = None
    """Of the sound; None where neither has any, 0 where one has none."""

    @property
    def is_same(self) -> bool:
        """Whether it is the same picture and the same length, and both have sound or neither."""
        return is_same(self.min_db, self.frames_apart, self.correlation)

    @property
    def is_identical(self) -> bool:
        """Whether it is the same to the byte."""
        return self.is_same and self.min_db >= IDENTICAL_DB


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A line of `measured.tsv`: the composition as it stands, and its equivalent for theirs."""

    itself: Figures | None = None
    equivalent: Figures | None = None


def keep(row: Row, path: Path = _PATH) -> None:
    """Put *row* in the place of what is known; several runs may do so at once."""
    found = row.agreement
    figures = Figures(min_db=_FAILED, frames_apart=0)
    if found:
        figures = Figures(
            min_db=found.min_db, frames_apart=found.frames_apart, correlation=found.correlation
        )
    field = "equivalent" if row.in_other_words else "itself"
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = _parse(file.read())
        before = known.get(row.name, Measured())
        known[row.name] = dataclasses.replace(before, **{field: figures})
        file.truncate(0)
        file.writelines(f"{name}\t{_line(known[name])}\n" for name in sorted(known))


def read(path: Path = _PATH) -> dict[str, Measured]:
    """Read what is known, by composition."""
    return _parse(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _line(entry: Measured) -> str:
    fields = _text(entry.itself)
    return fields if entry.equivalent is None else f"{fields}\t{_text(entry.equivalent)}"


def _text(figures: Figures | None) -> str:
    if figures is None:
        return "\t\t"
    sound = "" if figures.correlation is None else f"{figures.correlation:.4f}"
    return f"{figures.min_db:.2f}\t{figures.frames_apart:+}\t{sound}"


def _parse(text: str) -> dict[str, Measured]:
    known = {}
    for line in text.splitlines():
        name, *fields = line.split("\t")
        known[name] = Measured(itself=_figures(fields[:3]), equivalent=_figures(fields[3:]))
    return known


def _figures(fields: list[str]) -> Figures | None:
    if not any(fields):
        return None
    min_db, apart, sound = fields
    return Figures(
        min_db=float(min_db),
        frames_apart=int(apart),
        correlation=float(sound) if sound else None,
    )


def shares(
    names: Iterable[str], known: Mapping[str, Measured], verdicts: Mapping[str, Verdict]
) -> list[str]:
    """Say how many of *names* are the same picture, which differ, and which were never compared."""
    names = set(names)
    found = {name: known[name] for name in names if name in known}
    itself = {name: one.itself for name, one in found.items() if one.itself}
    worded = {name for name, verdict in verdicts.items() if verdict.equivalent}
    said = {name: one.equivalent for name, one in found.items() if one.equivalent}
    said = {name: one for name, one in said.items() if name in worded}
    aside = {name for name in found if name in verdicts and not verdicts[name].comparable}
    same = {name for name, one in itself.items() if one.is_same}
    identical = {name for name, one in itself.items() if one.is_identical}
    through = {name for name, one in said.items() if one.is_same} - same
    differ = set(found) - aside - same
    off = {name for name, one in said.items() if not one.is_same}
    return [
        f"at {SAME_DB:.0f} dB or more in every frame: {_share(same | through, found)}",
        f"as they stand: {_share(same, found)}",
        f"as they stand, of those that can be: {_share(same - aside, set(found) - aside)}",
        f"identical as they stand: {_share(identical, found)}",
        f"only through an equivalent for the reference: {len(through)}: {_list(through)}",
        f"differ as they stand: {_list(differ)}",
        f"the reference has no picture of its own as they stand: {_list(aside)}",
        f"the same in neither way: {_list(set(found) - same - through)}",
        f"equivalents that differ: {_list(off)}",
        f"without a verdict: {_list(differ - set(verdicts))}",
        f"never compared: {_list(set(names) - set(found))}",
    ]


def _list(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _share(part: Collection[str], whole: Collection[str]) -> str:
    return f"{len(part)} of {len(whole)} ({len(part) / max(len(whole), 1):.1%})"
