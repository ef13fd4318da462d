"""The report's drawings: who did what when, each frame's milliseconds, memory. SVG, no scripts."""

import html
from collections.abc import Iterable, Sequence

from fanreel.reporting.report import WORDS, Bar, Kind, MemoryCurve, Report
from fanreel.segments.times import REASONS

_WIDTH, _LEFT, _ROW, _TOP, _HEIGHT = 1000, 88, 26, 6, 200
_MOST_POINTS = 1000
_LEAST_S = 0.05
_SPENT_ON = {
    "script": "script and layout",
    "decode": "decoding",
    "raster": "drawing",
    "encode": "encoding",
}

FrameCost = tuple[int, dict[str, float]]


def timeline(report: Report) -> str:
    """Return lanes and their bars."""
    end_s = report.end_s or 1.0
    shapes = []
    for number, lane in enumerate(report.lanes):
        y = _TOP + _ROW * number
        shapes.append(f'<text x="6" y="{y + 15}">{html.escape(lane.name)}</text>')
        shapes += [_bar(bar, y, end_s) for bar in lane.bars]
    height = _TOP + _ROW * len(report.lanes) + 18
    shapes.append(_ends(height, "0 s", f"{end_s:.1f} s"))
    return _svg(height, "Who did what when", shapes)


def totals(report: Report) -> str:
    """Return what the colours mean, and the seconds of each over all workers."""
    spent: dict[Kind, float] = {}
    for lane in report.lanes:
        for bar in lane.bars:
            rest_s = bar.end_s - bar.begin_s - sum(seconds for _, seconds in bar.parts)
            # The stage `render` is what the workers' lanes tell in detail.
            rest = () if bar.kind == "render" and not bar.parts else ((bar.kind, rest_s),)
            for kind, seconds in (*bar.parts, *rest):
                spent[kind] = spent.get(kind, 0.0) + max(seconds, 0.0)
    cells = [
        f'<li><i class="{kind}"></i>{words} <b>{spent[kind]:.1f} s</b></li>'
        for kind, words in WORDS.items()
        if spent.get(kind, 0.0) >= _LEAST_S
    ]
    beside_s = sum(sum(run.times.encode) for run in report.runs) / 1000
    if beside_s:
        cells.append(f"<li>encoding, beside that <b>{beside_s:.1f} s</b></li>")
    return f'<ul class="legend">{"".join(cells)}</ul>'


def _x(at_s: float, end_s: float) -> float:
    return _LEFT + at_s / end_s * (_WIDTH - _LEFT - 8)


def _bar(bar: Bar, y: int, end_s: float) -> str:
    left, right = _x(bar.begin_s, end_s), _x(bar.end_s, end_s)
    width, height = max(right - left - 1, 1), _ROW - 6
    box = f'y="{y}" height="{height}"'
    shapes = [f'<rect x="{left:.1f}" {box} width="{width:.1f}" rx="3" class="{bar.kind}"/>']
    known_s, at = sum(seconds for _, seconds in bar.parts), left
    # What is not measured (hand-over, closing the file) keeps the bar's own colour.
    whole_s = max(bar.end_s - bar.begin_s, known_s)
    for kind, seconds in bar.parts if whole_s else ():
        part = width * seconds / whole_s
        shapes.append(f'<rect x="{at:.1f}" {box} width="{part:.1f}" class="{kind}"/>')
        at += part
    if bar.text and width > 9 * len(bar.text):
        text = html.escape(bar.text)
        shapes.append(f'<text class="in" x="{left + 5:.1f}" y="{y + 14}">{text}</text>')
    return f"<g><title>{html.escape(bar.title)}</title>{''.join(shapes)}</g>"


def frame_curve(costs: Sequence[FrameCost]) -> str:
    """Return each frame's milliseconds, by reason, one on the other."""
    if not costs:
        return '<p class="quiet">No frame was rendered: all were there.</p>'
    step = max(-(-len(costs) // _MOST_POINTS), 1)
    dearest = [max(costs[at : at + step], key=cost_ms) for at in range(0, len(costs), step)]
    top_ms = max(map(cost_ms, dearest)) or 1.0
    last = max(costs[-1][0], 1)
    shapes = []
    for number, reason in reversed(list(enumerate(REASONS))):
        # The area of a reason and all before it; what lies before is drawn over it.
        upto = [
            (frame, sum(cost[name] for name in REASONS[: number + 1])) for frame, cost in dearest
        ]
        line = " ".join(f"{_x(f, last):.1f},{_y(ms, top_ms):.1f}" for f, ms in upto)
        first_x, last_x = _x(upto[0][0], last), _x(upto[-1][0], last)
        ground = _y(0, top_ms)
        shapes.append(
            f'<polygon class="{reason}" points="{first_x:.1f},{ground} {line} '
            f'{last_x:.1f},{ground}"/>'
        )
    return _svg(
        _HEIGHT,
        "Milliseconds of each frame",
        [*_heights(f"{top_ms:.0f} ms"), *shapes, _ends(_HEIGHT, "frame 0", str(last))],
    )


def cost_ms(cost: FrameCost) -> float:
    """Return what a frame cost in all."""
    return sum(cost[1].values())


def reason_of(cost: FrameCost) -> str:
    """
    Say what most of a frame's time went into.

    >>> reason_of((7, {"script": 2.0, "decode": 0.0, "raster": 90.0, "encode": 8.0}))
    'drawing 90 of 100 ms'
    """
    reason = max(cost[1], key=lambda name: cost[1][name])
    return f"{_SPENT_ON[reason]} {cost[1][reason]:.0f} of {cost_ms(cost):.0f} ms"


def memory_chart(curves: Sequence[MemoryCurve], end_s: float) -> str:
    """Return memory over time, one line a process tree."""
    samples = [sample for curve in curves for sample in curve.samples]
    if not samples:
        return '<p class="quiet">Not measured.</p>'
    top_mb, end_s = max(mb for _, mb in samples) or 1, max(end_s, samples[-1][0]) or 1.0
    lines = []
    for curve in curves:
        points = " ".join(f"{_x(s, end_s):.1f},{_y(mb, top_mb):.1f}" for s, mb in curve.samples)
        most = max((mb for _, mb in curve.samples), default=0)
        lines.append(
            f"<g><title>{html.escape(curve.name)}: at most {most} MiB</title><polyline class="
            f'"line" points="{points}"/></g>'
        )
    ends = _ends(_HEIGHT, "0 s", f"{end_s:.1f} s")
    return _svg(_HEIGHT, "Memory over time", [*_heights(f"{top_mb} MiB"), *lines, ends])


def _y(value: float, top: float) -> float:
    return 12 + (1 - value / top) * (_HEIGHT - 36)


def _heights(top: str) -> tuple[str, str]:
    return f'<text x="6" y="20">{top}</text>', f'<text x="6" y="{_HEIGHT - 24}">0</text>'


def _ends(height: int, left: str, right: str) -> str:
    return (
        f'<text x="{_LEFT}" y="{height - 5}">{left}</text>'
        f'<text x="{_WIDTH - 8}" y="{height - 5}" text-anchor="end">{right}</text>'
    )


def _svg(height: int, label: str, shapes: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">'
        f"{''.join(shapes)}</svg>"
    )
