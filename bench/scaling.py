#!/usr/bin/env python3
"""
Simulate renders on Lambda: 1 to 1000 chunks of one film, and up to 10,000 films at once.

    bench/scaling.py [bench/out/measured.json] [--memory 3538] [--concurrency 1000]

From measured figures (`measure_chunk.py`; without a report, those that docs/aws.md prints) and the
service's published rates: Lambda adds 1000 environments of a function every 10 s, Step Functions
5000 state transitions and 300 starts of executions a second (the larger regions). What a service
takes for a state or a request is assumed, and printed.

Prints, by length of film, where more chunks stop helping and what `resolve_chunk_plan()` chooses
when nobody says; then how long films take that are started together.
"""

import argparse
import heapq
import json
import math
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path

from cost_table import nearest, read_measured

from fanreel.aws.cost.prices import Prices, prices_for
from fanreel.aws.cost.render_cost import Shape, estimate_render
from fanreel.remote.measured import Measured
from fanreel.timing.timeline import ChunkPlan, resolve_chunk_plan

FPS = 30
FILMS_S = (10, 30, 60, 180, 600, 1800, 3600)
CHUNKS = (1, 2, 4, 8, 16, 24, 40, 60, 80, 120, 200, 400, 1000)
RENDERS = (1, 10, 100, 1000, 10_000)
# docs/aws.md, "What it costs"; `examples/launch` under CPU limits.
DOCUMENTED = (
    Measured(
        vcpus=1.0,
        ms_per_frame=38,
        cpu_ms_per_frame=38,
        boot_ms=1600,
        segment_ms=300,
        plan_ms=4500,
        assemble_ms=1200,
        cold_start_ms=1000,
    ),
    Measured(
        vcpus=2.0,
        ms_per_frame=25,
        cpu_ms_per_frame=40,
        boot_ms=900,
        segment_ms=200,
        plan_ms=3000,
        assemble_ms=900,
        cold_start_ms=700,
    ),
)
STATE_S, TRANSFER_S = 0.04, 0.5
"""Assumed: a state of Step Functions; what an invocation moves to and from S3."""
ASSEMBLE_S_PER_MINUTE = 0.5
"""Assumed: fetching the segments of a minute, and sending the file."""
STATES_AROUND, STATES_PER_CHUNK = 14, 3
LAMBDA_STEP, LAMBDA_STEP_S = 1000, 10.0
TRANSITIONS_PER_S, STARTS_PER_S, STARTS_AT_ONCE = 5000.0, 300.0, 1300
WORTH = 0.02
"""More chunks have to save more than this share of the time for each twentieth of cost."""


class Bucket:
    """Tokens that come back at a rate; gives when as many may be taken."""

    def __init__(self, rate: float, size: float) -> None:
        self._rate, self._size = rate, size
        self._left, self._at_s = size, 0.0

    def take(self, now_s: float, count: float) -> float:
        """Return the time at which *count* have been taken, asked for at *now_s*."""
        self._left = min(self._size, self._left + (now_s - self._at_s) * self._rate)
        self._left -= count
        self._at_s = now_s
        return now_s + max(0.0, -self._left / self._rate)


