"""
Plan a composition, render its chunks, assemble the video.

Names are looked up when first used (PEP 562), so `import fanreel` costs a few milliseconds and
loads neither Playwright, PyAV nor boto3.
"""

import importlib
from typing import TYPE_CHECKING, Any

from fanreel import errors

if TYPE_CHECKING:
    from fanreel.assembly import AssembleResult, assemble
    from fanreel.config import (
        DEFAULT_CHUNK_SIZE,
        DEFAULT_MAX_PARALLEL_CHUNKS,
        PLAN_DIR_SIZE_LIMIT_BYTES,
        RenderConfig,
        reject_unsupported_distributed_format,
    )
    from fanreel.errors import *  # noqa: F403
    from fanreel.local import RenderEvent, RenderResult, render
    from fanreel.plan_dir import (
        Artifact,
        Clip,
        Composition,
        LockedRenderConfig,
        MediaClip,
        PlanManifest,
        RecordedResponse,
        Versions,
    )
    from fanreel.planning import PlanResult, plan
    from fanreel.rendering import ChunkResult, SegmentKey, SegmentStore, render_chunk
    from fanreel.stills import still
    from fanreel.timeline import (
        ChunkPlan,
        ChunkSlice,
        build_chunk_slices,
        resolve_chunk_plan,
    )

_NAMES_OF_MODULE = {
    "fanreel.assembly": ("AssembleResult", "assemble"),
    "fanreel.config": (
        "DEFAULT_CHUNK_SIZE",
        "DEFAULT_MAX_PARALLEL_CHUNKS",
        "PLAN_DIR_SIZE_LIMIT_BYTES",
        "RenderConfig",
        "reject_unsupported_distributed_format",
    ),
    "fanreel.errors": (
        "CATALOGUE",
        "RETRYABLE_CODES",
        "TERMINAL_CODES",
        "RenderError",
        *(error.__name__ for error in errors.CATALOGUE.values()),
        *errors.CATALOGUE,
    ),
    "fanreel.local": ("RenderEvent", "RenderResult", "render"),
    "fanreel.plan_dir": (
        "Artifact",
        "Clip",
        "Composition",
        "LockedRenderConfig",
        "MediaClip",
        "PlanManifest",
        "RecordedResponse",
        "Versions",
    ),
    "fanreel.planning": ("PlanResult", "plan"),
    "fanreel.rendering": ("ChunkResult", "SegmentKey", "SegmentStore", "render_chunk"),
    "fanreel.stills": ("still",),
    "fanreel.timeline": (
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
