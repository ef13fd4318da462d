"""
A plan directory in the bucket: artifacts by digest, shared by all renders; the manifest last.

A worker fetches the manifest, then its share: what all need, and what its role needs.
"""

import json
from collections.abc import Callable
from pathlib import Path

from fanreel.errors import ArtifactDigestMismatch, MissingPlanArtifact, PlanHashMismatch
from fanreel.files.plan_dir import MANIFEST, Artifact, PlanManifest
from fanreel.files.plan_hash import compute_plan_hash, hashed_totals
from fanreel.files.plan_reading import parse_manifest, read_manifest
from fanreel.storage import layout
from fanreel.storage.archives import member_path
from fanreel.storage.store import Content, ObjectStore, in_parallel
from fanreel.storage.transfer import fetch_file, put_file_once
from fanreel.storage.uris import ObjectUri

MANIFEST_LIMIT_BYTES = 64 * 1024**2


def upload_plan(
    store: ObjectStore, plan_dir: Path, render_folder: ObjectUri
) -> tuple[ObjectUri, int]:
    """
    Upload a plan: what the bucket does not have of its artifacts, then its manifest.

    Returns:
        Where the manifest is, and how many artifacts were uploaded.
    Raises:
        As `store`.
    """
    artifacts = {artifact.sha256: artifact for artifact in read_manifest(plan_dir).artifacts}

    def put(artifact: Artifact) -> bool:
        uri = layout.blob(render_folder, artifact.sha256)
        return put_file_once(store, uri, plan_dir / artifact.path, artifact.sha256)

    uploaded = sum(in_parallel(put, artifacts.values()))
    uri = layout.plan_manifest(render_folder)
    store.write_bytes(uri, (plan_dir / MANIFEST).read_bytes())
    return uri, uploaded


def fetch_manifest(
    store: ObjectStore, uri: ObjectUri, plan_dir: Path, plan_hash: str
) -> PlanManifest:
    """
    Begin the new folder *plan_dir* with the manifest of the plan that is asked for.

    Raises:
        PlanHashMismatch: It is another plan, or its parts do not add up to its hash. Terminal.
        PlanProtocolUnsupported: Another version of fanreel wrote it. Terminal.
        ArtifactDigestMismatch: A byte of it changed. Retryable.
        MissingPlanArtifact: There is none. Retryable. Otherwise as `store`.
    """
    data = store.read_bytes(uri, limit_bytes=MANIFEST_LIMIT_BYTES, missing=MissingPlanArtifact)
    try:
        manifest = parse_manifest(json.loads(data))
    except ValueError as exc:
        raise MissingPlanArtifact(f"{uri} is not whole JSON; plan again", path=MANIFEST) from exc
    if not manifest.is_sealed():
        raise ArtifactDigestMismatch(
            f"{uri} is not as it was written; it will be fetched afresh", uri=str(uri)
        )
    computed = compute_plan_hash(manifest.artifacts, manifest.versions, hashed_totals(manifest))
    for found in (manifest.plan_hash, computed):
        if found != plan_hash:
            raise PlanHashMismatch(
                f"{uri} is plan {found}, asked for was {plan_hash}; another render wrote to this "
                "prefix: start again under a new render id",
                expected=plan_hash,
                found=found,
            )
    plan_dir.mkdir(parents=True)
    (plan_dir / MANIFEST).write_bytes(data)
    return manifest


def fetch_artifacts(
    store: ObjectStore,
    manifest: PlanManifest,
    bucket: ObjectUri,
    plan_dir: Path,
    wanted: Callable[[Artifact], bool],
) -> int:
    """
    Bring the *wanted* artifacts to *plan_dir*, in parallel, each verified as it streams.

    Returns:
        Bytes fetched.
    Raises:
        MissingPlanArtifact: One is gone from the bucket. Retryable.
        ArtifactDigestMismatch: One is not what the manifest promises. Retryable.
        UnsafeArchive: One would land outside *plan_dir*. Terminal. Otherwise as `store`.
    """
    artifacts = [artifact for artifact in manifest.artifacts if wanted(artifact)]
    targets = [plan_dir / member_path(artifact.path) for artifact in artifacts]

    def fetch(item: tuple[Artifact, Path]) -> None:
        artifact, path = item
        expected = Content(sha256=artifact.sha256, size_bytes=artifact.size_bytes)
        uri = layout.blob(bucket, artifact.sha256)
        fetch_file(store, uri, path, expected=expected, missing=MissingPlanArtifact)

    in_parallel(fetch, zip(artifacts, targets, strict=True))
    return sum(artifact.size_bytes for artifact in artifacts)
