"""
Plan a composition, render its chunks, assemble the video.

Names are looked up when first used (PEP 562), so `import fanreel` costs a few milliseconds and
loads neither Playwright, PyAV nor boto3.
"""

import importlib
from typing import TYPE_CHECKING, Any

from fanreel import errors

if TYPE_CHECKING:
    # `X as X`: type checkers take it as said to the world.
    from fanreel.assembly import assemble as assemble
    from fanreel.config import DEFAULT_CHUNK_SIZE as DEFAULT_CHUNK_SIZE
    from fanreel.config import DEFAULT_MAX_PARALLEL_CHUNKS as DEFAULT_MAX_PARALLEL_CHUNKS
    from fanreel.config import PLAN_DIR_SIZE_LIMIT_BYTES as PLAN_DIR_SIZE_LIMIT_BYTES
    from fanreel.config import RenderConfig as RenderConfig
    from fanreel.configuration.distributed import (
        reject_unsupported_distributed_format as reject_unsupported_distributed_format,
    )
    from fanreel.engine.warm import keep_warm as keep_warm
    from fanreel.errors import *  # noqa: F403
    from fanreel.files.plan_dir import Artifact as Artifact
    from fanreel.files.plan_dir import Clip as Clip
    from fanreel.files.plan_dir import Composition as Composition
    from fanreel.files.plan_dir import LockedRenderConfig as LockedRenderConfig
    from fanreel.files.plan_dir import MediaClip as MediaClip
    from fanreel.files.plan_dir import PlanManifest as PlanManifest
    from fanreel.files.plan_dir import RecordedResponse as RecordedResponse
    from fanreel.files.plan_dir import UsedFont as UsedFont
    from fanreel.files.plan_dir import Versions as Versions
    from fanreel.local import render as render
    from fanreel.planning import plan as plan
    from fanreel.rendering import render_chunk as render_chunk
    from fanreel.results import AssembleResult as AssembleResult
    from fanreel.results import ChunkResult as ChunkResult
    from fanreel.results import PlanResult as PlanResult
    from fanreel.results import RenderEvent as RenderEvent
    from fanreel.results import RenderResult as RenderResult
    from fanreel.segments.stores import SegmentKey as SegmentKey
    from fanreel.segments.stores import SegmentStore as SegmentStore
    from fanreel.stills import still as still
    from fanreel.timing.timeline import ChunkPlan as ChunkPlan
    from fanreel.timing.timeline import ChunkSlice as ChunkSlice
    from fanreel.timing.timeline import build_chunk_slices as build_chunk_slices
    from fanreel.timing.timeline import resolve_chunk_plan as resolve_chunk_plan

_NAMES_OF_MODULE = {
    "fanreel.assembly": ("assemble",),
    "fanreel.config": (
        "DEFAULT_CHUNK_SIZE",
        "DEFAULT_MAX_PARALLEL_CHUNKS",
        "PLAN_DIR_SIZE_LIMIT_BYTES",
        "RenderConfig",
    ),
    "fanreel.configuration.distributed": ("reject_unsupported_distributed_format",),
    "fanreel.engine.warm": ("keep_warm",),
    "fanreel.segments.stores": ("SegmentKey", "SegmentStore"),
    "fanreel.errors": (
        "CATALOGUE",
        "RETRYABLE_CODES",
        "TERMINAL_CODES",
        "RenderError",
        *(error.__name__ for error in errors.CATALOGUE.values()),
        *errors.CATALOGUE,
    ),
    "fanreel.local": ("render",),
    "fanreel.files.plan_dir": (
        "Artifact",
        "Clip",
        "Composition",
        "LockedRenderConfig",
        "MediaClip",
        "PlanManifest",
        "RecordedResponse",
        "UsedFont",
        "Versions",
    ),
    "fanreel.planning": ("plan",),
    "fanreel.rendering": ("render_chunk",),
    "fanreel.results": (
        "AssembleResult",
        "ChunkResult",
        "PlanResult",
        "RenderEvent",
        "RenderResult",
    ),
    "fanreel.stills": ("still",),
    "fanreel.timing.timeline": (
        "ChunkPlan",
        "ChunkSlice",
        "build_chunk_slices",
        "resolve_chunk_plan",
    ),
}
_MODULE_OF_NAME = {name: module for module, names in _NAMES_OF_MODULE.items() for name in names}

__all__ = sorted(_MODULE_OF_NAME)  # noqa: PLE0605 (a list of str, only not a literal)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("fanreel")
    if name not in _MODULE_OF_NAME:
        raise AttributeError(f"module 'fanreel' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF_NAME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
