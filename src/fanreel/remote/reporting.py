"""The report of a render on a cloud, from what its workers wrote about themselves."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from fanreel.formats import PACKED
from fanreel.remote.cloud import Cloud
from fanreel.remote.finished import download
from fanreel.remote.results import Progress
from fanreel.remote.watching import Watcher
from fanreel.reporting.report import Bar, Kind, Lane, MemoryCurve, Report, segment_bar
from fanreel.segments.times import SegmentRun
from fanreel.storage.invocations import InvocationRecord, LiveCounter, to_ms
from fanreel.storage.journal import Film, Journal, Phase
from fanreel.storage.progress import RenderActivity

if TYPE_CHECKING:
    from fanreel.remote.estimates import Cost

Told = tuple[InvocationRecord, Journal]

_KINDS: dict[str, Kind] = {
    "fetch": "fetch", "plan": "plan", "store": "store", "render": "render", "assemble": "assemble"
}  # fmt: skip


def write_report(
    cloud: Cloud, watcher: Watcher, render_id: str, path: Path, *, pictures: bool
) -> None:
    """Write the page to *path*. Raises as `RenderClient.report()`."""
    from fanreel.reporting.page import write_page  # noqa: PLC0415 (needs what renders need)

    now = watcher.progress(render_id)
    activity, told = watcher.told(render_id)
    with tempfile.TemporaryDirectory(prefix="fanreel-") as folder:
        film = None
        if pictures and now.stage == "done" and now.total_frames:
            # Frames packed as an archive are unpacked.
            name = Path(now.output_uri or "").name.removesuffix(PACKED)
            film = Path(download(cloud, render_id, Path(folder) / name).path)
        write_page(path, render_report(now, activity, told, film))


def render_report(
    now: Progress, activity: RenderActivity, told: list[Told], film: Path | None
) -> Report:
    """
    Return what the page shows of a render.

    Args:
        now: Where it stands.
        activity: What its folder lists.
        told: Its records, each with its journal.
        film: The video, fetched; None: the page has no pictures.
    """
    since_ms = to_ms(now.started_at) if isinstance(now.started_at, datetime) else 0
    runs = [run for _, journal in told for run in journal.segments]
    return Report(
        title=now.render_id,
        place=now.output_uri or f"{now.stage}; there is no video",
        film=film,
        fps=_film(told).fps,
        total_frames=_film(told).total_frames,
        facts=_facts(now, activity, _film(told)),
        lanes=tuple(_lanes(activity, told, since_ms)),
        runs=tuple(runs),
        memory=tuple(_memory(told, since_ms)),
        cost=() if now.cost is None else cost_rows(now.cost),
        warnings=tuple(_warnings(now, told)),
        fonts=tuple(font for _, journal in told for font in journal.fonts),
    )


def cost_rows(cost: "Cost") -> tuple[tuple[str, str], ...]:
    """Return a cost's lines: USD, and what for."""
    lines = {"in all": cost.total_usd} | cost.lines
    rows = tuple((f"{usd:.6f} USD", what) for what, usd in lines.items())
    notes = (*cost.notes, f"{cost.region}, {cost.architecture}, prices of {cost.prices_date}")
    return (*rows, *(("", note) for note in notes))


def _film(told: list[Told]) -> Film:
    found = (journal.film for _, journal in told if journal.film is not None)
    unknown = Film(fps=Fraction(30), width=0, height=0, total_frames=0, format="")
    return next(found, unknown)


def _facts(now: Progress, activity: RenderActivity, film: Film) -> dict[str, str]:
    records = activity.records
    facts = {
        "status": now.stage,
        "film": f"{float(film.total_frames / film.fps):.2f} s, {film.width} × {film.height}",
        "frames": f"{film.total_frames} at {float(film.fps):g}/s",
        "took": f"{now.elapsed_s:.1f} s, {film.total_frames / max(now.elapsed_s, 1e-3):.1f} "
        "frames/s",
        "chunks": str(len(activity.chunks)),
        "invocations": str(len(records) + len(activity.unended)),
        "cold starts": str(sum(record.cold for record in records)),
        "retries": str(now.retries),
    }
    if (found := sum(record.segments_found for record in records)) > 0:
        facts["segments there already"] = str(found)
    if records:
        dearest = max(records, key=lambda record: record.memory_used_mb)
        facts["most memory"] = f"{dearest.memory_used_mb} of {dearest.memory_mb} MiB"
    if now.cost is not None:
        facts["cost"] = f"{now.cost.total_usd:.4f} USD"
    return facts


