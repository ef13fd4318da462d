"""A comparison as one page that needs nothing else."""

import html
from collections.abc import Sequence
from pathlib import Path

from fanreel.comparison.comparison import SAME_DB, Bars, Comparison, FramePair, SoundComparison
from fanreel.files.aside import naming_write_errors, written_aside

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #7a7f8a; --bad: #d8433c; --good: #2c9a63;
  --curve: #3f6ae0; font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
body { max-width: 1100px; margin: 0 auto; padding: 24px 16px 60px; }
h1 { font-size: 21px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 36px 0 10px; }
.quiet { color: var(--quiet); } .bad { color: var(--bad); } .good { color: var(--good); }
dl { display: flex; flex-wrap: wrap; gap: 12px 32px; margin: 20px 0; }
dt { color: var(--quiet); font-size: 13px; } dd { margin: 0; font-size: 20px;
  font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; display: block; border: 1px solid var(--line);
  border-radius: 8px; }
svg text { fill: var(--quiet); font-size: 11px; }
figure { margin: 0 0 28px; }
.three { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 10px; }
.three img { width: 100%; display: block; border-radius: 6px; background:
  repeating-conic-gradient(#888 0 25%, #aaa 0 50%) 0 0 / 16px 16px; }
figcaption { margin-bottom: 6px; font-variant-numeric: tabular-nums; }
small { color: var(--quiet); display: block; }
@media (max-width: 640px) { .three { grid-template-columns: 1fr; } }
"""
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 1000, 220, 44, 24, 12
_MOST_POINTS = 1000
_TOP_DB = 60.0
"""Distances above it are not seen; equal frames lie on this line."""


def comparison_page(found: Comparison, bars: Bars) -> str:
    """Return the page of *found*, which says whether it passes *bars*."""
    title = f"{found.left.name} and {found.right.name}"
    pairs = "\n".join(_figure(pair, found) for pair in found.worst)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title><style>{_STYLE}</style></head>
<body>
<h1>{html.escape(title)}</h1>
<p class="quiet">{html.escape(str(found.left))} beside {html.escape(str(found.right))}</p>
{_verdict(found, bars)}
<dl>
<div><dt>lowest PSNR</dt><dd>{decibels(found.lowest_db)}</dd></div>
<div><dt>mean PSNR</dt><dd>{decibels(found.mean_db)}</dd></div>
<div><dt>frames that differ</dt><dd>{found.differing} of {len(found.psnr_db)}</dd></div>
<div><dt>frames</dt><dd>{found.left_frames} and {found.right_frames}</dd></div>
</dl>
<h2>PSNR of each frame</h2>
{_curve(found.psnr_db, bars.frames_db, "frame", found.worst)}
{_sound(found.sound, bars.sound_db)}
<h2>{"Frames that differ most" if found.worst else "No frame differs"}</h2>
{pairs}
</body></html>
"""


def decibels(value: float) -> str:
    """Return a PSNR in words."""
    return "equal" if value >= SAME_DB else f"{value:.1f} dB"


def _sound(sound: SoundComparison | None, bar_db: float | None) -> str:
    if sound is None:
        return ""
    silent = "" if sound.left and sound.right else " One side has no sound."
    return f"""<h2>Sound, second by second</h2>
<p class="quiet">How far the louder of both lies above their difference, 48 kHz stereo.
{sound.differing} of {len(sound.snr_db)} seconds differ, the lowest is
{decibels(sound.lowest_db)}.{silent}</p>
{_curve(sound.snr_db, bar_db, "second")}"""


def _verdict(found: Comparison, bars: Bars) -> str:
    words = []
    if found.left_frames != found.right_frames:
        words.append('<b class="bad">They have not as many frames.</b>')
    asked = (
        ("", bars.frames_db, Bars(frames_db=bars.frames_db)),
        (" of its sound", bars.sound_db, Bars(sound_db=bars.sound_db)),
    )
    for what, bar_db, bar in asked:
        if bar_db is not None:
            kind, verb = ("good", "passes") if bar.passes(found) else ("bad", "does not pass")
            words.append(f'<b class="{kind}">It {verb} the bar{what} of {bar_db:g} dB.</b>')
    return f"<p>{' '.join(words)}</p>" if words else ""


def _figure(pair: FramePair, found: Comparison) -> str:
    at_s = float(pair.frame / found.fps)
    shown = [(pair.left, found.left), (pair.right, found.right), (pair.difference, None)]
    cells = "".join(
        f'<div><img alt="" src="{html.escape(url)}">'
        f"<small>{html.escape(path.name) if path else 'difference, four times'}</small></div>"
        for url, path in shown
    )
    return (
        f"<figure><figcaption><b>frame {pair.frame}</b>, {at_s:.2f} s: "
        f'{decibels(pair.psnr_db)}</figcaption><div class="three">{cells}</div></figure>'
    )


def _curve(
    values: Sequence[float], bar_db: float | None, unit: str, worst: Sequence[FramePair] = ()
) -> str:
    step = max(-(-len(values) // _MOST_POINTS), 1)
    # Of the frames that share a point the worst counts: it is the one that is looked for.
    points = [(at, min(values[at : at + step])) for at in range(0, len(values), step)]
    low = max(min(10.0 * int(min(*values, 30, 30) / 10), 20.0), 0.0)

    def y(value: float) -> float:
        share = (min(value, _TOP_DB) - low) / (_TOP_DB - low)
        return _TOP + (1 - max(share, 0)) * (_HEIGHT - _TOP - _BOTTOM)

    def x(frame: int) -> float:
        return _LEFT + frame / max(len(values) - 1, 1) * (_WIDTH - _LEFT - 12)

    grid = "".join(
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y(db):.1f}" y2="{y(db):.1f}" stroke="#8883"/>'
        f'<text x="6" y="{y(db) + 4:.1f}">{db:.0f} dB</text>'
        for db in range(int(low), int(_TOP_DB) + 1, 10)
    )
    bar = (
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y(bar_db):.1f}" y2="{y(bar_db):.1f}" '
        'stroke="var(--bad)" stroke-dasharray="6 4"/>'
        if bar_db is not None
        else ""
    )
    line = " ".join(f"{x(frame):.1f},{y(value):.1f}" for frame, value in points)
    dots = "".join(
        f'<circle cx="{x(pair.frame):.1f}" cy="{y(pair.psnr_db):.1f}" r="4" fill="var(--bad)">'
        f"<title>frame {pair.frame}: {decibels(pair.psnr_db)}</title></circle>"
        for pair in worst
    )
    end = f'<text x="{_WIDTH - 12}" y="{_HEIGHT - 6}" text-anchor="end">{len(values) - 1}</text>'
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Distance by {unit}">'
        f'{grid}{bar}<polyline points="{line}" fill="none" stroke="var(--curve)" '
        f'stroke-width="1.5"/>{dots}<text x="{_LEFT}" y="{_HEIGHT - 6}">{unit} 0</text>{end}</svg>'
    )


def write_page(path: Path, found: Comparison, bars: Bars) -> None:
    """Write the page to *path*, whole or not at all. Raises `RenderError`."""
    page = comparison_page(found, bars)
    with written_aside(path) as aside, naming_write_errors(path):
        aside.write_text(page, encoding="utf-8")
