"""Estimates from frames rendered here: real Chromium, real encoder, a few frames."""

from pathlib import Path

import pytest

from fanreel.aws import RenderClient
from fanreel.aws.cost.estimating import (
    estimate_cut,
    estimate_project,
)
from fanreel.aws.cost.functions import FunctionSettings, parse_settings
from fanreel.aws.cost.render_cost import Cost
from fanreel.config import RenderConfig
from fanreel.errors import InvalidConfig, PlanTooLarge
from fanreel.remote.estimates import (
    DEFAULT_PROBE_FRAMES,
    Estimate,
    require_affordable,
    require_affordable_batch,
)
from fanreel.remote.measured import Measured
from fanreel.timing.timeline import resolve_chunk_plan

COMPOSITION = Path(__file__).parents[1] / "compositions" / "everything-moves"
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


@pytest.mark.media
def test_a_project_is_probed_and_priced() -> None:
    """Ten frames say what the whole costs; nothing of the probe stays."""
    found = estimate_project(
        COMPOSITION, RenderConfig(), FunctionSettings(assumed=True), "eu-west-1", probe_frames=5
    )
    assert found.total_frames > 10
    assert 1 < found.ms_per_frame < 5000
    assert 0 < found.cost.total_usd < 1
    assert any("rendered on this machine" in note for note in found.cost.notes)
    assert any("assumed" in note for note in found.cost.notes)
    with pytest.raises(InvalidConfig, match="estimated to cost") as caught:
        require_affordable(found, found.cost.total_usd / 2)
    assert caught.value.facts["estimated_usd"] == found.cost.total_usd
    require_affordable(found, found.cost.total_usd)


@pytest.mark.media
def test_an_estimate_plans_within_the_stacks_cap(aws_environment: None, s3_endpoint: str) -> None:
    """What the stack will refuse is refused here; what it takes beyond the default is taken."""
    client = RenderClient(
        bucket="b-1",
        state_machine_arn="arn:aws:states:eu-central-1:123456789012:stateMachine:m",
        settings={"plan_dir_size_limit_bytes": 1000},
        endpoint_url=s3_endpoint,
    )
    with pytest.raises(PlanTooLarge, match="the cap is 1000 bytes"):
        client.estimate(COMPOSITION, probe_frames=5)


def test_settings_are_read_from_lambdas_answer() -> None:
    """Memory, /tmp, time and architecture."""
    answer = {
        "MemorySize": 7076,
        "EphemeralStorage": {"Size": 10240},
        "Timeout": 600,
        "Architectures": ["arm64"],
    }
    assert parse_settings(answer) == FunctionSettings(
        memory_mb=7076, tmp_mb=10240, timeout_s=600, architecture="arm64"
    )
    assert parse_settings({}).tmp_mb == 512


def test_a_cheaper_architecture_makes_a_cheaper_estimate() -> None:
    """The prices are the function's own."""
    cut = resolve_chunk_plan(1800)
    x86, arm = (
        estimate_cut(cut, MEASURED, FunctionSettings(architecture=name), "eu-west-1")
        for name in ("x86_64", "arm64")
    )
    assert arm.cost.compute_usd == pytest.approx(0.8 * x86.cost.compute_usd, rel=1e-4)
    assert arm.duration_s == x86.duration_s
    assert DEFAULT_PROBE_FRAMES > 1


def test_a_batch_is_held_against_the_limit_as_a_whole() -> None:
    """What differs in variables only is measured once, and counts every time."""
    measured: list[RenderConfig] = []

    def estimate(config: RenderConfig) -> Estimate[Cost]:
        measured.append(config)
        frames = 1800 if config.fps == 60 else 900
        return estimate_cut(resolve_chunk_plan(frames), MEASURED, FunctionSettings(), "eu-west-1")

    alike = [RenderConfig(fps=30, variables={"name": name}) for name in ("Ada", "Bob", "Eve")]
    faster = RenderConfig(fps=60)
    total_usd = 3 * estimate(alike[0]).cost.total_usd + estimate(faster).cost.total_usd
    measured.clear()
    require_affordable_batch([*alike, faster], total_usd * 1.001, estimate)
    assert measured == [alike[0], faster]
    with pytest.raises(InvalidConfig, match="the batch of 4 renders is estimated") as caught:
        require_affordable_batch([*alike, faster], total_usd * 0.999, estimate)
    assert caught.value.facts["estimated_usd"] == pytest.approx(total_usd)
    assert caught.value.facts["max_cost_usd"] == total_usd * 0.999
