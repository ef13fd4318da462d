"""Finished segments: found, kept once, fetched in order."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fanreel.aws.storage.s3_client import s3_uri
from fanreel.errors import ArtifactDigestMismatch, MediaUnreadable, MissingPlanArtifact
from fanreel.segments.stores import SegmentKey
from fanreel.storage.segments import (
    StoredSegments,
    fetch_segments,
    find_segments,
    pack,
    segment_folder,
    unpack_frames,
)
from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri
from tests.aws.plans import write_plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HASH = "ab" * 32


def _key(start_frame: int, end_frame: int, plan_hash: str = HASH) -> SegmentKey:
    return SegmentKey(plan_hash=plan_hash, start_frame=start_frame, end_frame=end_frame)


def test_plans_never_share_a_folder() -> None:
    """Whatever prefix a caller gives, the plan's hash is in the key, once."""
    expected = f"s3://bucket/segments/{HASH}/"
    for prefix in (None, "s3://bucket/segments", f"s3://bucket/segments/{HASH}", expected):
        given = ObjectUri.parse(prefix) if prefix else None
        assert str(segment_folder(given, s3_uri("bucket"), HASH)) == expected
    other = ObjectUri.parse(f"s3://bucket/segments/{'0' * 64}/")
    assert str(segment_folder(other, s3_uri("bucket"), HASH)).endswith(f"{'0' * 64}/{HASH}/")


def test_a_kept_segment_is_found_and_stays(store: ObjectStore, bucket: str, tmp_path: Path) -> None:
    """By every later worker; who comes second changes nothing."""
    folder = segment_folder(None, s3_uri(bucket), HASH)
    first, second = (StoredSegments(store, folder, "mp4") for _ in range(2))
    (tmp_path / "a").write_bytes(b"first")
    assert not first.find(_key(0, 120))
    first.keep(_key(0, 120), tmp_path / "a")
    uri = folder.joined("00000000-00000120.mp4")
    kept = store.look_up(uri)
    second.keep(_key(0, 120), tmp_path / "a")
    assert store.look_up(uri) == kept
    assert first.find(_key(0, 120))
    assert second.find(_key(0, 120))
    assert not second.find(_key(120, 240))
    assert store.read_bytes(uri, limit_bytes=10) == b"first"


def test_what_no_worker_kept_is_not_found(store: ObjectStore, bucket: str, tmp_path: Path) -> None:
    """It says nothing of its bytes: it is rendered again, and replaced by what was rendered."""
    segments = StoredSegments(store, segment_folder(None, s3_uri(bucket), HASH), "mp4")
    uri = segment_folder(None, s3_uri(bucket), HASH).joined("00000000-00000120.mp4")
    store.write_bytes(uri, b"poison")
    assert not segments.find(_key(0, 120))
    (tmp_path / "a").write_bytes(b"rendered")
    segments.keep(_key(0, 120), tmp_path / "a")
    assert store.read_bytes(uri, limit_bytes=10) == b"rendered"
    assert segments.find(_key(0, 120))


def test_other_bytes_than_were_kept_are_not_assembled(
    s3: "S3Client", store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """Whether the object keeps its digest or loses it."""
    manifest = write_plan(tmp_path / "plan", total_frames=20)
    folder = segment_folder(None, s3_uri(bucket), manifest.plan_hash)
    segments = StoredSegments(store, folder, "mp4")
    for start in (0, 10):
        (tmp_path / "segment").write_bytes(b"%d" % start)
        segments.keep(_key(start, start + 10, manifest.plan_hash), tmp_path / "segment")
    uri = folder.joined("00000010-00000020.mp4")
    kept = store.look_up(uri)
    assert kept is not None
    said = {"sha256": kept.sha256 or ""}
    s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=b"11", Metadata=said)
    with pytest.raises(ArtifactDigestMismatch, match="00000010-00000020"):
        fetch_segments(store, find_segments(store, folder, manifest), tmp_path / "one")
    store.write_bytes(uri, b"10")
    with pytest.raises(MissingPlanArtifact, match="00000010-00000020"):
        fetch_segments(store, find_segments(store, folder, manifest), tmp_path / "two")


