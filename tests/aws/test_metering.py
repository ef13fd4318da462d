"""Estimates on a busy machine: what was measured by the clock is told from what was used."""

import multiprocessing
import os
import time

import pytest

from fanreel.aws.cost.estimating import chunks_at_once, estimate_cut
from fanreel.aws.cost.functions import FunctionSettings
from fanreel.remote.measured import Measured
from fanreel.remote.metering import NOISE, Mark, Span
from fanreel.timing.timeline import resolve_chunk_plan


def _span(*, wall_s: float, own_s: float, machine_s: float) -> Span:
    first = Mark(wall_s=100.0, own_s=50.0, machine_s=1000.0)
    last = Mark(wall_s=100.0 + wall_s, own_s=50.0 + own_s, machine_s=1000.0 + machine_s)
    return Span.between(first, last)


def test_a_quiet_machine_is_believed_its_clock() -> None:
    """Waiting counts, as it will there."""
    span = _span(wall_s=2.0, own_s=1.5, machine_s=1.6)
    assert not span.is_noisy
    assert span.alone_ms(1.5) == pytest.approx(2000)


def test_a_busy_machine_is_believed_its_cpu_time() -> None:
    """Three times slower by the clock, as others had two thirds of it: the same estimate."""
    cores = os.cpu_count() or 1
    span = _span(wall_s=6.0, own_s=3.0, machine_s=6.0 * cores)
    assert span.others == pytest.approx(1 - 0.5 / cores)
    assert span.is_noisy
    assert span.alone_ms(1.5) == pytest.approx(2000)


def _burn(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_what_others_do_is_seen() -> None:
    """Real processes that are not below this one keep every processor busy."""
    context = multiprocessing.get_context("spawn")
    cores = os.cpu_count() or 1
    load = [context.Process(target=_burn, args=(1.5,)) for _ in range(cores)]
    first = Mark.now()
    for process in load:
        process.start()
    for process in load:
        process.join()
    last = Mark.now()
    # Below this process, so its own; seen from elsewhere the same is somebody else's.
    own = Span.between(first, last)
    assert own.cpu_ms > 500
    foreign = Mark(wall_s=last.wall_s, own_s=first.own_s, machine_s=last.machine_s)
    assert Span.between(first, foreign).others > NOISE


MEASURED = Measured(
    vcpus=2,
    ms_per_frame=40,
    cpu_ms_per_frame=60,
    boot_ms=1000,
    segment_ms=0,
    plan_ms=2000,
    assemble_ms=1500,
    cold_start_ms=3000,
)


def test_a_new_account_takes_turns() -> None:
    """Ten at once, whatever the deployment allows; the note says so only where it matters."""
    limited = chunks_at_once(200, 10)
    assert (limited.chunks, chunks_at_once(200, 1000).chunks) == (10, 200)
    assert (chunks_at_once(0, None).chunks, chunks_at_once(5, None).chunks) == (1000, 5)
    long, short = resolve_chunk_plan(9600), resolve_chunk_plan(480)
    function = FunctionSettings()
    waves = estimate_cut(long, MEASURED, function, "eu-west-1", limited)
    free = estimate_cut(long, MEASURED, function, "eu-west-1", chunks_at_once(200, 1000))
    assert waves.duration_s > 2 * free.duration_s
    assert "10 chunks at once: the account's concurrency" in waves.cost.notes
    told = estimate_cut(short, MEASURED, function, "eu-west-1", limited).cost.notes
    assert not any("at once" in note for note in told)
