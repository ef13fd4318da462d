"""The plan directory's files as types: what is written is read back, damage is named."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanreel.errors import MissingPlanArtifact, PlanProtocolUnsupported
from fanreel.files import plan_dir as files
from fanreel.files.digest import canonical_json, sha256_file
from fanreel.files.plan_dir import Artifact, PlanManifest, Versions
from fanreel.files.plan_hash import compute_plan_hash, hashed_totals
from fanreel.files.plan_reading import (
    parse_manifest,
    read_chunks,
    read_composition,
    read_encoder,
    read_manifest,
    read_recorded,
    write_json,
)
from fanreel.timing.timeline import ChunkSlice

VERSIONS = Versions(
    fanreel="0.1.0", chromium="156.0.8078.79", libav="62.3.100", architecture="x86_64"
)
ARTIFACTS = (
    Artifact(path="compiled/site/index.html", sha256="aa", size_bytes=1),
    Artifact(path=files.CHUNKS, sha256="bb", size_bytes=2),
    Artifact(path="media/cc.mp4", sha256="cc", size_bytes=3, roles=(files.role_chunk(1),)),
    Artifact(path="audio.m4a", sha256="dd", size_bytes=4, roles=(files.ROLE_ASSEMBLE,)),
)


def _manifest(**changes: Any) -> PlanManifest:
    fields = {
        "plan_hash": "0" * 64,
        "versions": VERSIONS,
        "total_frames": 300,
        "fps": Fraction(30000, 1001),
        "width": 1920,
        "height": 1080,
        "format": "mp4",
        "has_audio": True,
        "audio_path": "audio.m4a",
        "chunk_count": 2,
        "segment_frames": 75,
        "artifacts": ARTIFACTS,
    }
    return PlanManifest(**(fields | changes))


def test_a_manifest_is_read_as_written(tmp_path: Path) -> None:
    """Rationals and artifacts survive."""
    manifest = _manifest()
    write_json(tmp_path / files.MANIFEST, manifest.to_json())
    assert read_manifest(tmp_path) == manifest


def test_a_worker_wants_its_share() -> None:
    """Role `all` is for everyone; a chunk's media for that chunk only."""
    wanted = [a.path for a in ARTIFACTS if a.wanted_by(files.role_chunk(1))]
    assert wanted == ["compiled/site/index.html", files.CHUNKS, "media/cc.mp4"]
    assert not ARTIFACTS[2].wanted_by(files.role_chunk(11))
    assert ARTIFACTS[3].wanted_by(files.ROLE_ASSEMBLE)


@pytest.mark.parametrize("path", ["/etc/passwd", "../audio.m4a", "media/audio.m4a", "x.m4a"])
def test_the_sound_lies_in_the_plan(tmp_path: Path, path: str) -> None:
    """A manifest that names another file is refused by whoever reads it."""
    write_json(tmp_path / files.MANIFEST, _manifest().to_json() | {"audio_path": path})
    with pytest.raises(MissingPlanArtifact, match="audio_path"):
        read_manifest(tmp_path)


def test_the_hash_is_of_what_decides_pixels() -> None:
    """How the work is split is not in it; every byte of content, size and version is."""
    totals = hashed_totals(_manifest())
    known = compute_plan_hash(ARTIFACTS, VERSIONS, totals)
    resplit = [a.model_copy(update={"roles": ("all",)}) for a in reversed(ARTIFACTS)]
    resplit[2] = resplit[2].model_copy(update={"sha256": "other chunks"})
    assert resplit[2].path == files.CHUNKS
    assert compute_plan_hash(resplit, VERSIONS, totals) == known

    changed = [ARTIFACTS[0].model_copy(update={"sha256": "ab"}), *ARTIFACTS[1:]]
    newer = VERSIONS.model_copy(update={"chromium": "157.0.1.2"})
    longer = hashed_totals(_manifest(total_frames=301))
    others = {
        compute_plan_hash(changed, VERSIONS, totals),
        compute_plan_hash(ARTIFACTS, newer, totals),
        compute_plan_hash(ARTIFACTS, VERSIONS, longer),
    }
    assert known not in others
    assert len(others) == 3
    assert hashed_totals(_manifest(chunk_count=7, plan_hash="f" * 64)) == totals


