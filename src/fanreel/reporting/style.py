"""The report's style sheet."""

from fanreel.reporting.report import WORDS

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #7a7f8a;
  --plan: #8a63d2; --start: #9aa0ac; --fetch: #4fb3bf; --open: #8fb4ff; --script: #e0a526;
  --decode: #d65c9e; --raster: #3f6ae0; --encode: #2c9a63; --wait: #c3c8d2; --store: #a0764b;
  --assemble: #1f7a4d; --render: #6f86b8; --failed: #d8433c;
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
svg .line { fill: none; stroke: var(--raster); stroke-width: 1.2; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0;
  margin: 10px 0; font-size: 13px; font-variant-numeric: tabular-nums; }
i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 5px; }
.sheet { display: grid; margin-top: 12px; gap: 8px;
  grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
figure { margin: 0; } figure img { width: 100%; display: block; border-radius: 5px; }
figcaption { font-size: 12px; color: var(--quiet); font-variant-numeric: tabular-nums; }
li { margin-bottom: 6px; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: 4px 12px 4px 0;
  border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--quiet); font-weight: 400; font-size: 13px; }
""" + "".join(
    f"rect.{kind}, polygon.{kind} {{ fill: var(--{kind}); }} "
    f"i.{kind} {{ background: var(--{kind}); }}\n"
    for kind in WORDS
)
