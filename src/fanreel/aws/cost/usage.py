"""What a render used of AWS, by its workers' own records."""

from datetime import UTC, datetime

from fanreel.aws.cost.functions import FunctionSettings
from fanreel.aws.cost.render_cost import Billed, Usage, transitions
from fanreel.storage.invocations import InvocationRecord, LiveCounter, to_ms
from fanreel.storage.progress import RenderActivity


def used_so_far(
    activity: RenderActivity, function: FunctionSettings, stopped_at: datetime | None
) -> tuple[Usage, tuple[str, ...]]:
    """
    Return what a render used, and notes on what of it is a guess.

    Invocations that left no record were killed (memory, time) or still run: they are billed from
    their start to their last heartbeat, or to now.
    """
    ended = [_billed(record, function) for record in activity.records]
    open_ended = [_billed_until(counter, function, stopped_at) for counter in activity.unended]
    rounds = sum(record.invocation.chunk_index is not None for record in activity.records)
    rounds += sum(counter.invocation.chunk_index is not None for counter in activity.unended)
    notes = []
    if open_ended:
        what = "killed" if stopped_at else "unfinished"
        notes.append(f"{len(open_ended)} {what} invocations are counted by their heartbeats")
    return Usage(
        invocations=(*ended, *open_ended),
        transitions=transitions(len(activity.chunks), rounds),
        s3_puts=sum(record.s3_writes + 1 for record in activity.records),
        s3_gets=sum(record.s3_reads for record in activity.records),
    ), tuple(notes)


def _billed(record: InvocationRecord, function: FunctionSettings) -> Billed:
    # Workers know their memory for certain, but guess the size of /tmp from the disk.
    return Billed(
        billed_ms=record.billed_ms,
        memory_mb=record.memory_mb or function.memory_mb,
        tmp_mb=(record.tmp_mb or function.tmp_mb) if function.assumed else function.tmp_mb,
    )


def _billed_until(
    counter: LiveCounter, function: FunctionSettings, stopped_at: datetime | None
) -> Billed:
    end = counter.last_seen if stopped_at else datetime.now(UTC)
    lived_ms = max(0, to_ms(end) - counter.invocation.started_ms)
    return Billed(
        billed_ms=min(lived_ms, function.timeout_s * 1000),
        memory_mb=function.memory_mb,
        tmp_mb=function.tmp_mb,
    )
