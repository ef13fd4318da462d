"""What each composition came to when it was compared last: `measured.tsv`, kept with the code."""

import fcntl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.parity.agreement import IDENTICAL_DB, SAME_DB
from bench.parity.report import Row, Verdict

_PATH = Path(__file__).parent / "measured.tsv"
_FAILED = -1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A line of `measured.tsv`."""

    min_db: float
    """Of the worst frame; below 0 where the reference fails."""
    frames_apart: int

    @property
    def is_same(self) -> bool:
        """Whether it is the same picture and the same length."""
        return self.min_db >= SAME_DB and self.frames_apart == 0


def keep(row: Row, path: Path = _PATH) -> None:
    """Put *row* in the place of what is known; several runs may do so at once."""
    found = row.agreement
    entry = Measured(
        min_db=found.min_db if found else _FAILED, frames_apart=found.frames_apart if found else 0
    )
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = _parse(file.read()) | {row.name: entry}
        file.truncate(0)
        file.writelines(
            f"{name}\t{known[name].min_db:.2f}\t{known[name].frames_apart:+}\n"
            for name in sorted(known)
        )


def read(path: Path = _PATH) -> dict[str, Measured]:
    """Read what is known, by composition."""
    return _parse(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _parse(text: str) -> dict[str, Measured]:
    fields = (line.split("\t") for line in text.splitlines())
    return {
        name: Measured(min_db=float(min_db), frames_apart=int(apart))
        for name, min_db, apart in fields
    }


def shares(
    names: Iterable[str], known: Mapping[str, Measured], verdicts: Mapping[str, Verdict]
) -> list[str]:
    """Say how many of *names* are the same picture, which differ, and which were never compared."""
    found = {name: known[name] for name in names if name in known}
    aside = {name for name in found if name in verdicts and not verdicts[name].comparable}
    left = {name: one for name, one in found.items() if name not in aside}
    same = [name for name, one in left.items() if one.is_same]
    differ = [name for name in left if name not in same]
    identical = sum(one.is_same and one.min_db >= IDENTICAL_DB for one in found.values())
    in_all = sum(one.is_same for one in found.values())
    return [
        (
            f"at {SAME_DB:.0f} dB or more in every frame, of those that can be compared:"
            f" {_share(len(same), len(left))}; of all: {_share(in_all, len(found))};"
            f" identical: {_share(identical, len(found))}"
        ),
        f"differ: {', '.join(differ) or 'none'}",
        f"without a verdict: {', '.join(set(differ) - set(verdicts)) or 'none'}",
        f"the reference has no picture of its own: {', '.join(sorted(aside)) or 'none'}",
        f"never compared: {', '.join(name for name in names if name not in found) or 'none'}",
    ]


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / max(whole, 1):.1%})"
