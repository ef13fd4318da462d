"""
Every composition shows and sounds what its `expect.toml` says, in one chunk or in four.

A browser is kept for compositions of the same size and kind, as a worker of the process pool keeps
it: a new one for each would take most of the time.
"""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanreel.capture.session_specs import Layout
from fanreel.encode.mark import SegmentMark
from fanreel.encode.segment import SegmentWriter
from fanreel.formats import FORMATS
from fanreel.results import PlanResult
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import VerifiedPlan, verify_plan
from fanreel.timing.timeline import segments_of
from fanreel.work.assembly import make_video
from fanreel.work.sound import SoundWork, add_sound, make_sound
from tests.media.compositions import COMPOSITIONS, Expected, expected, lay_out, names
from tests.media.sources import Picture, read_samples
from tests.media.studio import Studio, as_rgba

CHUNKS = 4


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Yield a studio for the module."""
    with contextlib.closing(Studio(tmp_path_factory.mktemp("studio"))) as studio:
        yield studio


def in_order() -> list[str]:
    """Return all compositions so that those of one size follow each other, and those with alpha."""

    def kind(name: str) -> tuple[str, ...]:
        page = (COMPOSITIONS / name / expected(name).render_config.entry_path).read_text(
            encoding="utf-8"
        )
        size = page.partition("data-width=")[2][:24]
        return str(expected(name).config.get("format")), size, name

    return sorted(names(), key=kind)


@pytest.mark.parametrize("name", in_order())
def test_a_composition_is_as_expected(name: str, studio: Studio, tmp_path: Path) -> None:
    """It is seen, heard and warned of as written, and cutting it does not move a byte."""
    project_dir = tmp_path / "project"
    found = lay_out(name, project_dir)
    cut = {"segment_frames": -(-found.frames // CHUNKS), "target_chunk_frames": 1}
    config = found.render_config.replace(**cut)
    planned = studio.plan(project_dir, config, tmp_path / "plan", tmp_path / "sound.json")
    assert planned.total_frames == found.frames
    assert len(planned.warnings) == len(found.warnings), planned.warnings
    for part, warning in zip(found.warnings, planned.warnings, strict=True):
        assert part in warning
    check_sound(found, planned, tmp_path)
    plan = verify_plan(tmp_path / "plan")
    with studio.renderer(tmp_path / "plan") as renderer:
        whole = [picture.copy() for picture in renderer.capture(range(found.frames))]
        quarters = film_backwards(plan, renderer, tmp_path / "quarters")
    seen = [as_rgba(picture, renderer.pixels) for picture in whole]
    for see in found.see:
        see.check(seen)
    runs = segment_bounds(plan)
    assert planned.chunk_count == min(CHUNKS, len(runs))
    once = write_again(plan, whole, renderer.pixels, tmp_path / "once")
    assert assembled(plan, once, tmp_path) == assembled(plan, quarters, tmp_path)


def segment_bounds(plan: VerifiedPlan) -> list[tuple[int, int]]:
    """Return the segments of the whole timeline."""
    return segments_of(0, plan.manifest.total_frames, plan.manifest.segment_frames)


def film_backwards(plan: VerifiedPlan, renderer: SegmentRenderer, out: Path) -> list[Path]:
    """Film each segment on a page of its own, the last one first."""
    out.mkdir()
    paths = [out / f"{start:05d}{suffix(plan)}" for start, _end in segment_bounds(plan)]
    for (start, end), path in reversed(list(zip(segment_bounds(plan), paths, strict=True))):
        renderer.render(start, end, path, lambda _frames: None)
    return paths


def write_again(
    plan: VerifiedPlan, pictures: list[Picture], pixels: Layout, out: Path
) -> list[Path]:
    """Encode pictures that one page showed, one after the other, as the same segments."""
    out.mkdir()
    paths = []
    for start, end in segment_bounds(plan):
        paths.append(out / f"{start:05d}{suffix(plan)}")
        mark = SegmentMark(plan_hash=plan.manifest.plan_hash, start_frame=start)
        with SegmentWriter(
            paths[-1], plan.locked, plan.manifest.fps, pixels=pixels, mark=mark
        ) as writer:
            for picture in pictures[start:end]:
                writer.write(writer.convert(picture))
    return paths


def assembled(plan: VerifiedPlan, parts: list[Path], out: Path) -> str:
    """Return the digest of the video that *parts* make."""
    sound = plan.manifest.audio_path
    audio = plan.plan_dir / sound if sound else None
    return make_video(plan.plan_dir, parts, audio, out / f"{parts[0].parent.name}.out").sha256


def suffix(plan: VerifiedPlan) -> str:
    """Return the file extension of segments."""
    return FORMATS[plan.locked.format].segment_extension


def check_sound(found: Expected, planned: PlanResult, out: Path) -> None:
    """Assert what is heard, in a mix without the losses of AAC; then make that of the plan."""
    assert planned.has_audio == bool(found.hear)
    if not found.hear:
        return
    work = SoundWork.read(out / "sound.json")
    make_sound(dataclasses.replace(work, audio_path="exact.wav", codec="pcm_s16le"), out)
    sound = read_samples(out / "exact.wav")
    assert len(sound) == round(planned.total_frames / planned.fps * 48_000)
    for hear in found.hear:
        hear.check(sound)
    add_sound(planned.plan_dir, out / "sound.json")


def test_the_docs_list_every_composition() -> None:
    """With its rule, in the words of its `expect.toml`."""
    docs = (COMPOSITIONS.parents[1] / "docs" / "compatibility.md").read_text(encoding="utf-8")
    for name in names():
        assert f"| `{name}` | {expected(name).rule} |" in docs


def test_every_composition_is_tested() -> None:
    """A folder either says what is expected of it or belongs to a test that names it."""
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    for folder in COMPOSITIONS.iterdir():
        assert folder.name in names() or f'"{folder.name}"' in tests, folder.name
    assert len(names()) >= 40
