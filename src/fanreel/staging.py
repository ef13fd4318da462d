"""The stage that a composition of a given size needs, for planning and filming alike."""

from fanreel.capture.stage import StageSpec
from fanreel.plan_dir import LockedRenderConfig


def stage_spec(width: int, height: int, locked: LockedRenderConfig) -> StageSpec:
    """Give the stage for a composition of *width* × *height* CSS pixels."""
    return StageSpec(
        width=width,
        height=height,
        engine=locked.engine,
        alpha=locked.alpha,
        device_scale_factor=locked.device_scale_factor,
        runtime_env=locked.runtime_env or {},
    )
