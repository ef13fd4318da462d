"""What the deployment says, read once from the environment."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fanreel.config import PLAN_DIR_SIZE_LIMIT_BYTES
from fanreel.media.cache import DIR_VARIABLE, CacheSettings, cache_settings
from fanreel.storage.endpoints import OutputEndpoint, parse_endpoints
from fanreel.storage.outputs import OutputPlaces
from fanreel.storage.projects import ProjectSources

_MIB = 1024**2
_FREE_TMP_MB = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One deployed function."""

    bucket: str | None
    """`FANREEL_RENDER_BUCKET`: the only bucket; `*` for any; None refuses every URI."""
    output_places: OutputPlaces
    """And `FANREEL_OUTPUT_BUCKETS`, by commas: where else outputs may go."""
    output_endpoints: Mapping[str, OutputEndpoint]
    """And `FANREEL_OUTPUT_ENDPOINTS`: buckets of other services, where they may go too."""
    project_sources: ProjectSources
    """And `FANREEL_PROJECT_BUCKETS`, `FANREEL_PROJECT_HOSTS`: where else archives come from."""
    tmp_dir: Path
    owns_tmp: bool
    """
    Whether `FANREEL_TMP_DIR` was given: a folder of which everything is removed around every
    invocation. The image says `/tmp`; without it only the function's own folder is removed.
    """
    plan_dir_size_limit_bytes: int
    memory_mb: int
    tmp_mb: int
    assembly_room_bytes: int | None = None
    """`FANREEL_ASSEMBLY_ROOM_BYTES`: disk for assembling, beyond which it is done by parts."""
    progress_document: bool = False
    """`FANREEL_PROGRESS_DOCUMENT`: keep `progress.json` of each render."""
    cache: CacheSettings | None = None
    """`FANREEL_EXTRACT_CACHE_DIR`; off unless it names a folder: /tmp is emptied every time."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read `FANREEL_*`, and of the memory what Lambda sets."""
        owned = environ.get("FANREEL_TMP_DIR")
        tmp_dir = Path(owned or tempfile.gettempdir())
        limit = environ.get("FANREEL_PLAN_DIR_SIZE_LIMIT_BYTES", "")
        room = environ.get("FANREEL_ASSEMBLY_ROOM_BYTES", "")
        bucket = environ.get("FANREEL_RENDER_BUCKET") or None
        others = environ.get("FANREEL_OUTPUT_BUCKETS", "").split(",")
        endpoints = parse_endpoints(environ.get("FANREEL_OUTPUT_ENDPOINTS", "").split(","))
        return cls(
            bucket=bucket,
            output_places=OutputPlaces.of(bucket, [*others, *endpoints]),
            output_endpoints=endpoints,
            project_sources=ProjectSources.of(
                bucket,
                environ.get("FANREEL_PROJECT_BUCKETS", "").split(","),
                environ.get("FANREEL_PROJECT_HOSTS", "").split(","),
            ),
            tmp_dir=tmp_dir,
            owns_tmp=bool(owned),
            plan_dir_size_limit_bytes=int(limit) if limit else PLAN_DIR_SIZE_LIMIT_BYTES,
            assembly_room_bytes=int(room) if room else None,
            progress_document=bool(environ.get("FANREEL_PROGRESS_DOCUMENT")),
            memory_mb=int(
                environ.get("FANREEL_MEMORY_MB")
                or environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                or 0
            ),
            tmp_mb=_tmp_mb(tmp_dir),
            cache=cache_settings(environ) if environ.get(DIR_VARIABLE) else None,
        )


def _tmp_mb(tmp_dir: Path) -> int:
    # Lambda does not say how much ephemeral storage was configured, but /tmp is mounted.
    if not tmp_dir.is_mount():
        return _FREE_TMP_MB
    return max(_FREE_TMP_MB, shutil.disk_usage(tmp_dir).total // _MIB)