@pytest.mark.parametrize("protocol", [None, 0, 2, "1", [1]])
def test_another_protocol_is_refused(tmp_path: Path, protocol: Any) -> None:
    """A plan of another version names both numbers."""
    write_json(tmp_path / files.MANIFEST, _manifest().to_json() | {"protocol": protocol})
    with pytest.raises(PlanProtocolUnsupported, match="this fanreel reads 1"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("data", [[], "plan", None, 1])
def test_a_manifest_is_an_object(data: Any) -> None:
    """Any other JSON is no plan of ours."""
    with pytest.raises(PlanProtocolUnsupported):
        parse_manifest(data)


@pytest.mark.parametrize(
    "change",
    [{"fps": None}, {"fps": "30/0"}, {"fps": "x"}, {"artifacts": 3}, {"width": "wide"}, {"x": 1}],
    ids=str,
)
def test_a_field_of_the_wrong_shape_is_named(change: dict[str, Any]) -> None:
    """Whatever JSON holds, the failure is ours and names the field."""
    with pytest.raises(MissingPlanArtifact, match=next(iter(change))):
        parse_manifest(_manifest().to_json() | change)


@pytest.mark.parametrize("content", [b"", b'{"protocol": 1', b"\xff\xfe", b"[" * 100_000])
def test_a_torn_file_is_a_missing_artifact(tmp_path: Path, content: bytes) -> None:
    """A partial download is worth another try."""
    (tmp_path / files.MANIFEST).write_bytes(content)
    with pytest.raises(MissingPlanArtifact, match="fetch the plan again"):
        read_manifest(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Each reader says which file it wanted."""
    readers = {
        files.MANIFEST: read_manifest,
        files.COMPOSITION: read_composition,
        files.ENCODER: read_encoder,
        files.CHUNKS: read_chunks,
    }
    for name, read in readers.items():
        with pytest.raises(MissingPlanArtifact, match=name):
            read(tmp_path)


def test_a_plan_that_is_no_directory_is_an_error_of_ours(tmp_path: Path) -> None:
    """A file where the directory should be is no bare OSError."""
    (tmp_path / "plan").write_text("")
    with pytest.raises(MissingPlanArtifact, match="Not a directory"):
        read_manifest(tmp_path / "plan")


def test_chunks_are_read_as_written(tmp_path: Path) -> None:
    """The list keeps its order and numbers."""
    chunks = [ChunkSlice(index=i, start_frame=i * 10, end_frame=i * 10 + 10) for i in range(3)]
    write_json(tmp_path / files.CHUNKS, [chunk.to_json() for chunk in chunks])
    assert read_chunks(tmp_path) == chunks


@pytest.mark.parametrize(
    "content",
    [{}, [1], [{"index": 0}], [{"index": "0", "start_frame": 0, "end_frame": 1}], 3],
    ids=str,
)
def test_a_wrong_list_of_chunks_is_an_error_of_ours(tmp_path: Path, content: Any) -> None:
    """Numbers that are text are not taken for numbers."""
    write_json(tmp_path / files.CHUNKS, content)
    with pytest.raises(MissingPlanArtifact, match="not a list of chunks"):
        read_chunks(tmp_path)


def test_no_recording_means_nothing_was_asked(tmp_path: Path) -> None:
    """A page without outside requests leaves no file."""
    assert read_recorded(tmp_path) == []


@given(value=st.dictionaries(st.text(), st.integers() | st.text()))
def test_canonical_json_forgets_the_order(value: dict[str, Any]) -> None:
    """Equal objects have one encoding, which is JSON."""
    encoded = canonical_json(value)
    assert encoded == canonical_json(dict(reversed(value.items())))
    assert json.loads(encoded) == value


def test_names_that_are_no_utf8_are_encoded(tmp_path: Path) -> None:
    """Linux allows any bytes in a file name; Python shows them as lone surrogates."""
    name = b"caf\xe9.png".decode(errors="surrogateescape")
    assert json.loads(canonical_json(name)) == name
    write_json(tmp_path / "x.json", name)
    assert json.loads((tmp_path / "x.json").read_text()) == name


def test_digests_are_lower_case_hex(tmp_path: Path) -> None:
    """The digest of nothing is the well-known one."""
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_file(tmp_path / "empty") == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