def _lanes(activity: RenderActivity, told: list[Told], since_ms: int) -> Iterator[Lane]:
    """Yield one lane for each piece of work, in the order of their first start."""
    bars: dict[str, list[Bar]] = {}
    for record, journal in told:
        bars.setdefault(record.invocation.work, []).extend(_bars(record, journal, since_ms))
    for counter in activity.unended:
        bars.setdefault(counter.invocation.work, []).append(_unended(counter, since_ms))
    for work, found in sorted(bars.items(), key=lambda item: min(b.begin_s for b in item[1])):
        yield Lane(name=f"chunk {int(work)}" if work.isdigit() else work, bars=tuple(found))


def _bars(record: InvocationRecord, journal: Journal, since_ms: int) -> Iterator[Bar]:
    begin_s = (record.invocation.started_ms - since_ms) / 1000
    end_s = begin_s + (record.billed_ms - record.init_ms) / 1000
    if record.cold:
        init_s = record.init_ms / 1000
        words = f"cold start: {init_s:.2f} s"
        yield Bar(kind="start", begin_s=begin_s - init_s, end_s=begin_s, title=words)
    if record.failed:
        words = f"{record.outcome} after {end_s - begin_s:.2f} s: {journal.message}"
        yield Bar(kind="failed", begin_s=begin_s, end_s=end_s, title=words, text=record.outcome)
        return
    # What is fetched while the engine starts lies on top of that.
    for phase in sorted(journal.phases, key=lambda phase: phase.begin_ms):
        if phase.name == "render" and journal.segments:
            yield from _render_bars(phase, journal.segments, begin_s)
        else:
            spent_s = (phase.end_ms - phase.begin_ms) / 1000
            yield Bar(
                kind=_KINDS.get(phase.name, "render"),
                begin_s=begin_s + phase.begin_ms / 1000,
                end_s=begin_s + phase.end_ms / 1000,
                title=f"{phase.name}: {spent_s:.2f} s",
                text=phase.name,
            )


def _render_bars(phase: Phase, segments: tuple[SegmentRun, ...], begin_s: float) -> Iterator[Bar]:
    at_s = begin_s + phase.begin_ms / 1000
    first_s = at_s + segments[0].begin_s
    words = f"starting the engine: {first_s - at_s:.2f} s"
    yield Bar(kind="start", begin_s=at_s, end_s=first_s, title=words)
    yield from (segment_bar(run, at_s) for run in segments)
    last_s, end_s = at_s + segments[-1].end_s, begin_s + phase.end_ms / 1000
    words = f"storing the last segment: {end_s - last_s:.2f} s"
    yield Bar(kind="store", begin_s=last_s, end_s=max(last_s, end_s), title=words)


def _unended(counter: LiveCounter, since_ms: int) -> Bar:
    begin_s = (counter.invocation.started_ms - since_ms) / 1000
    return Bar(
        kind="failed",
        begin_s=begin_s,
        end_s=max(begin_s, (to_ms(counter.last_seen) - since_ms) / 1000),
        title=f"no record: it runs, or was killed after frame {counter.frames}",
        text="killed?",
    )


def _memory(told: list[Told], since_ms: int) -> Iterator[MemoryCurve]:
    for record, journal in told:
        begin_ms, work = record.invocation.started_ms - since_ms, record.invocation.work
        samples = tuple(((begin_ms + at_ms) / 1000, mb) for at_ms, mb in journal.memory)
        yield MemoryCurve(name=f"chunk {int(work)}" if work.isdigit() else work, samples=samples)


def _warnings(now: Progress, told: list[Told]) -> Iterator[str]:
    if now.failure is not None:
        yield f"{now.failure.code}: {now.failure.message}"
    for record, journal in told:
        yield from journal.warnings
        if record.failed:
            chunk = record.invocation.chunk_index
            where = record.invocation.work if chunk is None else f"chunk {chunk}"
            yield f"{where} failed with {record.outcome}: {journal.message}"
