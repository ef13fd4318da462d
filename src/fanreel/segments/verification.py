"""What a worker checks before any browser starts: that this is the plan, whole and for it."""

import functools
from dataclasses import dataclass
from pathlib import Path

from fanreel.errors import (
    ChunkIndexOutOfRange,
    MissingPlanArtifact,
    MissingRuntimeEnvSnapshot,
    PlanHashMismatch,
)
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import (
    COMPILED_DIR,
    MANIFEST,
    Artifact,
    Composition,
    LockedRenderConfig,
    PlanManifest,
    role_chunk,
)
from fanreel.files.plan_hash import compute_plan_hash, hashed_totals
from fanreel.files.plan_reading import read_chunks, read_composition, read_encoder, read_manifest
from fanreel.timing.timeline import ChunkSlice
from fanreel.versions import check_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPlan:
    """A plan whose bytes are the ones its hash promises."""

    plan_dir: Path
    manifest: PlanManifest
    composition: Composition
    locked: LockedRenderConfig
    chunks: tuple[ChunkSlice, ...]


def verify_plan(plan_dir: Path, chunk_index: int | None = None) -> VerifiedPlan:
    """
    Check a plan directory, cheapest questions first.

    Args:
        plan_dir: As `plan()` wrote it, or the share of it that the role needs.
        chunk_index: Role: the worker of this chunk, or None for whoever assembles.
    Raises:
        MissingPlanArtifact: A file the role needs is not there, or is short. Retryable.
        ChunkIndexOutOfRange: There is no such chunk. Terminal.
        FfmpegVersionMismatch, BrowserVersionMismatch: Another image planned it. Terminal.
        MissingRuntimeEnvSnapshot: The plan does not say in what environment. Terminal.
        PlanProtocolUnsupported: Another fanreel did. Terminal.
        PlanHashMismatch: The bytes are not those of the plan, or there are more. Terminal.
    """
    manifest = read_manifest(plan_dir)
    role = role_chunk(chunk_index) if chunk_index is not None else "assemble"
    held = tuple(artifact for artifact in manifest.artifacts if artifact.wanted_by(role))
    for artifact in held:
        _check_present(plan_dir, artifact)
    chunks = tuple(read_chunks(plan_dir))
    if chunk_index is not None and not 0 <= chunk_index < len(chunks):
        raise ChunkIndexOutOfRange(
            f"the plan has chunks 0 to {len(chunks) - 1}, there is no chunk {chunk_index}",
            chunk_index=chunk_index,
            chunk_count=len(chunks),
        )
    if chunk_index is not None:
        check_versions(manifest.versions)
    locked = read_encoder(plan_dir)
    if locked.runtime_env is None:
        raise MissingRuntimeEnvSnapshot(
            f"{plan_dir} carries no snapshot of the runtime environment; plan again with this "
            "version of fanreel"
        )
    _check_hash(plan_dir, manifest, held)
    return VerifiedPlan(
        plan_dir=plan_dir,
        manifest=manifest,
        composition=read_composition(plan_dir),
        locked=locked,
        chunks=chunks,
    )


def _check_present(plan_dir: Path, artifact: Artifact) -> None:
    path = plan_dir / artifact.path
    try:
        size_bytes = path.stat().st_size
    except OSError as exc:
        raise MissingPlanArtifact(
            f"the plan lists {artifact.path}, which {plan_dir} does not hold; fetch the plan again",
            path=artifact.path,
        ) from exc
    if size_bytes != artifact.size_bytes:
        raise MissingPlanArtifact(
            f"{artifact.path} has {size_bytes} bytes where the plan lists {artifact.size_bytes}; "
            "fetch the plan again",
            path=artifact.path,
        )


def _check_hash(plan_dir: Path, manifest: PlanManifest, held: tuple[Artifact, ...]) -> None:
    """
    Recompute the plan hash from the bytes at hand.

    Files of other roles count with the digests that the manifest gives them; they are covered by
    the workers that hold them.
    """
    found = {artifact.path: _digest(plan_dir, artifact.path) for artifact in held}
    changed = [a.path for a in held if found[a.path] != a.sha256]
    changed += _unlisted(plan_dir, manifest)
    artifacts = [
        artifact.model_copy(update={"sha256": found.get(artifact.path, artifact.sha256)})
        for artifact in manifest.artifacts
    ]
    actual = compute_plan_hash(artifacts, manifest.versions, hashed_totals(manifest))
    if actual == manifest.plan_hash and not changed and manifest.is_sealed():
        return
    what = f"{', '.join(changed)} changed" if changed else f"{MANIFEST} changed"
    raise PlanHashMismatch(
        f"{plan_dir} is not the plan {manifest.plan_hash[:12]} it says it is: {what}; "
        "plan again, or fetch the plan afresh",
        expected=manifest.plan_hash,
        actual=actual,
        changed=changed,
    )


def _unlisted(plan_dir: Path, manifest: PlanManifest) -> list[str]:
    """Return the files that a page could ask for although the plan does not list them."""
    listed = {artifact.path for artifact in manifest.artifacts}
    files = (path for path in (plan_dir / COMPILED_DIR).rglob("*") if not path.is_dir())
    return sorted({file.relative_to(plan_dir).as_posix() for file in files} - listed)


def _digest(plan_dir: Path, name: str) -> str:
    path = plan_dir / name
    status = path.stat()
    version = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return _digest_of_version(path, version)


# Chunks of one process share a plan directory, and hashing 2 GiB takes seconds. A file that
# changes gets a new entry: whoever sets its time back cannot set back when that was done (ctime).
@functools.lru_cache(maxsize=4096)
def _digest_of_version(path: Path, _version: tuple[int, ...]) -> str:
    return sha256_file(path)
