"""Cost follows AWS's formulas, and estimates follow measured speed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fanreel.aws.cost.prices import PRICES_DATE, REFERENCE_REGION, prices_for
from fanreel.aws.cost.render_cost import (
    Billed,
    Shape,
    Usage,
    cost_of,
    estimate_render,
    transitions,
    vcpus,
)
from fanreel.remote.measured import Measured
from fanreel.timing.timeline import resolve_chunk_plan

VIRGINIA = prices_for(REFERENCE_REGION)
MEASURED = Measured(
    vcpus=2,
    ms_per_frame=40,
    cpu_ms_per_frame=80,
    boot_ms=1000,
    segment_ms=200,
    plan_ms=2000,
    assemble_ms=1500,
    cold_start_ms=3000,
)


def shape(chunks: int, memory_mb: int = 3538, **given: float) -> Shape:
    """A 60 s video at 30 fps in *chunks* chunks."""
    cut = resolve_chunk_plan(1800, chunk_size=-(-1800 // chunks), max_parallel_chunks=chunks)
    assert cut.chunk_count == chunks
    return Shape(cut=cut, memory_mb=memory_mb, **given)  # type: ignore[arg-type]


def test_lambda_time_is_memory_times_duration() -> None:
    """One GB-second on x86 in us-east-1 costs what the price list says."""
    cost = cost_of(Usage(invocations=(Billed(billed_ms=1000, memory_mb=1024),)), VIRGINIA)
    assert cost.compute_usd == 0.0000166667
    assert cost.requests_usd == pytest.approx(0.2e-6)
    assert cost.tmp_usd == 0
    assert cost.gb_seconds == 1


def test_tmp_is_billed_beyond_its_first_512_mb() -> None:
    """10,240 MB of /tmp for 1000 s bill 9.5 GB × 1000 s."""
    usage = Usage(invocations=(Billed(billed_ms=1_000_000, memory_mb=1024, tmp_mb=10_240),))
    assert cost_of(usage, VIRGINIA).tmp_usd == pytest.approx(9.5 * 1000 * 0.0000000309)


def test_transitions_and_s3_requests_are_counted() -> None:
    """Per thousand: 0.025 USD for transitions, 0.005 for writes, 0.0004 for reads."""
    cost = cost_of(Usage(invocations=(), transitions=1000, s3_puts=1000, s3_gets=1000), VIRGINIA)
    assert cost.transitions_usd == pytest.approx(0.025)
    assert cost.s3_usd == pytest.approx(0.0054)
    assert cost.total_usd == pytest.approx(0.0304)


def test_failed_attempts_cost_like_others() -> None:
    """The bill knows no difference between an attempt that failed and one that did not."""
    one = Billed(billed_ms=60_000, memory_mb=2048)
    once = cost_of(Usage(invocations=(one,)), VIRGINIA)
    twice = cost_of(Usage(invocations=(one, one)), VIRGINIA)
    assert twice.total_usd == pytest.approx(2 * once.total_usd)


def test_arm_is_a_fifth_cheaper() -> None:
    """The table has both architectures."""
    arm = prices_for("eu-west-1", "arm64")
    assert arm.gb_second_usd / prices_for("eu-west-1").gb_second_usd == pytest.approx(0.8, rel=1e-4)
    assert arm.to_json()["date"] == PRICES_DATE


def test_a_region_without_prices_says_whose_it_takes() -> None:
    """An unknown region is priced as us-east-1, with a note."""
    prices = prices_for("moon-west-1")
    assert prices.gb_second_usd == VIRGINIA.gb_second_usd
    assert "moon-west-1" in prices.notes[0]
    assert "priced as us-east-1" in prices.notes[0]
    assert VIRGINIA.notes == ()


def test_memory_buys_cpu() -> None:
    """1769 MB are one vCPU."""
    assert vcpus(3538) == 2


def test_a_frame_takes_its_cpu_time_where_cpu_is_short() -> None:
    """80 ms of CPU take 80 ms on one vCPU, and never less than the 40 measured."""
    assert MEASURED.at(1).ms_per_frame == 80
    assert MEASURED.at(2).ms_per_frame == 40
    assert MEASURED.at(6).ms_per_frame == 40


def test_an_estimate_is_the_sum_of_its_parts() -> None:
    """Two chunks: plan cold, one chunk cold and one warm, assembly warm."""
    found = estimate_render(shape(2), MEASURED, VIRGINIA)
    long_ms, short_ms = 1000 + 8 * 200 + 960 * 40, 1000 + 7 * 200 + 840 * 40
    billed_s = (3000 + 2000 + long_ms + short_ms + 3000 + 1500) / 1000
    assert found.cost.gb_seconds == pytest.approx(billed_s * 3538 / 1024, rel=1e-4)
    assert found.duration_s == pytest.approx((5000 + 3000 + long_ms + 1500) / 1000)
    assert found.cost.invocations == 4
    assert found.to_json()["cost"]["total_usd"] == found.cost.total_usd


def test_more_chunks_are_quicker_and_dearer() -> None:
    """Each chunk pays its own start."""
    few, many = (estimate_render(shape(n), MEASURED, VIRGINIA) for n in (2, 40))
    assert many.duration_s < few.duration_s
    assert many.cost.total_usd > few.cost.total_usd


def test_chunks_beyond_the_concurrency_take_turns() -> None:
    """40 chunks at 10 at once are four waves, the later three warm."""
    free = estimate_render(shape(40), MEASURED, VIRGINIA)
    held = estimate_render(shape(40, concurrency=10), MEASURED, VIRGINIA)
    assert held.duration_s > 3 * (free.duration_s - 10)
    assert held.cost.gb_seconds < free.cost.gb_seconds


def test_a_chunk_beyond_the_timeout_goes_round_again() -> None:
    """Each further round boots once more and enters three states more."""
    long = estimate_render(shape(2), MEASURED, VIRGINIA)
    short = estimate_render(shape(2, timeout_s=25), MEASURED, VIRGINIA)
    assert short.cost.invocations == long.cost.invocations + 2
    assert short.cost.transitions == long.cost.transitions + 6
    assert short.cost.gb_seconds > long.cost.gb_seconds


def test_the_table_shows_every_size_and_the_alternatives(tmp_path: Path) -> None:
    """`bench/cost_table.py` on a report: four memories, five chunk counts, what was scaled."""
    report = {"project": "launch", "measured": [MEASURED.to_json()]}
    path = tmp_path / "measured.json"
    path.write_text(json.dumps(report))
    script = Path(__file__).parents[2] / "bench" / "cost_table.py"
    argv = [sys.executable, str(script), str(path)]
    lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line for line in lines if " GB" in line]
    assert [row.split("|")[1].strip() for row in rows] == [
        "1.8 GB *",
        "3.5 GB",
        "7 GB *",
        "10 GB *",
    ]
    assert all(row.count("USD") == 5 for row in rows)
    assert any("Remotion" in line for line in lines)


def test_many_chunks_are_executions_of_their_own() -> None:
    """Beyond the inline Map's 40, each chunk starts and ends by itself."""
    assert transitions(40, 40) == 14 + 40 * 3
    assert transitions(41, 41) == 14 + 41 * 5
