"""A render as one page that needs nothing else: what was made, and where the time went."""

import html
import resource
from collections.abc import Sequence
from pathlib import Path

from fanreel.engine.answers import Pictured
from fanreel.engine.decoder import Decoder
from fanreel.engine.requests import FilmPictures
from fanreel.local import RenderResult
from fanreel.reporting.render_log import RenderLog

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #7a7f8a; --bad: #d8433c;
  --plan: #8a63d2; --render: #3f6ae0; --assemble: #2c9a63;
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
body { max-width: 1100px; margin: 0 auto; padding: 24px 16px 60px; }
h1 { font-size: 21px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 36px 0 10px; }
.quiet { color: var(--quiet); overflow-wrap: anywhere; }
.poster img { width: 100%; max-height: 420px; object-fit: contain; border-radius: 8px; }
dl { display: flex; flex-wrap: wrap; gap: 12px 32px; margin: 20px 0; }
dt { color: var(--quiet); font-size: 13px; } dd { margin: 0; font-size: 18px;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; border: 1px solid var(--line);
  border-radius: 8px; }
svg text { fill: var(--quiet); font-size: 11px; } svg .in { fill: #fff; }
.sheet { display: grid; margin-top: 12px; gap: 8px;
  grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
figure { margin: 0; } figure img { width: 100%; display: block; border-radius: 5px; }
figcaption { font-size: 12px; color: var(--quiet); font-variant-numeric: tabular-nums; }
li { margin-bottom: 6px; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: 4px 12px 4px 0;
  border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--quiet); font-weight: 400; font-size: 13px; }
"""
_POSTER_PX, _SMALL_PX = 960, 260
_SHEET, _SLOWEST = 12, 6
_WIDTH, _LEFT, _ROW, _TOP = 1000, 72, 26, 20
_MOST_POINTS = 1000


def render_page(result: RenderResult, log: RenderLog) -> str:
    """Return the page of a finished render."""
    costs = sorted({frame: s for run in log.runs for frame, s in run.frame_costs()}.items())
    slowest = sorted(costs, key=lambda item: -item[1])[:_SLOWEST]
    total = result.total_frames
    sheet = sorted({total * at // _SHEET for at in range(_SHEET)}) if total else []
    shown = [*sheet, *(frame for frame, _ in slowest)]
    front, *small = _pictures(
        result, [(total // 2, _POSTER_PX), *((number, _SMALL_PX) for number in shown)]
    )
    urls = {number: url for number, url in zip(shown, small, strict=True) if url}
    poster = f'<p class="poster"><img alt="" src="{html.escape(front)}"></p>' if front else ""
    name = html.escape(result.output_path.name)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title><style>{_STYLE}</style></head>
<body>
<h1>{name}</h1>
<p class="quiet">{html.escape(str(result.output_path))}, sha256 {result.sha256[:16]}</p>
{poster}
{_facts(result, log)}
<h2>Where the time went</h2>
{_gantt(result, log)}
<h2>Milliseconds of each frame</h2>
<p class="quiet">As the encoder got it: drawing, decoding of its videos and encoding, beside what
else the machine did. A worker's first frames hold the opening of the page.</p>
{_curve(costs)}
{_figures([(n, f"frame {n}: {1000 * s:.0f} ms") for n, s in slowest], urls)}
<h2>Contact sheet</h2>
{_figures([(n, f"{float(n / result.fps):.2f} s") for n in sheet], urls)}
<h2>Warnings</h2>
{_list(result.warnings)}
<h2>Faces</h2>
{_faces(result)}
</body></html>
"""


def write_report(path: Path, result: RenderResult, log: RenderLog) -> None:
    """Write the page to *path*."""
    path.write_text(render_page(result, log), encoding="utf-8")


def _pictures(result: RenderResult, wanted: Sequence[tuple[int, int]]) -> tuple[str | None, ...]:
    """Return frames of the film by number and width, decoded in a child."""
    film = result.output_path
    request = FilmPictures(film=film.absolute(), fps=result.fps, wanted=tuple(wanted))
    with Decoder("decoded the film", film) as decoder:
        return decoder.ask(request, Pictured).urls


def _facts(result: RenderResult, log: RenderLog) -> str:
    spent_s = sum(result.stages.values())
    # Of Linux in KiB: the largest process that this one started and that has ended.
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    workers = len({run.worker for run in log.runs})
    facts = {
        "film": f"{result.duration_s:.2f} s, {result.width} × {result.height}",
        "frames": f"{result.total_frames} at {float(result.fps):g}/s",
        "size": f"{result.size_bytes / 1e6:.2f} MB",
        "took": f"{spent_s:.1f} s, {result.total_frames / max(spent_s, 1e-3):.1f} frames/s",
        "workers": str(workers),
        "largest process": f"{peak_mb:.0f} MB",
    }
    if result.frames_resumed:
        facts["there already"] = f"{result.frames_resumed} frames"
    if (frames := result.cache.hits + result.cache.misses) > 0:
        facts["source frames from the cache"] = f"{result.cache.hits} of {frames}"
    rows = (f"<div><dt>{k}</dt><dd>{html.escape(v)}</dd></div>" for k, v in facts.items())
    return f"<dl>{''.join(rows)}</dl>"


def _gantt(result: RenderResult, log: RenderLog) -> str:
    end_s = max([sum(result.stages.values()), *(run.end_s for run in log.runs)], default=1) or 1

    def x(at_s: float) -> float:
        return _LEFT + at_s / end_s * (_WIDTH - _LEFT - 8)

    shapes, at_s = [], 0.0
    for stage in ("plan", "render", "assemble"):
        spent_s = result.stages.get(stage, 0.0)
        title = f"{stage}: {spent_s:.2f} s"
        shapes.append(_bar(x(at_s), x(at_s + spent_s), _TOP, f"var(--{stage})", title, stage))
        at_s += spent_s
    for run in log.runs:
        y = _TOP + _ROW * (run.worker + 1)
        colour = "var(--bad)" if run.failed else "var(--render)"
        words = f"frames {run.start_frame} to {run.end_frame - 1}"
        first = f", first frame after {run.ticks[0][1] - run.begin_s:.2f} s" if run.ticks else ""
        title = f"{words}: {run.end_s - run.begin_s:.2f} s{first}"
        shapes.append(_bar(x(run.begin_s), x(run.end_s), y, colour, title, str(run.start_frame)))
    workers = sorted({run.worker for run in log.runs})
    names = [(_TOP, "stages"), *((_TOP + _ROW * (w + 1), f"worker {w + 1}") for w in workers)]
    labels = "".join(f'<text x="6" y="{y + 15}">{text}</text>' for y, text in names)
    height = _TOP + _ROW * (len(names)) + 18
    ends = (
        f'<text x="{_LEFT}" y="{height - 5}">0 s</text>'
        f'<text x="{_WIDTH - 8}" y="{height - 5}" text-anchor="end">{end_s:.1f} s</text>'
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="Segments over workers">'
        f"{labels}{''.join(shapes)}{ends}</svg>"
    )


def _bar(left: float, right: float, y: int, colour: str, title: str, text: str) -> str:
    width = max(right - left - 1, 1)
    shown = f'<text class="in" x="{left + 5:.1f}" y="{y + 14}">{text}</text>'
    return (
        f'<g><title>{html.escape(title)}</title><rect x="{left:.1f}" y="{y}" width="{width:.1f}" '
        f'height="{_ROW - 6}" rx="3" fill="{colour}"/>{shown if width > 9 * len(text) else ""}</g>'
    )


def _curve(costs: list[tuple[int, float]]) -> str:
    if not costs:
        return '<p class="quiet">No frame was rendered: all were there.</p>'
    step = max(-(-len(costs) // _MOST_POINTS), 1)
    points = [max(costs[at : at + step], key=lambda c: c[1]) for at in range(0, len(costs), step)]
    top_ms = max(1000 * seconds for _, seconds in points)
    last, height = max(costs[-1][0], 1), 200

    def x(frame: int) -> float:
        return _LEFT + frame / last * (_WIDTH - _LEFT - 8)

    def y(ms: float) -> float:
        return 12 + (1 - ms / top_ms) * (height - 36)

    line = " ".join(f"{x(frame):.1f},{y(1000 * s):.1f}" for frame, s in points)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="Milliseconds over frames">'
        f'<text x="6" y="20">{top_ms:.0f} ms</text><text x="6" y="{height - 24}">0</text>'
        f'<polyline points="{line}" fill="none" stroke="var(--render)" stroke-width="1.2"/>'
        f'<text x="{_LEFT}" y="{height - 5}">frame 0</text>'
        f'<text x="{_WIDTH - 8}" y="{height - 5}" text-anchor="end">{last}</text></svg>'
    )


def _figures(shown: list[tuple[int, str]], urls: dict[int, str]) -> str:
    cells = (
        f'<figure><img alt="" src="{html.escape(urls[number])}">'
        f"<figcaption>{text}</figcaption></figure>"
        for number, text in shown
        if number in urls
    )
    return f'<div class="sheet">{"".join(cells)}</div>'


def _list(lines: tuple[str, ...]) -> str:
    if not lines:
        return '<p class="quiet">None.</p>'
    return f"<ul>{''.join(f'<li>{html.escape(line)}</li>' for line in lines)}</ul>"


def _faces(result: RenderResult) -> str:
    if not result.fonts:
        return '<p class="quiet">No text.</p>'
    rows = "".join(
        f"<tr><td>{html.escape(font.element)}</td><td>{html.escape(', '.join(font.families))}</td>"
        f"<td>{html.escape(', '.join(font.web_fonts + font.system_fonts))}</td>"
        f"<td>{html.escape(font.way)}</td></tr>"
        for font in result.fonts
    )
    head = "<tr><th>text</th><th>asks for</th><th>is drawn with</th><th>from</th></tr>"
    return f"<table>{head}{rows}</table>"
