"""
What an invocation leaves in its render's folder: a counter while it runs, a record when it ends.

LIST gives names, sizes and dates but no contents, so that is where the numbers are:

    progress/live.<work>.<start_ms>.<request>                         its size is the frames done
    progress/run.<work>.<start_ms>.<request>.<outcome>.<field…>       written once, at the end

*work* is `plan`, `assemble` or a chunk's number in five digits. A counter is one object per
invocation, overwritten in place, with one zero byte for each frame done: a counter that only
moves forward, 3 KB at most for a chunk of two minutes at 25 frames/s. A record's name holds the
whole record; its body has the same as JSON, and what `journal.py` lists. A counter without a record
is an invocation that still runs, or that was killed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from fanreel.storage.store import StoredObject

PLAN = "plan"
ASSEMBLE = "assemble"
STILL = "still"
DONE = "done"
MORE = "more"
"""Outcome of a chunk's invocation that stopped at its deadline, to be continued."""

_LIVE, _RUN = "live", "run"
_FIELD = re.compile(r"([a-z]+)([0-9]+)")


def _number(letters: str) -> int:
    """Make a field that the name of a record holds behind these letters."""
    return field(default=0, metadata={"letters": letters})


def chunk_work(chunk_index: int) -> str:
    """Return the name of a chunk among a render's work."""
    return f"{chunk_index:05d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One invocation of the function: what it worked on, since when."""

    work: str
    started_ms: int
    """Milliseconds since 1970, UTC."""
    request: str
    """First digits of the request's id."""

    @property
    def chunk_index(self) -> int | None:
        """The chunk it renders, if it renders one."""
        return int(self.work) if self.work.isdigit() else None

    def live_name(self) -> str:
        """Return the name of its counter."""
        return f"{_LIVE}.{self.work}.{self.started_ms}.{self.request}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationRecord:
    """What an invocation did and used, as it saw itself when it ended."""

    invocation: Invocation
    outcome: str
    """`done`, `more`, or the code it failed with."""
    billed_ms: int = _number("b")
    """Estimate of the billed time: the handler's, and `init_ms` of a cold start."""
    init_ms: int = _number("i")
    memory_used_mb: int = _number("u")
    memory_mb: int = _number("m")
    tmp_mb: int = _number("t")
    """Configured ephemeral storage."""
    cold: int = _number("c")
    frames: int = _number("f")
    """Frames of the chunk, or of the video, that are done."""
    segments_rendered: int = _number("sr")
    segments_found: int = _number("sf")
    cache_hits: int = _number("ch")
    """This and the next: see `fanreel.media.cache.CacheStats`; zeroes where the cache is off."""
    cache_misses: int = _number("cm")
    cache_publish_failures: int = _number("cp")
    cache_evictions: int = _number("ce")
    cache_freed_bytes: int = _number("cf")
    cache_partials_cleared: int = _number("cx")
    s3_writes: int = _number("w")
    """PUT, COPY, POST and LIST requests, the writing of this record left out."""
    s3_reads: int = _number("r")
    """GET and HEAD requests."""
    total_frames: int = _number("tf")
    """With `chunk_count` and `segment_frames` only in the record of a plan."""
    chunk_count: int = _number("cc")
    segment_frames: int = _number("sg")

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return self.outcome not in (DONE, MORE)

    def name(self) -> str:
        """Return the object name that says all of it."""
        it = self.invocation
        values = [
            f"{letters}{value}"
            for letters, name in _LETTERS.items()
            if (value := getattr(self, name))
        ]
        # Parts are joined by dots, and the platform's own codes have one.
        outcome = self.outcome.replace(".", "-")
        return ".".join([_RUN, it.work, str(it.started_ms), it.request, outcome, *values])

    def to_json(self, journal: Mapping[str, Any] | None = None) -> bytes:
        """Return the body: the same, readable, with what else there is to tell."""
        return json.dumps(asdict(self) | dict(journal or {})).encode()


# Readers skip letters they do not know, so fields may be added.
_LETTERS = {f.metadata["letters"]: f.name for f in fields(InvocationRecord) if f.metadata}
CACHE_NUMBERS = tuple(name for name in _LETTERS.values() if name.startswith("cache_"))
"""Fields that say what the extraction cache did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCounter:
    """What an invocation last said while it ran."""

    invocation: Invocation
    frames: int
    last_seen: datetime


def parse_object(found: StoredObject) -> LiveCounter | InvocationRecord | None:
    """Return what the object says by its name and size; None where it is neither kind."""
    kind, _, rest = found.uri.name.partition(".")
    parts = rest.split(".")
    if kind == _RUN:
        return _parse_record(parts)
    if kind == _LIVE and (invocation := _parse_invocation(parts)):
        return LiveCounter(invocation=invocation, frames=found.size_bytes, last_seen=found.modified)
    return None


def _parse_invocation(parts: list[str]) -> Invocation | None:
    if len(parts) < 3 or not parts[1].isdigit():  # noqa: PLR2004 (work, start, request)
        return None
    return Invocation(work=parts[0], started_ms=int(parts[1]), request=parts[2])


def _parse_record(parts: list[str]) -> InvocationRecord | None:
    invocation = _parse_invocation(parts)
    if invocation is None or len(parts) < 4:  # noqa: PLR2004 (… and the outcome)
        return None
    matches = [match for part in parts[4:] if (match := _FIELD.fullmatch(part))]
    values: dict[str, Any] = {
        _LETTERS[match[1]]: int(match[2]) for match in matches if match[1] in _LETTERS
    }
    return InvocationRecord(invocation=invocation, outcome=parts[3].replace("-", "."), **values)


def to_ms(moment: datetime) -> int:
    """Return milliseconds since 1970, UTC."""
    return int(moment.timestamp() * 1000)
