"""A small plan directory of plain files, for tests that only carry it."""

from fractions import Fraction
from pathlib import Path

from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import (
    CHUNKS,
    MANIFEST,
    ROLE_ASSEMBLE,
    Artifact,
    PlanManifest,
    Versions,
    role_chunk,
)
from fanreel.files.plan_hash import compute_plan_hash, hashed_totals
from fanreel.files.plan_reading import write_json
from fanreel.timing.timeline import build_chunk_slices, resolve_chunk_plan

FILES = {
    "compiled/site/index.html": ("all",),
    "compiled/site/copy.html": ("all",),  # the same bytes twice
    "media/first.mp4": (role_chunk(0),),
    "media/both.mp4": (role_chunk(0), role_chunk(1)),
    "audio.m4a": (ROLE_ASSEMBLE,),
    CHUNKS: ("all",),
}
VERSIONS = Versions(fanreel="1", chromium="156", libav="62", architecture="x86_64")


def write_plan(
    plan_dir: Path, *, total_frames: int = 50, segment_frames: int = 10, output_format: str = "mp4"
) -> PlanManifest:
    """Write a sealed plan of two chunks of *total_frames*."""
    chunk_plan = resolve_chunk_plan(
        total_frames, max_parallel_chunks=2, target_chunk_frames=1, segment_frames=segment_frames
    )
    artifacts = []
    for path, roles in FILES.items():
        file = plan_dir / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if path == CHUNKS:
            write_json(file, [chunk.to_json() for chunk in build_chunk_slices(chunk_plan)])
        else:
            file.write_text("<html>" if path.endswith("html") else path)
        size_bytes = file.stat().st_size
        artifacts.append(
            Artifact(path=path, sha256=sha256_file(file), size_bytes=size_bytes, roles=roles)
        )
    manifest = PlanManifest(
        plan_hash="",
        versions=VERSIONS,
        total_frames=total_frames,
        fps=Fraction(30),
        width=64,
        height=36,
        format=output_format,
        has_audio=True,
        audio_path="audio.m4a",
        chunk_count=chunk_plan.chunk_count,
        segment_frames=segment_frames,
        artifacts=tuple(artifacts),
    )
    plan_hash = compute_plan_hash(artifacts, VERSIONS, hashed_totals(manifest))
    manifest = manifest.model_copy(update={"plan_hash": plan_hash}).sealed()
    write_json(plan_dir / MANIFEST, manifest.to_json())
    return manifest
