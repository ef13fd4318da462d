"""
How far a render is, and what it used, readable with one LIST of its folder.

The names in it are what `invocations.py` makes of counters and records.
"""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from fanreel.storage import layout
from fanreel.storage.invocations import (
    ASSEMBLE,
    DONE,
    PLAN,
    Invocation,
    InvocationRecord,
    LiveCounter,
    chunk_work,
    parse_object,
)
from fanreel.storage.store import ObjectStore, StoredObject
from fanreel.storage.uris import ObjectUri
from fanreel.timing.timeline import ChunkPlan, ChunkSlice, build_chunk_slices

ASSEMBLY_FRACTION = 0.02
"""Share of the bar kept for assembly; it takes seconds at any length."""

ChunkState = Literal["waiting", "running", "done", "failed"]
Stage = Literal["queued", "planning", "rendering", "assembling", "done"]


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
        if found.uri.name == layout.CANCELLED:
            cancelled = True
        told = parse_object(found)
        if isinstance(told, LiveCounter):
            live[told.invocation] = told
        elif isinstance(told, InvocationRecord):
            records[told.invocation] = told
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
