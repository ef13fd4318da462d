"""What a page session is started for: the frame's size, its capture, its patience."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from fanreel.files.plan_dir import LockedRenderConfig

Pixels = npt.NDArray[np.uint8]
Layout = Literal["bgr0", "bgra", "rgba"]
"""Order of captured bytes; alpha is straight, 0 is an unused byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a page may take before it counts as hung, in seconds."""

    open_s: float = 60.0
    ready_s: float = 45.0
    frame_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSpec:
    """The session itself: all that a browser has to be started for."""

    width: int
    """CSS pixels."""
    height: int
    engine: Literal["xvfb", "screenshot"]
    alpha: bool = False
    device_scale_factor: float = 1.0
    webgpu: bool = False
    """Offer the page WebGPU, drawn by the CPU."""
    driver: Literal["pipe", "playwright"] = "pipe"
    """What speaks to the browser; no pixel depends on it."""
    runtime_env: Mapping[str, str] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)

    @property
    def pixel_size(self) -> tuple[int, int]:
        """Width and height of a captured picture in device pixels."""
        scale = self.device_scale_factor
        return round(self.width * scale), round(self.height * scale)

    @property
    def layout(self) -> Layout:
        """The order of a captured picture's bytes."""
        if self.engine == "screenshot":
            return "rgba"
        return "bgra" if self.alpha else "bgr0"


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
