"""How fast a render goes, how long it still takes, and how often something was tried again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from fanreel.remote.results import Status
from fanreel.storage.invocations import Invocation, InvocationRecord, to_ms
from fanreel.storage.progress import RenderActivity


@dataclass(frozen=True, slots=True)
class Pace:
    """Frames per second since the first chunk began, and seconds left; None while unknown."""

    frames_per_s: float | None = None
    remaining_s: float | None = None

    @classmethod
    def of(cls, activity: RenderActivity, now: datetime) -> Self:
        """Take the pace at *now*; of a rendered one, up to its last chunk's end."""
        starts_ms = [it.started_ms for it in _invocations(activity) if it.chunk_index is not None]
        if not starts_ms or not activity.frames_done or activity.total_frames is None:
            return cls()
        ends_ms = [_end_ms(r) for r in activity.records if r.invocation.chunk_index is not None]
        rendered = all(chunk.state == "done" for chunk in activity.chunks)
        end_ms = max(ends_ms) if rendered and ends_ms else to_ms(now)
        elapsed_s = (end_ms - min(starts_ms)) / 1000
        if elapsed_s <= 0:
            return cls()
        speed = activity.frames_done / elapsed_s
        running = max(1, sum(chunk.state == "running" for chunk in activity.chunks))
        # The slowest chunk decides, unless so many wait that the crowd does.
        longest = max(chunk.frames - chunk.frames_done for chunk in activity.chunks)
        left = activity.total_frames - activity.frames_done
        return cls(speed, max(left / speed, longest * running / speed))


def retries(activity: RenderActivity, status: Status) -> int:
    """Count attempts that came to nothing: failed ones, and killed ones that were followed up."""
    failed = sum(record.failed for record in activity.records)
    latest: dict[str, int] = {}
    for it in _invocations(activity):
        latest[it.work] = max(latest.get(it.work, 0), it.started_ms)
    killed = sum(
        counter.invocation.started_ms < latest[counter.invocation.work]
        for counter in activity.unended
    )
    # The attempt that ended the render is not one that was tried again.
    return max(0, failed + killed - (status in ("FAILED", "TIMED_OUT")))


def _invocations(activity: RenderActivity) -> list[Invocation]:
    seen = [record.invocation for record in activity.records]
    return seen + [counter.invocation for counter in activity.unended]


def _end_ms(record: InvocationRecord) -> int:
    # What is billed includes the initialisation, which came before the handler's start.
    return record.invocation.started_ms + record.billed_ms - record.init_ms
