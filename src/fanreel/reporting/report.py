"""What a page about a render shows, wherever it was rendered."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

from fanreel.files.plan_dir import UsedFont
from fanreel.segments.times import SegmentRun, SegmentTimes

Kind = Literal[
    "plan", "start", "fetch", "open", "script", "decode", "raster", "encode", "wait",
    "store", "assemble", "render", "failed",
]  # fmt: skip
WORDS: dict[Kind, str] = {
    "plan": "planning",
    "start": "starting",
    "fetch": "fetching the plan",
    "open": "opening pages",
    "script": "scripts and layout",
    "decode": "decoding videos",
    "raster": "drawing",
    "encode": "converting pixels",
    "wait": "waiting for the encoder",
    "store": "storing",
    "assemble": "assembling",
    "render": "the rest of rendering",
    "failed": "in vain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Something that took a while; times in seconds since the render began."""

    kind: Kind
    begin_s: float
    end_s: float
    title: str
    text: str = ""
    parts: tuple[tuple[Kind, float], ...] = ()
    """Seconds of what it consists of, one after the other, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What followed each other in one place: a worker, a chunk."""

    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCurve:
    """Memory of one process tree over time."""

    name: str
    samples: tuple[tuple[float, int], ...]
    """Seconds since the render began, and MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A render, as its page shows it."""

    title: str
    place: str
    """Of the film, in words."""
    film: Path | None
    """Here, to take pictures from; None: there are none."""
    fps: Fraction
    total_frames: int
    facts: dict[str, str]
    lanes: tuple[Lane, ...]
    runs: tuple[SegmentRun, ...]
    memory: tuple[MemoryCurve, ...] = ()
    cost: tuple[tuple[str, str], ...] = ()
    """Its lines: USD, and what for."""
    warnings: tuple[str, ...] = ()
    fonts: tuple[UsedFont, ...] = field(default=())

    @property
    def end_s(self) -> float:
        """When the last thing ended."""
        return max((bar.end_s for lane in self.lanes for bar in lane.bars), default=0.0)


def segment_bar(run: SegmentRun, since_s: float = 0.0) -> Bar:
    """Return a segment's bar; *since_s* is when its worker's log began."""
    words = f"frames {run.start_frame} to {run.end_frame - 1}: {run.end_s - run.begin_s:.2f} s"
    parts = parts_of(run.times)
    told = "".join(f", {WORDS[kind]} {seconds:.2f} s" for kind, seconds in parts if seconds)
    encode_s = sum(run.times.encode) / 1000
    beside = f"; beside that, encoding {encode_s:.2f} s" if encode_s else ""
    return Bar(
        kind="failed" if run.failed else "render",
        begin_s=since_s + run.begin_s,
        end_s=since_s + run.end_s,
        title=words + told + beside,
        text=str(run.start_frame),
        parts=() if run.failed else parts,
    )


def parts_of(times: SegmentTimes) -> tuple[tuple[Kind, float], ...]:
    """Return the seconds of what a segment's time consists of."""
    spent: dict[Kind, list[float]] = {
        "open": [times.open_ms],
        "script": times.script,
        "decode": times.decode,
        "raster": times.raster,
        "encode": times.convert,
        "wait": times.wait,
    }
    return tuple((kind, sum(each) / 1000) for kind, each in spent.items())