@dataclass(frozen=True, slots=True)
class Steps:
    """What one render asks of Lambda, in seconds."""

    plan_s: float
    chunks_s: tuple[float, ...]
    assemble_s: float
    cold_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a number of renders started at once."""

    first_s: float
    median_s: float
    last_s: float
    most_at_once: int


def simulate(steps: Steps, renders: int, concurrency: int) -> Outcome:
    """Start *renders* at once on an account that runs *concurrency* functions at a time."""
    return _Simulation(steps, concurrency).run(renders)


class _Simulation:
    """Events in order of time; an invocation waits for an environment, and keeps it warm."""

    def __init__(self, steps: Steps, concurrency: int) -> None:
        self._steps, self._concurrency = steps, concurrency
        self._transitions = Bucket(TRANSITIONS_PER_S, TRANSITIONS_PER_S)
        self._starts = Bucket(STARTS_PER_S, STARTS_AT_ONCE)
        self._events: list[tuple[float, int, str, int, float]] = []
        self._number = 0
        self._waiting: deque[tuple[str, int, float]] = deque()
        self._busy = self._warm = self._most = 0
        self._left: Counter[int] = Counter()
        self._ended_s: list[float] = []

    def run(self, renders: int) -> Outcome:
        for render in range(renders):
            begun_s = self._transitions.take(self._starts.take(0.0, 1), STATES_AROUND / 2)
            self._at(begun_s + STATES_AROUND / 2 * STATE_S, "ask:plan", render, self._steps.plan_s)
        while self._events:
            now_s, _, what, render, length_s = heapq.heappop(self._events)
            kind, _, step = what.partition(":")
            if kind == "ask":
                self._waiting.append((step, render, length_s))
            elif kind == "end":
                self._busy -= 1
                self._warm += 1
                self._ended(step, render, now_s)
            self._fill(now_s)
        ended_s = sorted(self._ended_s)
        return Outcome(ended_s[0], ended_s[len(ended_s) // 2], ended_s[-1], self._most)

    def _at(self, at_s: float, what: str, render: int, length_s: float = 0.0) -> None:
        self._number += 1
        heapq.heappush(self._events, (at_s, self._number, what, render, length_s))

    def _fill(self, now_s: float) -> None:
        """Give environments to those that wait, as far as there are some."""
        grown = LAMBDA_STEP * (1 + int(now_s / LAMBDA_STEP_S))
        allowed = min(self._concurrency, grown)
        while self._waiting and self._busy < allowed:
            step, render, length_s = self._waiting.popleft()
            cold_s = 0.0 if self._warm else self._steps.cold_s
            self._warm = max(0, self._warm - 1)
            self._busy += 1
            self._most = max(self._most, self._busy)
            self._at(now_s + cold_s + length_s, f"end:{step}", render)
        if self._waiting and allowed < self._concurrency:
            self._at((int(now_s / LAMBDA_STEP_S) + 1) * LAMBDA_STEP_S, "grown:", 0)

    def _ended(self, step: str, render: int, now_s: float) -> None:
        if step == "plan":
            self._left[render] = len(self._steps.chunks_s)
            for length_s in self._steps.chunks_s:
                may_s = self._transitions.take(now_s, STATES_PER_CHUNK)
                self._at(may_s + STATE_S, "ask:chunk", render, length_s)
        elif step == "chunk":
            self._left[render] -= 1
            if not self._left[render]:
                may_s = self._transitions.take(now_s, STATES_AROUND / 2)
                self._at(may_s + STATE_S * 2, "ask:assemble", render, self._steps.assemble_s)
        else:
            self._ended_s.append(now_s + STATES_AROUND / 4 * STATE_S)


def steps_of(cut: ChunkPlan, measured: Measured) -> Steps:
    """Return how long the steps of a film take that is cut so."""
    per_chunk = -(-cut.total_frames // cut.chunk_count)
    frames = [per_chunk] * (cut.total_frames // per_chunk)
    if rest := cut.total_frames % per_chunk:
        frames.append(rest)
    minutes = cut.total_frames / FPS / 60
    return Steps(
        plan_s=measured.plan_ms / 1000 + TRANSFER_S,
        chunks_s=tuple(
            measured.chunk_ms(count, math.ceil(count / cut.segment_frames)) / 1000 + TRANSFER_S
            for count in frames
        ),
        assemble_s=measured.assemble_ms / 1000 + TRANSFER_S + ASSEMBLE_S_PER_MINUTE * minutes,
        cold_s=measured.cold_start_ms / 1000,
    )


def cut_into(total_frames: int, chunks: int) -> ChunkPlan:
    """Cut a film into as many chunks as asked for, or as few as it has segments."""
    return resolve_chunk_plan(
        total_frames, chunk_size=-(-total_frames // chunks), max_parallel_chunks=chunks
    )


def film_table(measured: Measured, memory_mb: int, concurrency: int, prices: Prices) -> None:
    """Print, by length, time and cost by chunks, what is worth it, and what is the default."""
    for film_s in FILMS_S:
        frames = film_s * FPS
        rows: dict[int, tuple[float, float]] = {}
        for asked in CHUNKS:
            cut = cut_into(frames, asked)
            if cut.chunk_count == asked:
                rows[asked] = _measure(cut, measured, memory_mb, concurrency, prices)
        best = _worth(rows)
        default = resolve_chunk_plan(frames)
        time_s, usd = _measure(default, measured, memory_mb, concurrency, prices)
        print(f"\n{film_s} s of film: {best} chunks are worth it; the planner makes "
              f"{default.chunk_count}: {time_s:.0f} s, {usd:.4f} USD")  # fmt: skip
        print("  chunks " + " ".join(f"{n:>7}" for n in rows))
        print("  s      " + " ".join(f"{one:7.1f}" for one, _ in rows.values()))
        print("  USD    " + " ".join(f"{one:7.4f}" for _, one in rows.values()))


def _measure(
    cut: ChunkPlan, measured: Measured, memory_mb: int, concurrency: int, prices: Prices
) -> tuple[float, float]:
    shape = Shape(cut=cut, memory_mb=memory_mb, concurrency=min(concurrency, cut.chunk_count))
    cost = estimate_render(shape, measured, prices).cost.total_usd
    return simulate(steps_of(cut, measured), 1, concurrency).last_s, cost


def _worth(rows: dict[int, tuple[float, float]]) -> int:
    """Return the number of chunks after which time no longer falls faster than cost rises."""
    best = min(rows)
    for chunks, (time_s, usd) in rows.items():
        if time_s * usd < math.prod(rows[best]) * (1 - WORTH):
            best = chunks
    return best


def crowd_table(measured: Measured, concurrency: int) -> None:
    """Print how long films of a minute take that are started together."""
    cut = resolve_chunk_plan(60 * FPS)
    print(f"\nfilms of a minute started together, {cut.chunk_count} chunks each, "
          f"{concurrency} functions at once:")  # fmt: skip
    print(f"  {'films':>7}{'first s':>9}{'median s':>10}{'last s':>9}{'at once':>9}{'films/s':>9}")
    for renders in RENDERS:
        found = simulate(steps_of(cut, measured), renders, concurrency)
        print(f"  {renders:7}{found.first_s:9.1f}{found.median_s:10.1f}{found.last_s:9.1f}"
              f"{found.most_at_once:9}{renders / found.last_s:9.2f}")  # fmt: skip


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("report", type=Path, nargs="?")
    parser.add_argument("--memory", type=int, default=3538, metavar="MB")
    parser.add_argument("--concurrency", type=int, default=1000)
    asked = parser.parse_args()
    report = read_measured(json.loads(asked.report.read_text())) if asked.report else [*DOCUMENTED]
    measured, _ = nearest(report, asked.memory)
    print(f"{asked.memory} MB: {measured.ms_per_frame:.0f} ms a frame, {measured.boot_ms:.0f} ms "
          f"to start a chunk, {measured.cold_start_ms:.0f} ms cold; assumed: {STATE_S} s a state, "
          f"{TRANSFER_S} s of transfers an invocation")  # fmt: skip
    film_table(measured, asked.memory, asked.concurrency, prices_for("us-east-1", "x86_64"))
    crowd_table(measured, asked.concurrency)


if __name__ == "__main__":
    main()
