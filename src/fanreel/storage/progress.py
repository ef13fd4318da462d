"""
How far a render is, and what it used, readable with one LIST of its folder.

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
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from fanreel.storage import layout
from fanreel.storage.store import ObjectStore, StoredObject
from fanreel.storage.uris import ObjectUri
from fanreel.timing.timeline import ChunkPlan, ChunkSlice, build_chunk_slices

PLAN = "plan"
ASSEMBLE = "assemble"
STILL = "still"
DONE = "done"
MORE = "more"
"""Outcome of a chunk's invocation that stopped at its deadline, to be continued."""
ASSEMBLY_FRACTION = 0.02
"""Share of the bar kept for assembly; it takes seconds at any length."""

ChunkState = Literal["waiting", "running", "done", "failed"]
Stage = Literal["queued", "planning", "rendering", "assembling", "done"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkActivity:
    """One chunk, over all its invocations."""

    index: int
    state: ChunkState
    frames_done: int
    frames: int
    attempts: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderActivity:
    """What the workers of a render wrote about themselves."""

    render_id: str
    stage: Stage
    frames_done: int
    total_frames: int | None
    """None until it is planned."""
    chunks: tuple[ChunkActivity, ...]
    records: tuple[InvocationRecord, ...]
    """Ended invocations, in order of their start."""
    unended: tuple[LiveCounter, ...]
    """Invocations without a record: they run, or were killed (time, memory)."""
    cancelled: bool

    @property
    def fraction(self) -> float:
        """From 0 to nearly 1: the video is there when the execution says so."""
        if not self.total_frames:
            return 0.0
        return (1 - ASSEMBLY_FRACTION) * self.frames_done / self.total_frames


def describe_progress(activity: RenderActivity) -> dict[str, Any]:
    """Return `progress.json` of a render that runs."""
    return {
        "RenderId": activity.render_id,
        "Status": "RUNNING",
        "Stage": "assembling" if activity.stage == "done" else activity.stage,
        "Fraction": round(activity.fraction, 4),
        "FramesDone": activity.frames_done,
        "TotalFrames": activity.total_frames,
        "ChunksDone": sum(chunk.state == "done" for chunk in activity.chunks),
        "ChunkCount": len(activity.chunks),
        "UpdatedAtMs": time.time_ns() // 1_000_000,
    }


def read_progress(render_id: str, bucket: ObjectUri, store: ObjectStore) -> RenderActivity:
    """
    Read how far a render is, with one LIST request per 1000 objects (about 480 chunks).

    A render that never started reads as `queued`. Raises as `store`.
    """
    return read_progress_of(layout.render(bucket, render_id), store)


def read_progress_of(render_folder: ObjectUri, store: ObjectStore) -> RenderActivity:
    """Do as `read_progress()` does, for a render that keeps its things in *render_folder*."""
    return parse_progress(render_folder.name, store.list_objects(render_folder))


def parse_progress(render_id: str, objects: Iterable[StoredObject]) -> RenderActivity:
    """Make sense of a render's folder as listed."""
    live: dict[Invocation, LiveCounter] = {}
    records: dict[Invocation, InvocationRecord] = {}
    cancelled = False
    for found in objects:
        kind, _, rest = found.uri.name.partition(".")
        if found.uri.name == layout.CANCELLED:
            cancelled = True
        elif kind == _LIVE and (invocation := _parse_invocation(rest.split("."))):
            live[invocation] = LiveCounter(
                invocation=invocation, frames=found.size_bytes, last_seen=found.modified
            )
        elif kind == _RUN and (record := _parse_record(rest.split("."))):
            records[record.invocation] = record
    ended = sorted(records.values(), key=lambda record: record.invocation.started_ms)
    unended = sorted(
        (counter for invocation, counter in live.items() if invocation not in records),
        key=lambda counter: counter.invocation.started_ms,
    )
    plan = next((r for r in ended if r.invocation.work == PLAN and r.outcome == DONE), None)
    chunks = _chunks(plan, ended, live.values())
    return RenderActivity(
        render_id=render_id,
        stage=_stage(plan, chunks, ended, bool(live)),
        frames_done=sum(chunk.frames_done for chunk in chunks),
        total_frames=plan.total_frames if plan else None,
        chunks=chunks,
        records=tuple(ended),
        unended=tuple(unended),
        cancelled=cancelled,
    )


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


def _chunks(
    plan: InvocationRecord | None,
    ended: list[InvocationRecord],
    live: Iterable[LiveCounter],
) -> tuple[ChunkActivity, ...]:
    # Anyone who may write to the bucket may leave an odd name; it must not end the looking.
    if plan is None or not (plan.total_frames and plan.segment_frames and plan.chunk_count):
        return ()
    slices = build_chunk_slices(
        ChunkPlan(
            total_frames=plan.total_frames,
            segment_frames=plan.segment_frames,
            chunk_count=plan.chunk_count,
        )
    )
    records_of, counters_of = defaultdict(list), defaultdict(list)
    for record in ended:
        records_of[record.invocation.work].append(record)
    for counter in live:
        counters_of[counter.invocation.work].append(counter)
    return tuple(
        _chunk(chunk, records_of[work], counters_of[work])
        for chunk in slices
        for work in [chunk_work(chunk.index)]
    )


def _chunk(
    chunk: ChunkSlice, records: list[InvocationRecord], counters: list[LiveCounter]
) -> ChunkActivity:
    done = any(record.outcome == DONE for record in records)
    # Each invocation counts from the chunk's start, segments it found included.
    frames = max([0, *(c.frames for c in counters), *(r.frames for r in records)])
    begun, ended = {c.invocation for c in counters}, {r.invocation for r in records}
    state: ChunkState
    if done:
        state = "done"
    elif begun - ended:
        state = "running"
    elif not records:
        state = "waiting"
    else:
        # Until its next round begins, a chunk to be continued counts as running.
        state = "failed" if records[-1].failed else "running"
    return ChunkActivity(
        index=chunk.index,
        state=state,
        frames_done=chunk.frames if done else min(frames, chunk.frames),
        frames=chunk.frames,
        attempts=len(begun | ended),
        failures=sum(record.failed for record in records),
    )


def _stage(
    plan: InvocationRecord | None,
    chunks: tuple[ChunkActivity, ...],
    ended: list[InvocationRecord],
    begun: bool,  # noqa: FBT001 (one of the facts)
) -> Stage:
    if any(r.invocation.work == ASSEMBLE and r.outcome == DONE for r in ended):
        return "done"
    if plan is not None:
        rendered = all(chunk.state == "done" for chunk in chunks)
        return "assembling" if rendered else "rendering"
    return "planning" if begun or ended else "queued"


def to_ms(moment: datetime) -> int:
    """Return milliseconds since 1970, UTC."""
    return int(moment.timestamp() * 1000)
