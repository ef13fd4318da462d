"""The page session that a composition of a given size needs, for planning and rendering alike."""

from typing import Literal

from fanreel.capture.page_session import SessionSpec
from fanreel.files.plan_dir import LockedRenderConfig


def session_spec(
    width: int,
    height: int,
    locked: LockedRenderConfig,
    *,
    driver: Literal["pipe", "playwright"] = "pipe",
) -> SessionSpec:
    """
    Return the session for a composition of *width* × *height* CSS pixels.

    Args:
        width: Of the composition.
        height: Of the composition.
        locked: What decides pixels.
        driver: Playwright where one page is looked at; renders have no Node process to spare.
    """
    return SessionSpec(
        width=width,
        height=height,
        engine=locked.engine,
        alpha=locked.alpha,
        device_scale_factor=locked.device_scale_factor,
        webgpu=locked.webgpu,
        driver=driver,
        runtime_env=locked.runtime_env or {},
    )
