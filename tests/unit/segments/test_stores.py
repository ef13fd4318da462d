"""Segments in a directory: found with the bytes they were kept with, or not at all."""

from pathlib import Path

import pytest

from fanreel.errors import ArtifactDigestMismatch, MissingPlanArtifact
from fanreel.segments.stores import DirectoryStore, SegmentKey

KEY = SegmentKey(plan_hash="a" * 64, start_frame=0, end_frame=120)
NEXT = SegmentKey(plan_hash="a" * 64, start_frame=120, end_frame=240)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the store's directory."""
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


def _keep(folder: Path, key: SegmentKey, data: bytes = b"segment") -> DirectoryStore:
    path = folder / "unfinished"
    path.write_bytes(data)
    store = DirectoryStore(folder, ".mp4")
    store.keep(key, path)
    assert not path.exists()
    return store


def test_a_kept_segment_is_found_by_the_next(folder: Path) -> None:
    """By its frames; others are not there."""
    _keep(folder, KEY)
    later = DirectoryStore(folder, ".mp4")
    assert later.find(KEY)
    assert not later.find(NEXT)
    assert later.path(KEY).read_bytes() == b"segment"
    with pytest.raises(MissingPlanArtifact):
        later.path(NEXT)


@pytest.mark.parametrize("data", [b"", b"segmen", b"tnemges"])
def test_a_changed_segment_is_not_found(folder: Path, data: bytes) -> None:
    """Cut short by a power failure, or by somebody else: it is rendered again."""
    _keep(folder, KEY).path(KEY).write_bytes(data)
    later = DirectoryStore(folder, ".mp4")
    assert not later.find(KEY)
    assert list(folder.iterdir()) == []


def test_a_segment_that_changes_meanwhile_is_not_assembled(folder: Path) -> None:
    """It was found whole, and is not any more."""
    store = _keep(folder, KEY)
    store.path(KEY).write_bytes(b"other")
    with pytest.raises(ArtifactDigestMismatch):
        store.path(KEY)


def test_directories_of_frames_are_kept_alike(folder: Path) -> None:
    """One frame that is missing makes the segment another."""
    frames = folder / "frames"
    frames.mkdir()
    for name in ("frame_000001.png", "frame_000002.png"):
        (frames / name).write_text(name)
    DirectoryStore(folder, "").keep(KEY, frames)
    later = DirectoryStore(folder, "")
    assert later.find(KEY)
    (later.path(KEY) / "frame_000002.png").unlink()
    assert not DirectoryStore(folder, "").find(KEY)


def test_what_was_not_finished_is_removed(folder: Path) -> None:
    """And nothing else."""
    store = _keep(folder, KEY)
    (folder / "unfinished").mkdir()
    (folder / "00000120-00000240.mp4").touch()
    (folder / ".lock").touch()
    store.clear_unfinished()
    assert {path.name for path in folder.iterdir()} == {".lock", store.path(KEY).name}
