"""The same plan gives the same bytes, however it is cut, ordered, repeated and spread."""

import concurrent.futures
import contextlib
import hashlib
import multiprocessing
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanreel.assembly import assemble
from fanreel.config import RenderConfig
from fanreel.files.plan_reading import read_manifest
from fanreel.local import render
from fanreel.planning import plan
from fanreel.rendering import render_chunk
from fanreel.timing.timeline import segments_of
from fanreel.work.assembly import make_video
from tests.media.compositions import lay_out
from tests.media.studio import Studio

COMPOSITIONS = Path(__file__).parents[1] / "compositions"
CONFIG = RenderConfig(segment_frames=6, quality="draft", fps=24)
# Videos in nested compositions, a page that is stepped, WebGL, and layers on both sides of the
# size up to which Chromium draws them as one tile: 24 frames each.
OTHERS = ("video-nested-mounts", "particles", "webgl-uniforms", "layers-large")
# A first, a middle and a last one; `test_compositions.py` cuts every page, on one browser.
COUNT = 3


def plan_in_chunks(
    project: Path, count: int, plan_dir: Path, config: RenderConfig = CONFIG
) -> Path:
    """Plan *project* in exactly *count* chunks of the same segments."""
    config = config.replace(target_chunk_frames=1, max_parallel_chunks=count)
    assert plan(project, config, plan_dir).chunk_count == count
    return plan_dir


def rendered(plan_dir: Path, out: Path, order: list[int]) -> str:
    """Render the chunks in *order*, assemble, and give the video's digest."""
    paths = {index: out / f"chunk-{index:05d}.mp4" for index in order}
    for index in order:
        render_chunk(plan_dir, index, paths[index])
    chunks = [paths[index] for index in sorted(paths)]
    return assemble(plan_dir, chunks, None, out / "video.mp4").sha256


def shuffled(count: int) -> list[int]:
    """Return the chunks in an order of chance, the same in every run."""
    order = list(range(count))
    random.Random(count).shuffle(order)  # noqa: S311 (an order, not a secret)
    return order


@pytest.fixture(scope="module")
def project() -> Path:
    """A page that moves text, shadows, filters, SVG and canvas."""
    return COMPOSITIONS / "everything-moves"


@pytest.fixture(scope="module")
def one_chunk(project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The reference: everything in one chunk."""
    out = tmp_path_factory.mktemp("one")
    plan_dir = plan_in_chunks(project, 1, out / "plan")
    return plan_dir, rendered(plan_dir, out, [0])


@pytest.fixture(scope="module")
def in_four(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same segments, planned in four chunks."""
    return plan_in_chunks(project, 4, tmp_path_factory.mktemp("four") / "plan")


def test_chunk_count_does_not_move_a_byte(
    in_four: Path, one_chunk: tuple[Path, str], tmp_path: Path
) -> None:
    """Four chunks in shuffled order give the bytes of one chunk, and its plan hash."""
    assert read_manifest(in_four).plan_hash == read_manifest(one_chunk[0]).plan_hash
    assert rendered(in_four, tmp_path, shuffled(4)) == one_chunk[1]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Yield the browser that plans other pages, and renders all of them."""
    with contextlib.closing(Studio(tmp_path_factory.mktemp("studio"))) as studio:
        yield studio


@pytest.mark.parametrize("name", OTHERS)
def test_chunks_of_other_pages_join(name: str, studio: Studio, tmp_path: Path) -> None:
    """Browsers of their own, in shuffled order, give the bytes of one."""
    config = CONFIG.replace(
        segment_frames=3, quality="standard", target_chunk_frames=1, max_parallel_chunks=COUNT
    )
    project, plan_dir = tmp_path / "project", tmp_path / "plan"
    lay_out(name, project)
    planned = studio.plan(project, config, plan_dir)
    assert planned.chunk_count == COUNT
    wanted = [tmp_path / f"{start:05d}.mp4" for start in range(0, planned.total_frames, 3)]
    with studio.renderer(plan_dir) as renderer:
        bounds = segments_of(0, planned.total_frames, 3)
        for (start, end), path in zip(bounds, wanted, strict=True):
            renderer.render(start, end, path, lambda _frames: None)
    of_one = make_video(plan_dir, wanted, None, tmp_path / "one.mp4").sha256
    assert rendered(plan_dir, tmp_path / "of many", shuffled(COUNT)) == of_one


def test_local_renderer_gives_the_bytes_of_the_chunks(
    project: Path, one_chunk: tuple[Path, str], tmp_path: Path
) -> None:
    """The process pool, with browsers that film several segments, changes nothing."""
    result = render(project, tmp_path / "video.mp4", CONFIG, workers=2)
    assert result.sha256 == one_chunk[1]


def test_chunks_of_two_processes_and_two_threads_agree(
    in_four: Path, one_chunk: tuple[Path, str], tmp_path: Path
) -> None:
    """Four chunks, some in threads of this process and some in other processes at the same time."""
    paths = [tmp_path / f"chunk-{index}.mp4" for index in range(4)]
    context = multiprocessing.get_context("spawn")
    with (
        concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as processes,
        concurrent.futures.ThreadPoolExecutor(2) as threads,
    ):
        running = [
            (processes if index % 2 else threads).submit(render_chunk, in_four, index, path)
            for index, path in enumerate(paths)
        ]
        for future in running:
            future.result()
    assert assemble(in_four, paths, None, tmp_path / "video.mp4").sha256 == one_chunk[1]


def test_second_run_on_the_same_plan_is_byte_identical(
    one_chunk: tuple[Path, str], tmp_path: Path
) -> None:
    """Rendering again reads the plan only, and writes the same chunk."""
    plan_dir, expected = one_chunk
    before = {path: path.stat().st_mtime_ns for path in plan_dir.rglob("*")}
    assert rendered(plan_dir, tmp_path, [0]) == expected
    assert {path: path.stat().st_mtime_ns for path in plan_dir.rglob("*")} == before


def test_planning_again_gives_the_same_plan(
    project: Path, one_chunk: tuple[Path, str], tmp_path: Path
) -> None:
    """Two plans of one project hold the same bytes."""

    def content(directory: Path) -> dict[str, str]:
        return {
            path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in directory.rglob("*")
            if path.is_file()
        }

    again = plan_in_chunks(project, 1, tmp_path / "again")
    assert content(again) == content(one_chunk[0])
