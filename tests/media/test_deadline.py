"""A worker that will be ended soon stops between two segments; the next one goes on from there."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fanreel.assembly import assemble
from fanreel.config import RenderConfig
from fanreel.planning import plan
from fanreel.rendering import render_chunk
from fanreel.segments.stores import SegmentKey

SEGMENT_FRAMES, SEGMENTS = 4, 5
FRAMES = SEGMENTS * SEGMENT_FRAMES - 1  # the last segment is a short one
UPLOAD_S = 20
"""What a worker keeps back for its last upload, so that with this much left it begins nothing."""


@dataclass
class FolderStore:
    """Segments in a folder, as another worker would find them; and how often each was made."""

    folder: Path
    made: list[tuple[int, int]] = field(default_factory=list)

    def find(self, key: SegmentKey) -> bool:
        """Tell whether it was kept."""
        return (self.folder / f"{key.name}.mp4").exists()

    def keep(self, key: SegmentKey, path: Path) -> None:
        """Keep a copy, whose original may go."""
        shutil.copyfile(path, self.folder / f"{key.name}.mp4")
        self.made.append((key.start_frame, key.end_frame))

    def paths(self) -> list[Path]:
        """Return the segments in order."""
        return sorted(self.folder.iterdir())


@pytest.fixture(scope="module")
def plan_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A word that moves, in one chunk of five segments."""
    folder = tmp_path_factory.mktemp("deadline")
    (folder / "project").mkdir()
    (folder / "project/index.html").write_text(
        "<!doctype html><style>@keyframes go {to {transform: translateX(90px) rotate(1turn)}} "
        "b {position: absolute; animation: go 1s linear both}</style>"
        f'<div data-composition-id="main" data-start="0" data-duration="{FRAMES / 30:.5f}" '
        'data-width="160" data-height="90"><b>word</b></div>'
    )
    config = RenderConfig(
        quality="draft", fps=30, segment_frames=SEGMENT_FRAMES, max_parallel_chunks=1
    )
    made = plan(folder / "project", config, folder / "plan")
    assert (made.chunk_count, made.total_frames) == (1, FRAMES)
    return folder / "plan"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """Return an empty store."""
    (tmp_path / "segments").mkdir()
    return FolderStore(tmp_path / "segments")


def test_it_stops_between_segments_and_is_continued(
    plan_dir: Path, store: FolderStore, tmp_path: Path
) -> None:
    """Time runs out after two segments; the second call renders the other three, none twice."""
    heard: list[int] = []
    first = render_chunk(
        plan_dir,
        0,
        None,
        store=store,
        remaining_s=lambda: UPLOAD_S + 490 * (2 - max([0, *heard]) // SEGMENT_FRAMES),
        heartbeat=heard.append,
    )
    assert not first.done
    assert first.next_frame == first.frames_encoded == heard[-1] == 2 * SEGMENT_FRAMES
    assert (first.segments_rendered, first.segments_found) == (2, 0)
    assert store.made == [(0, 4), (4, 8)]

    second = render_chunk(plan_dir, 0, None, store=store, remaining_s=lambda: 600.0)
    assert second.done
    assert second.next_frame == second.end_frame == FRAMES
    assert (second.segments_rendered, second.segments_found) == (3, 2)
    assert store.made == [(0, 4), (4, 8), (8, 12), (12, 16), (16, 19)]

    whole = render_chunk(plan_dir, 0, tmp_path / "whole.mp4")
    assert whole.path is not None
    in_rounds = assemble(plan_dir, store.paths(), None, tmp_path / "rounds.mp4")
    at_once = assemble(plan_dir, [whole.path], None, tmp_path / "once.mp4")
    assert in_rounds.frames_encoded == FRAMES
    assert in_rounds.sha256 == at_once.sha256


def test_each_round_gets_somewhere(plan_dir: Path, store: FolderStore) -> None:
    """With no time to spare at all a round renders one segment, so that the last one comes."""
    rounds = [
        render_chunk(plan_dir, 0, None, store=store, remaining_s=lambda: 1.0) for _ in range(2)
    ]
    assert [one.next_frame for one in rounds] == [4, 8]
    assert [one.segments_found for one in rounds] == [0, 1]
    assert not any(one.done for one in rounds)
    assert store.made == [(0, 4), (4, 8)]
