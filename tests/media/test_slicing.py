"""Large videos in blocks: each chunk holds what it shows, and draws the same pictures from it."""

import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanreel.assembly import assemble
from fanreel.config import RenderConfig
from fanreel.errors import MissingPlanArtifact
from fanreel.files.plan_dir import MediaClip, role_chunk
from fanreel.files.plan_reading import read_manifest
from fanreel.media.frames import VideoSource
from fanreel.media.slicing import Slicer, has_index
from fanreel.rendering import render_chunk
from fanreel.work import frozen_media
from fanreel.work.planning import make_distributed_plan
from tests.media.hostile import page
from tests.media.sources import clicks, write_video

COUNT = 240
BLOCK = 4096
SOURCES: dict[str, dict[str, Any]] = {
    "open-gops.mp4": {"options": {"x264-params": "keyint=12:bframes=3:open-gop=1"}},
    "index-first.mp4": {"container_options": {"movflags": "faststart"}, "options": {"g": "30"}},
    "h265.mp4": {
        "codec": "libx265",
        "options": {"preset": "ultrafast", "x265-params": "keyint=12:log-level=none"},
    },
    "h264.mkv": {"options": {"x264-params": "keyint=12:bframes=3:open-gop=1"}},
    "vp9.webm": {
        "codec": "libvpx-vp9",
        "options": {"g": "20", "lag-in-frames": "12", "cpu-used": "8", "deadline": "realtime"},
    },
    "prores.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"g": "12", "bf": "2", "b": "4M"}},
}


def write_noise(path: Path, **options: Any) -> Path:
    """Write a video that no encoder makes small, with sound between its pictures."""
    noise = np.random.default_rng(1).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    pictures = (np.roll(noise, 3 * number, axis=0) for number in range(COUNT))
    sound = None if path.suffix in (".webm", ".avi") else clicks(COUNT / 30, [0.5])
    return write_video(path, pictures, sound=sound, **options)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with every source."""
    directory = tmp_path_factory.mktemp("sliced")
    for name, options in SOURCES.items():
        write_noise(directory / name, **options)
    return directory


@pytest.mark.parametrize("name", SOURCES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(
    spans=st.lists(
        st.tuples(st.integers(0, COUNT - 1), st.integers(1, 30), st.integers(1, 9)),
        min_size=1,
        max_size=3,
    ),
    backwards=st.booleans(),
)
def test_frames_from_their_blocks_are_those_of_the_file(
    made: Path, name: str, spans: list[tuple[int, int, int]], *, backwards: bool
) -> None:
    """Bit for bit, in any order: trimmed, sped up, looped."""
    frames = [index for start, count, step in spans for index in range(start, start + count, step)]
    frames = [min(index, COUNT - 1) for index in frames]
    slicer = Slicer(made / name, BLOCK)
    folder = made / f"blocks-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    slicer.write(folder, slicer.blocks_for(frames))
    with VideoSource(made / name) as whole, VideoSource(folder) as held:
        for index in reversed(frames) if backwards else frames:
            assert held.frame(index).planes == whole.frame(index).planes


def test_a_short_span_needs_few_blocks(made: Path) -> None:
    """A second of eight: its groups of pictures, and what the decoder takes ahead."""
    path = made / "prores.mov"
    blocks = Slicer(path, BLOCK).blocks_for(range(90, 120))
    assert len(blocks) * BLOCK < path.stat().st_size / 2


def test_a_block_that_is_not_held_is_named(made: Path, tmp_path: Path) -> None:
    """Never a picture from bytes that are not there."""
    slicer = Slicer(made / "open-gops.mp4", BLOCK)
    slicer.write(tmp_path / "held", slicer.blocks_for(range(10)))
    with (
        VideoSource(tmp_path / "held") as source,
        pytest.raises(MissingPlanArtifact, match=r"block \d+ of held is not here"),
    ):
        source.frame(COUNT - 1)


def test_a_container_without_an_index_stays_whole(tmp_path: Path) -> None:
    """A transport stream is searched through."""
    assert not has_index(write_noise(tmp_path / "a.ts"))
    assert has_index(write_noise(tmp_path / "a.mp4"))


BODY = """
<video src="long.mp4" muted data-start="0" data-duration="1.5" data-media-start="0.5"></video>
<video src="long.mp4" muted data-start="2" data-duration="1" data-media-start="5.5"
  data-playback-rate="1.5"></video>
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, made: Path) -> Path:
    """A page that shows two stretches of a long video, one of them faster."""
    folder = tmp_path_factory.mktemp("slicing") / "project"
    folder.mkdir()
    (folder / "index.html").write_text(page(BODY, root='data-duration="3" data-no-timeline'))
    shutil.copyfile(made / "prores.mov", folder / "long.mp4")
    return folder


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slice files that tests can make."""
    monkeypatch.setattr(frozen_media, "SLICED_FROM_BYTES", 1)
    monkeypatch.setattr(frozen_media, "BLOCK_BYTES", 16 * 1024)


def test_the_estimate_is_of_what_is_shown(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a large file is not refused for the whole of it."""
    monkeypatch.setattr(frozen_media, "SLICED_FROM_BYTES", 1)
    monkeypatch.setattr(frozen_media, "_AROUND_BYTES", 1000)
    path = made / "prores.mov"
    clip = MediaClip(
        key="a", kind="video", path=str(path), src="a", start_s=Fraction(5), shown=True,
        duration_s=Fraction(2, 5), rate=Fraction(2), source_s=Fraction(8),
    )  # fmt: skip
    size_bytes = path.stat().st_size
    assert frozen_media.expected_bytes(path, [clip], sliced=False) == size_bytes
    assert frozen_media.expected_bytes(path, [clip], sliced=True) == size_bytes // 10 + 1000
    looped = clip.model_copy(update={"duration_s": Fraction(100)})
    assert frozen_media.expected_bytes(path, [looped], sliced=True) == size_bytes


