"""A render as one page that needs nothing else: what was made, and where the time went."""

import html
from collections.abc import Sequence
from pathlib import Path

from fanreel.engine.answers import Pictured
from fanreel.engine.decoder import Decoder
from fanreel.engine.requests import FilmPictures
from fanreel.files.aside import naming_write_errors, written_aside
from fanreel.files.plan_dir import UsedFont
from fanreel.reporting.charts import (
    cost_ms,
    frame_curve,
    memory_chart,
    reason_of,
    timeline,
    totals,
)
from fanreel.reporting.report import Report
from fanreel.reporting.style import STYLE

_POSTER_PX, _SMALL_PX = 960, 260
_SHEET, _SLOWEST = 12, 6


def render_page(report: Report) -> str:
    """Return the page of a render."""
    costs = sorted(dict(cost for run in report.runs for cost in run.frame_costs()).items())
    slowest = sorted(costs, key=cost_ms, reverse=True)[:_SLOWEST]
    total = report.total_frames
    sheet = sorted({total * at // _SHEET for at in range(_SHEET)}) if total else []
    shown = [*sheet, *(frame for frame, _ in slowest)]
    front, *small = _pictures(
        report, [(total // 2, _POSTER_PX), *((number, _SMALL_PX) for number in shown)]
    )
    urls = {number: url for number, url in zip(shown, small, strict=True) if url}
    poster = f'<p class="poster"><img alt="" src="{html.escape(front)}"></p>' if front else ""
    name = html.escape(report.title)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title><style>{STYLE}</style></head>
<body>
<h1>{name}</h1>
<p class="quiet">{html.escape(report.place)}</p>
{poster}
{_facts(report.facts)}
<h2>Where the time went</h2>
{timeline(report)}
{totals(report)}
<h2>Milliseconds of each frame</h2>
<p class="quiet">What each frame took of a worker, beside what else the machine did, by reason:
<i class="script"></i> script and layout, <i class="decode"></i> decoding of its videos,
<i class="raster"></i> drawing, <i class="encode"></i> conversion and encoding.</p>
{frame_curve(costs)}
{_figures([(cost[0], f"frame {cost[0]}: {reason_of(cost)}") for cost in slowest], urls)}
<h2>Memory</h2>
{memory_chart(report.memory, report.end_s)}
<h2>Contact sheet</h2>
{_figures([(n, f"{float(n / report.fps):.2f} s") for n in sheet], urls)}
{_cost(report.cost)}
<h2>Warnings</h2>
{_list(report.warnings)}
<h2>Faces</h2>
{_faces(report.fonts)}
</body></html>
"""


def write_page(path: Path, report: Report) -> None:
    """Write the page of a render to *path*, whole or not at all. Raises `RenderError`."""
    page = render_page(report)
    with written_aside(path) as aside, naming_write_errors(path):
        aside.write_text(page, encoding="utf-8")


def _pictures(report: Report, wanted: Sequence[tuple[int, int]]) -> tuple[str | None, ...]:
    """Return frames of the film by number and width, decoded in a child."""
    if report.film is None or not report.total_frames:
        return (None,) * len(wanted)
    request = FilmPictures(film=report.film.absolute(), fps=report.fps, wanted=tuple(wanted))
    with Decoder("decoded the film", report.film) as decoder:
        return decoder.ask(request, Pictured).urls


def _facts(facts: dict[str, str]) -> str:
    rows = (f"<div><dt>{k}</dt><dd>{html.escape(v)}</dd></div>" for k, v in facts.items())
    return f"<dl>{''.join(rows)}</dl>"


def _figures(shown: list[tuple[int, str]], urls: dict[int, str]) -> str:
    cells = (
        f"<figure>{_image(urls.get(number))}<figcaption>{text}</figcaption></figure>"
        for number, text in shown
    )
    return f'<div class="sheet">{"".join(cells)}</div>'


def _image(url: str | None) -> str:
    return f'<img alt="" src="{html.escape(url)}">' if url else ""


def _cost(lines: tuple[tuple[str, str], ...]) -> str:
    if not lines:
        return ""
    rows = "".join(
        f"<tr><td>{html.escape(usd)}</td><td>{html.escape(what)}</td></tr>" for usd, what in lines
    )
    return f"<h2>Cost</h2><table>{rows}</table>"


def _list(lines: tuple[str, ...]) -> str:
    if not lines:
        return '<p class="quiet">None.</p>'
    return f"<ul>{''.join(f'<li>{html.escape(line)}</li>' for line in lines)}</ul>"


def _faces(fonts: tuple[UsedFont, ...]) -> str:
    if not fonts:
        return '<p class="quiet">No text.</p>'
    rows = "".join(
        f"<tr><td>{html.escape(font.element)}</td><td>{html.escape(', '.join(font.families))}</td>"
        f"<td>{html.escape(', '.join(font.web_fonts + font.system_fonts))}</td>"
        f"<td>{html.escape(font.way)}</td></tr>"
        for font in fonts
    )
    head = "<tr><th>text</th><th>asks for</th><th>is drawn with</th><th>from</th></tr>"
    return f"<table>{head}{rows}</table>"
