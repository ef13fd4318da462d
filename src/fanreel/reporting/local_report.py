"""The report of a render on this machine: `fanreel render --report`."""

from pathlib import Path
from typing import TYPE_CHECKING

from fanreel.reporting.page import write_page
from fanreel.reporting.render_log import RenderLog
from fanreel.reporting.report import Bar, Kind, Lane, MemoryCurve, Report, segment_bar

if TYPE_CHECKING:
    from fanreel.results import RenderResult

_STAGES: tuple[Kind, ...] = ("plan", "render", "assemble")


def write_report(path: Path, result: "RenderResult", log: RenderLog) -> None:
    """Write the page of a finished render to *path*."""
    write_page(path, local_report(result, log))


def local_report(result: "RenderResult", log: RenderLog) -> Report:
    """Return what the page shows of a finished render."""
    workers = sorted({run.worker for run in log.runs})
    lanes = [
        Lane(
            name=f"worker {worker + 1}",
            bars=tuple(segment_bar(run) for run in log.runs if run.worker == worker),
        )
        for worker in workers
    ]
    return Report(
        title=result.output_path.name,
        place=f"{result.output_path}, sha256 {result.sha256[:16]}",
        film=result.output_path if result.total_frames else None,
        fps=result.fps,
        total_frames=result.total_frames,
        facts=_facts(result, log, len(workers)),
        lanes=(_stages(result), *lanes),
        runs=tuple(log.runs),
        memory=(MemoryCurve(name="all processes", samples=tuple(log.memory)),),
        warnings=result.warnings,
        fonts=result.fonts,
    )


def _stages(result: "RenderResult") -> Lane:
    bars, at_s = [], 0.0
    for stage in _STAGES:
        spent_s = result.stages.get(stage, 0.0)
        title = f"{stage}: {spent_s:.2f} s"
        bars.append(Bar(kind=stage, begin_s=at_s, end_s=at_s + spent_s, title=title, text=stage))
        at_s += spent_s
    return Lane(name="stages", bars=tuple(bars))


def _facts(result: "RenderResult", log: RenderLog, workers: int) -> dict[str, str]:
    spent_s = sum(result.stages.values())
    facts = {
        "film": f"{result.duration_s:.2f} s, {result.width} × {result.height}",
        "frames": f"{result.total_frames} at {float(result.fps):g}/s",
        "size": f"{result.size_bytes / 1e6:.2f} MB",
        "took": f"{spent_s:.1f} s, {result.total_frames / max(spent_s, 1e-3):.1f} frames/s",
        "workers": str(workers),
    }
    if log.memory:
        facts["most memory"] = f"{max(mb for _, mb in log.memory)} MiB"
    if result.frames_resumed:
        facts["there already"] = f"{result.frames_resumed} frames"
    if (frames := result.cache.hits + result.cache.misses) > 0:
        facts["source frames from the cache"] = f"{result.cache.hits} of {frames}"
    return facts