def config_for(chunks: int) -> RenderConfig:
    """Cut the same segments into *chunks*."""
    return RenderConfig(
        segment_frames=5,
        quality="draft",
        fps=Fraction(10),
        target_chunk_frames=1,
        max_parallel_chunks=chunks,
    )


def share_of(plan_dir: Path, index: int, folder: Path) -> int:
    """Copy what the worker of one chunk fetches; give the bytes of media among it."""
    manifest = read_manifest(plan_dir)
    folder.mkdir()
    shutil.copyfile(plan_dir / "plan.json", folder / "plan.json")
    media_bytes = 0
    for artifact in manifest.artifacts:
        if artifact.wanted_by(role_chunk(index)):
            target = folder / artifact.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(plan_dir / artifact.path, target)
            media_bytes += artifact.size_bytes if artifact.path.startswith("media/") else 0
    return media_bytes


@pytest.mark.parametrize("sliced", [False, True])
def test_two_names_of_the_same_bytes_are_one_source(
    project: Path, tmp_path: Path, request: pytest.FixtureRequest, *, sliced: bool
) -> None:
    """The chunks that show either have it."""
    if sliced:
        request.getfixturevalue("small_blocks")
    folder = tmp_path / "project"
    shutil.copytree(project, folder)
    shutil.copyfile(folder / "long.mp4", folder / "again.mp4")
    body = BODY.replace('src="long.mp4"', 'src="again.mp4"', 1)
    (folder / "index.html").write_text(page(body, root='data-duration="3" data-no-timeline'))
    make_distributed_plan(folder, config_for(6), tmp_path / "plan")
    for index in range(6):
        share = tmp_path / f"share-{index}"
        assert share_of(tmp_path / "plan", index, share) > 0
        render_chunk(share, index, tmp_path / f"{index}.mp4")


@pytest.mark.usefixtures("small_blocks")
def test_a_chunk_fetches_its_slices_and_renders_the_same_bytes(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against whole files; the hash of the plan does not know how it is cut into chunks.

    One cut lies where one stretch ends, and the next begins so near that a reader would go on.
    """
    sliced = make_distributed_plan(project, config_for(6), tmp_path / "sliced")
    once = make_distributed_plan(project, config_for(1), tmp_path / "once")
    assert sliced.plan_hash == once.plan_hash
    monkeypatch.setattr(frozen_media, "SLICED_FROM_BYTES", 2**40)
    whole = make_distributed_plan(project, config_for(6), tmp_path / "whole")
    size_bytes = (project / "long.mp4").stat().st_size
    # What nobody shows is not in the plan at all.
    assert sliced.size_bytes < whole.size_bytes
    paths: dict[str, list[Path]] = {"sliced": [], "whole": []}
    held_bytes = []
    for index in range(6):
        held_bytes.append(share_of(tmp_path / "sliced", index, tmp_path / f"share-{index}"))
        for name, plan_dir in (("sliced", tmp_path / f"share-{index}"), ("whole", whole.plan_dir)):
            path = tmp_path / f"{name}-{index}.mp4"
            paths[name].append(path)
            render_chunk(plan_dir, index, path)
    assert max(held_bytes) < 0.7 * size_bytes
    films = {}
    for name, plan_dir in (("sliced", sliced.plan_dir), ("whole", whole.plan_dir)):
        video = tmp_path / f"{name}.mp4"
        assemble(plan_dir, paths[name], None, video)
        with VideoSource(video) as source:
            films[name] = [source.frame(frame).planes for frame in range(30)]
    assert films["sliced"] == films["whole"]
    assert len(set(films["whole"])) > 15  # it moves
