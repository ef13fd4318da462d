"""What the page script is told: the same for the planner's page and for every worker's."""

import urllib.parse
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from fanreel.files.plan_dir import Composition, MediaClip, Ramp


def planning_config(
    width: int,
    height: int,
    fps: Fraction,
    variables: Mapping[str, Any],
    project_path: str = "",
) -> dict[str, Any]:
    """Return the configuration of a page whose media are not known yet."""
    return {
        "width": width,
        "height": height,
        "fpsNum": fps.numerator,
        "fpsDen": fps.denominator,
        "variables": dict(variables),
        "media": None,
        # What nested compositions' paths start at.
        "root": urllib.parse.quote(f"/{project_path}/") if project_path else "/",
    }


def rendering_config(composition: Composition) -> dict[str, Any]:
    """Return the configuration of a page that shows a planned composition."""
    config = planning_config(
        composition.width,
        composition.height,
        composition.fps,
        composition.variables,
        composition.project_path,
    )
    return config | {"media": {clip.key: _media(clip) for clip in composition.media}}


def _media(clip: MediaClip) -> dict[str, Any]:
    return {
        "kind": clip.kind,
        "shown": clip.shown,
        "width": clip.width,
        "height": clip.height,
        "sourceDurationS": None if clip.source_s is None else float(clip.source_s),
        "startMs": float(clip.start_s * 1000),
        "durationMs": float(clip.duration_s * 1000),
        "offsetMs": float(clip.offset_s * 1000),
        "rate": float(clip.rate),
        "ramp": None if clip.ramp is None else _ramp(clip.ramp),
        "loop": clip.loop,
    }


def _ramp(ramp: Ramp) -> dict[str, Any]:
    return {
        "startMs": float(ramp.start_s * 1000),
        "rate": float(ramp.rate),
        "points": [[float(time_s), float(speed)] for time_s, speed in ramp.points],
    }
