"""A plan directory in S3: shared artifacts, shares by role, every byte verified."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.errors import (
    ArtifactDigestMismatch,
    MissingPlanArtifact,
    PlanHashMismatch,
    PlanProtocolUnsupported,
    RenderError,
    UnsafeArchive,
)
from fanreel.files.plan_dir import PlanManifest, role_chunk
from fanreel.storage import layout
from fanreel.storage.artifacts import fetch_artifacts, fetch_manifest, upload_plan
from fanreel.storage.store import ObjectStore
from tests.aws.plans import write_plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def planned(tmp_path: Path) -> tuple[Path, PlanManifest]:
    """Write a plan."""
    return tmp_path / "plan", write_plan(tmp_path / "plan")


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_second_render_of_the_same_plan_uploads_its_manifest_only(
    store: ObjectStore,
    bucket: str,
    planned: tuple[Path, PlanManifest],
    record_calls: Callable[[], list[str]],
) -> None:
    """Artifacts are shared by digest, within a plan too; the manifest is written last."""
    plan_dir, _ = planned
    uri, uploaded = upload_plan(store, plan_dir, layout.render(s3_uri(bucket), "first"))
    assert str(uri) == f"s3://{bucket}/renders/first/plan.json"
    assert uploaded == 5  # of six files, two are alike
    assert record_calls()[-1] == "PutObject"
    _, uploaded = upload_plan(store, plan_dir, layout.render(s3_uri(bucket), "second"))
    assert uploaded == 0
    assert record_calls().count("PutObject") == 1


@pytest.mark.parametrize(
    ("role", "without"),
    [
        (role_chunk(0), {"audio.m4a"}),
        (role_chunk(1), {"audio.m4a", "media/first.mp4"}),
        ("assemble", {"media/first.mp4", "media/both.mp4"}),
    ],
)
def test_a_role_fetches_its_share(
    store: ObjectStore,
    bucket: str,
    planned: tuple[Path, PlanManifest],
    tmp_path: Path,
    role: str,
    without: set[str],
) -> None:
    """The folder then holds what the role needs, byte for byte, and nothing else."""
    plan_dir, manifest = planned
    uri, _ = upload_plan(store, plan_dir, layout.render(s3_uri(bucket), "r"))
    back = tmp_path / "back"
    fetched = fetch_manifest(store, uri, back, manifest.plan_hash)
    assert fetched == manifest
    size_bytes = fetch_artifacts(store, fetched, s3_uri(bucket), back, lambda a: a.wanted_by(role))
    assert _files(back) == _files(plan_dir) - without
    for name in _files(back):
        assert (back / name).read_bytes() == (plan_dir / name).read_bytes()
    artifacts = _files(back) - {"plan.json"}
    assert size_bytes == sum((back / name).stat().st_size for name in artifacts)


def test_damage_and_loss_in_the_bucket_are_named(
    s3: "S3Client",
    store: ObjectStore,
    bucket: str,
    planned: tuple[Path, PlanManifest],
    tmp_path: Path,
) -> None:
    """A changed byte and a missing object are two errors, both worth a retry."""
    plan_dir, manifest = planned
    uri, _ = upload_plan(store, plan_dir, layout.render(s3_uri(bucket), "r"))
    victim = next(a for a in manifest.artifacts if a.path == "media/both.mp4")
    for damage, expected in {
        b"media/b0th.mp4": ArtifactDigestMismatch,
        b"short": ArtifactDigestMismatch,
        None: MissingPlanArtifact,
    }.items():
        blob = layout.blob(s3_uri(bucket), victim.sha256)
        if damage is None:
            s3.delete_object(Bucket=bucket, Key=blob.key)
        else:
            store.write_bytes(blob, damage)
        back = tmp_path / expected.__name__ / str(damage)
        fetched = fetch_manifest(store, uri, back, manifest.plan_hash)
        with pytest.raises(expected):
            fetch_artifacts(
                store, fetched, s3_uri(bucket), back, lambda a: a.wanted_by(role_chunk(1))
            )
        assert not (back / victim.path).exists()


def _reseal(data: dict[str, Any]) -> dict[str, Any]:
    return PlanManifest.model_validate(data).sealed().to_json()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda data: data | {"plan_hash": "0" * 64}, ArtifactDigestMismatch),
        (lambda data: _reseal(data | {"plan_hash": "0" * 64}), PlanHashMismatch),
        (lambda data: _reseal(data | {"total_frames": 49}), PlanHashMismatch),
        (lambda data: data | {"protocol": 999}, PlanProtocolUnsupported),
        (lambda data: {"protocol": data["protocol"]}, MissingPlanArtifact),
        (lambda _: [], PlanProtocolUnsupported),
    ],
    ids=["a byte", "another plan", "a number", "a later protocol", "cut short", "no object"],
)
def test_another_manifest_is_refused(
    store: ObjectStore,
    bucket: str,
    planned: tuple[Path, PlanManifest],
    tmp_path: Path,
    change: Callable[[dict[str, Any]], Any],
    expected: type[RenderError],
) -> None:
    """Whatever was changed is noticed before any artifact is fetched."""
    _, manifest = planned
    uri = s3_uri(bucket, "renders/r/plan.json")
    store.write_bytes(uri, json.dumps(change(manifest.to_json())).encode())
    with pytest.raises(expected):
        fetch_manifest(store, uri, tmp_path / "back", manifest.plan_hash)
    assert not (tmp_path / "back").exists()


def test_no_manifest_is_a_missing_artifact(store: ObjectStore, bucket: str, tmp_path: Path) -> None:
    """As is one that is cut short."""
    uri = s3_uri(bucket, "renders/r/plan.json")
    with pytest.raises(MissingPlanArtifact):
        fetch_manifest(store, uri, tmp_path / "back", "0" * 64)
    store.write_bytes(uri, b'{"protocol": ')
    with pytest.raises(MissingPlanArtifact):
        fetch_manifest(store, uri, tmp_path / "back", "0" * 64)


def test_a_forged_path_does_not_leave_the_plan(
    store: ObjectStore, bucket: str, planned: tuple[Path, PlanManifest], tmp_path: Path
) -> None:
    """Refused before anything is fetched."""
    _, manifest = planned
    evil = manifest.artifacts[0].model_copy(update={"path": "../evil"})
    forged = manifest.model_copy(update={"artifacts": (evil,)})
    with pytest.raises(UnsafeArchive):
        fetch_artifacts(store, forged, s3_uri(bucket), tmp_path / "back", lambda _: True)


def test_artifacts_are_where_the_layout_says(
    store: ObjectStore, bucket: str, planned: tuple[Path, PlanManifest]
) -> None:
    """By the first two digits of their digest."""
    upload_plan(store, planned[0], layout.render(s3_uri(bucket), "r"))
    for found in store.list_objects(s3_uri(bucket, layout.BLOBS)):
        assert found.uri.key == f"blobs/sha256/{found.uri.name[:2]}/{found.uri.name}"