def test_a_segment_made_young_keeps_its_digest(
    store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """S3 copies an object onto itself only with other metadata."""
    folder = segment_folder(None, s3_uri(bucket), HASH)
    segments = StoredSegments(store, folder, "mp4")
    (tmp_path / "a").write_bytes(b"x")
    segments.keep(_key(0, 120), tmp_path / "a")
    kept = store.look_up(folder.joined("00000000-00000120.mp4"))
    assert kept is not None
    store.refresh(kept)
    again = store.look_up(kept.uri)
    assert again is not None
    assert again.sha256 == kept.sha256


def test_a_kept_segment_near_its_expiry_is_made_young(
    store: ObjectStore, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it outlives the render that counts on it."""
    refreshed: list[str] = []
    monkeypatch.setattr("fanreel.storage.store.REFRESH_AFTER_S", -10)
    monkeypatch.setattr(store, "refresh", lambda kept: refreshed.append(kept.uri.name))
    segments = StoredSegments(store, segment_folder(None, s3_uri(bucket), HASH), "mp4")
    (tmp_path / "a").write_bytes(b"x")
    segments.keep(_key(0, 120), tmp_path / "a")
    assert segments.find(_key(0, 120))
    assert refreshed == ["00000000-00000120.mp4"]


def test_segments_are_fetched_in_order(store: ObjectStore, bucket: str, tmp_path: Path) -> None:
    """All that cover the timeline; one that is missing is named."""
    manifest = write_plan(tmp_path / "plan")
    folder = segment_folder(None, s3_uri(bucket), manifest.plan_hash)
    segments = StoredSegments(store, folder, "mp4")
    for start in range(0, 50, 10):
        if start == 30:
            with pytest.raises(MissingPlanArtifact, match="00000030-00000040"):
                fetch_segments(store, find_segments(store, folder, manifest), tmp_path / "early")
        (tmp_path / "segment").write_bytes(b"%d" % start)
        segments.keep(_key(start, start + 10, manifest.plan_hash), tmp_path / "segment")
    paths = fetch_segments(store, find_segments(store, folder, manifest), tmp_path / "all")
    assert [path.read_bytes() for path in paths] == [b"0", b"10", b"20", b"30", b"40"]


def test_a_directory_of_frames_travels_as_one_object(
    store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """And comes back as a directory; nothing but the frames stays on disk."""
    manifest = write_plan(tmp_path / "plan", total_frames=20, output_format="png-sequence")
    folder = segment_folder(None, s3_uri(bucket), manifest.plan_hash)
    segments = StoredSegments(store, folder, "png-sequence")
    for start in (0, 10):
        frames = tmp_path / "work" / f"{start:08d}"
        frames.mkdir(parents=True)
        for number in range(1, 11):
            (frames / f"frame_{number:06d}.png").write_bytes(b"%d" % (start + number))
        segments.keep(_key(start, start + 10, manifest.plan_hash), frames)
    assert {path.suffix for path in (tmp_path / "work").iterdir()} == {""}
    assert [o.uri.name for o in store.list_objects(folder)] == [
        "00000000-00000010.tar",
        "00000010-00000020.tar",
    ]
    first, second = fetch_segments(store, find_segments(store, folder, manifest), tmp_path / "back")
    assert (first / "frame_000010.png").read_bytes() == b"10"
    assert (second / "frame_000001.png").read_bytes() == b"11"
    assert len(list(second.iterdir())) == 10
    assert {path.name for path in (tmp_path / "back").iterdir()} == {first.name, second.name}


def test_packing_forgets_when_and_by_whom(tmp_path: Path) -> None:
    """The same frames give the same bytes, or the second worker's put would differ."""
    for number, mode in enumerate((0o600, 0o644)):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        (folder / "frame_000001.png").write_bytes(b"png")
        os.utime(folder / "frame_000001.png", (number, number))
        (folder / "frame_000001.png").chmod(mode)
        pack(folder, tmp_path / f"{number}.tar")
    assert (tmp_path / "0.tar").read_bytes() == (tmp_path / "1.tar").read_bytes()


def test_a_damaged_pack_is_no_media(tmp_path: Path) -> None:
    """It says so, in our words."""
    (tmp_path / "x.tar").write_bytes(b"no tar" * 200)
    with pytest.raises(MediaUnreadable, match=r"x\.tar is not a whole tar"):
        unpack_frames(tmp_path / "x.tar", tmp_path / "x")
