"""Plans that were damaged, mixed up or made elsewhere: caught before any browser starts."""

import dataclasses
import functools
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fanreel.assembly import assemble
from fanreel.errors import CATALOGUE, BrowserVersionMismatch, RenderError
from fanreel.files import plan_dir as plans
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import PlanManifest
from fanreel.files.plan_hash import compute_plan_hash, hashed_totals
from fanreel.files.plan_reading import write_json
from fanreel.planning import plan
from fanreel.rendering import render_chunk
from fanreel.segments.verification import verify_plan
from fanreel.work.assembly import make_video
from tests.media.hostile import DRAFT, Place, page
from tests.media.sources import numbered, write_video

CAUGHT = {"PLAN_HASH_MISMATCH", "MISSING_PLAN_ARTIFACT", "PLAN_PROTOCOL_UNSUPPORTED"} | {
    "FFMPEG_VERSION_MISMATCH",
    "BROWSER_VERSION_MISMATCH",
}
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"/>'
BODY = """
<img src="picture.svg">
<video src="clip.mp4" data-start="0" data-has-audio="true"></video>
"""
# A file of this size is tried at every place, a larger one at so many.
PLACES = 150


@dataclasses.dataclass(frozen=True, slots=True)
class Rendered:
    """A plan and its chunks."""

    plan_dir: Path
    chunks: tuple[Path, ...]
    audio: Path

    @property
    def of_sound(self) -> tuple[Path, Path]:
        """The mix and what decides it, which no worker that draws needs."""
        return self.audio, self.plan_dir / plans.SOUND

    def copied(self, folder: Path) -> "Rendered":
        """Return a copy of the plan to spoil."""
        plan_dir = Path(shutil.copytree(self.plan_dir, folder / "plan"))
        return Rendered(plan_dir, self.chunks, plan_dir / self.audio.name)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """A plan with a picture, a video and sound, and its three chunks."""
    folder = tmp_path_factory.mktemp("rendered")
    project = folder / "project"
    project.mkdir()
    (project / "index.html").write_text(page(BODY))
    (project / "picture.svg").write_text(PICTURE)
    tone = np.sin(np.arange(24000, dtype=np.float32) / 20)
    sound = np.stack([tone, tone], axis=1)
    write_video(project / "clip.mp4", map(numbered, range(15)), sound=sound)
    config = DRAFT.replace(segment_frames=4, target_chunk_frames=4)
    made = plan(project, config, folder / "plan")
    assert made.chunk_count == 3
    assert made.has_audio
    chunks = tuple(folder / f"chunk-{index}.mp4" for index in range(3))
    for index, path in enumerate(chunks):
        render_chunk(made.plan_dir, index, path)
    return Rendered(made.plan_dir, chunks, made.plan_dir / "audio.m4a")


@pytest.fixture
def copy(rendered: Rendered, place: Place) -> Rendered:
    """Return a copy to spoil."""
    return rendered.copied(place.out)


def check_chunk(plan_dir: Path) -> None:
    """Do what the worker of a chunk does before it starts a browser."""
    verify_plan(plan_dir, 0)


def files_of(plan_dir: Path) -> list[Path]:
    """Return every file of the plan."""
    return sorted(path for path in plan_dir.rglob("*") if path.is_file())


def code_of(check: Callable[[], Any]) -> str:
    """Return the code of what *check* raises; any other error than ours is a failure."""
    try:
        check()
    except RenderError as error:
        return error.code
    return "nothing was noticed"


def flips(content: bytes) -> Iterable[bytes]:
    """Yield *content* with one bit flipped, at every place or at many."""
    for number, at in enumerate(range(0, len(content), max(1, len(content) // PLACES))):
        changed = bytearray(content)
        changed[at] ^= 1 << number % 8
        yield bytes(changed)


# ---- bytes that changed --------------------------------------------------------------------------


def test_a_whole_plan_passes(rendered: Rendered) -> None:
    """What follows is about plans that differ from this one."""
    names = {path.relative_to(rendered.plan_dir).parts[0] for path in files_of(rendered.plan_dir)}
    assert names == {"audio.m4a", "compiled", "media", "meta", "plan.json"}
    check_chunk(rendered.plan_dir)
    verify_plan(rendered.plan_dir)


def test_one_flipped_bit_anywhere_is_caught(copy: Rendered) -> None:
    """In every file, at every place or at many, by whoever needs the file."""
    tried = 0
    for path in files_of(copy.plan_dir):
        content = path.read_bytes()
        role = None if path in copy.of_sound else 0
        for changed in flips(content):
            path.write_bytes(changed)
            code = code_of(functools.partial(verify_plan, copy.plan_dir, role))
            assert code in CAUGHT, (path.name, code)
            tried += 1
        path.write_bytes(content)
        check_chunk(copy.plan_dir)
    assert tried > 7 * PLACES


def test_a_flipped_bit_does_not_reach_the_video(copy: Rendered, place: Place) -> None:
    """Assembling reads the manifest and the sound only, and checks both."""
    output = place.out / "video.mp4"
    for path in (copy.plan_dir / plans.MANIFEST, copy.audio):
        content = path.read_bytes()
        for changed in flips(content):
            path.write_bytes(changed)
            code = code_of(lambda: make_video(copy.plan_dir, copy.chunks, copy.audio, output))
            assert code in CAUGHT, path.name
        path.write_bytes(content)
    assert not output.exists()


@pytest.mark.parametrize("how", ["gone", "empty", "short", "long", "folder", "link to nothing"])
def test_a_file_that_is_not_whole_is_missing(copy: Rendered, how: str) -> None:
    """As after a download that broke off: worth fetching again, so it is retryable."""
    for path in files_of(copy.plan_dir):
        role = None if path in copy.of_sound else 0
        content = path.read_bytes()
        path.unlink()
        match how:
            case "empty":
                path.touch()
            case "short":
                path.write_bytes(content[:-2])  # a newline more or less is no damage
            case "long":
                path.write_bytes(content + b"}")
            case "folder":
                path.mkdir()
            case "link to nothing":
                path.symlink_to("nothing")
            case _:
                pass
        code = code_of(functools.partial(verify_plan, copy.plan_dir, role))
        assert CATALOGUE[code].retryable, (path.name, code)
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        path.write_bytes(content)


@pytest.mark.parametrize("plan_dir", ["nowhere", "file", "empty"])
def test_what_is_no_plan_is_named(place: Place, plan_dir: str) -> None:
    """A folder that is not there, a file, a folder with nothing in it."""
    (place.out / "file").write_text("{}")
    (place.out / "empty").mkdir()
    for check in (
        lambda: render_chunk(place.out / plan_dir, 0, place.out / "chunk.mp4"),
        lambda: assemble(place.out / plan_dir, [], None, place.out / "video.mp4"),
    ):
        assert code_of(check) == "MISSING_PLAN_ARTIFACT"


@pytest.mark.parametrize("name", ["site/late.js", "recorded/00", "site/s/1.png"])
def test_a_file_that_is_not_listed_is_caught(copy: Rendered, name: str) -> None:
    """The page could ask for it, and no digest says what it holds."""
    extra = copy.plan_dir / plans.COMPILED_DIR / name
    extra.parent.mkdir(parents=True, exist_ok=True)
    extra.touch()
    with pytest.raises(RenderError, match=rf"{name} changed") as caught:
        check_chunk(copy.plan_dir)
    assert caught.value.code == "PLAN_HASH_MISMATCH"


# ---- plans from elsewhere ------------------------------------------------------------------------


def resealed(plan_dir: Path, **changes: Any) -> None:
    """Change the manifest as somebody would who means it: with hash and checksum made anew."""
    data = json.loads((plan_dir / plans.MANIFEST).read_bytes()) | changes
    manifest = PlanManifest.model_validate(data)
    plan_hash = compute_plan_hash(manifest.artifacts, manifest.versions, hashed_totals(manifest))
    manifest = manifest.model_copy(update={"plan_hash": plan_hash}).sealed()
    write_json(plan_dir / plans.MANIFEST, manifest.to_json())


def with_version(plan_dir: Path, name: str) -> None:
    """Make it a plan of another version of *name*."""
    versions = json.loads((plan_dir / plans.MANIFEST).read_bytes())["versions"]
    resealed(plan_dir, versions=versions | {name: "1.2.3.4"})


def without_snapshot(plan_dir: Path) -> None:
    """Make it a plan that does not say in what environment it was made."""
    path = plan_dir / plans.ENCODER
    write_json(path, json.loads(path.read_bytes()) | {"runtime_env": None})
    artifacts = json.loads((plan_dir / plans.MANIFEST).read_bytes())["artifacts"]
    for artifact in artifacts:
        if artifact["path"] == plans.ENCODER:
            artifact |= {"sha256": sha256_file(path), "size_bytes": path.stat().st_size}
    resealed(plan_dir, artifacts=artifacts)


def flipped_site(plan_dir: Path) -> None:
    """Change the page."""
    path = plan_dir / plans.SITE_DIR / "index.html"
    path.write_bytes(path.read_bytes().replace(b"green", b"grEen"))


SPOILT: dict[str, Callable[[Path], None]] = {
    "MISSING_PLAN_ARTIFACT": lambda plan_dir: (plan_dir / plans.COMPOSITION).unlink(),
    "PLAN_PROTOCOL_UNSUPPORTED": lambda plan_dir: with_version(plan_dir, "fanreel"),
    "FFMPEG_VERSION_MISMATCH": lambda plan_dir: with_version(plan_dir, "libav"),
    "BROWSER_VERSION_MISMATCH": lambda plan_dir: with_version(plan_dir, "chromium"),
    "MISSING_RUNTIME_ENV_SNAPSHOT": without_snapshot,
    "PLAN_HASH_MISMATCH": flipped_site,
}
# The order of the checks: what comes first is told first.
ORDER = list(SPOILT)


@pytest.mark.parametrize("code", ORDER)
def test_a_plan_of_another_image_is_refused(copy: Rendered, place: Place, code: str) -> None:
    """Sealed anew, so only what it says is wrong; no browser starts and nothing is written."""
    SPOILT[code](copy.plan_dir)
    before = place.outputs()
    with pytest.raises(CATALOGUE[code], match=r"(plan|fetch the plan) again|same image"):
        render_chunk(copy.plan_dir, 0, place.out / "chunk.mp4")
    assert place.outputs() == before


@pytest.mark.parametrize("first", range(len(ORDER) - 1))
def test_checks_come_in_their_order(copy: Rendered, first: int) -> None:
    """With two things wrong the cheaper question is answered."""
    for code in reversed(ORDER[first : first + 2]):
        SPOILT[code](copy.plan_dir)
    assert code_of(lambda: check_chunk(copy.plan_dir)) == ORDER[first]


def test_a_plan_of_another_processor_is_refused(copy: Rendered) -> None:
    """The same Chromium draws other pixels there."""
    with_version(copy.plan_dir, "architecture")
    with pytest.raises(BrowserVersionMismatch, match=r"made on 1\.2\.3\.4, this worker is"):
        check_chunk(copy.plan_dir)


def test_a_wrong_index_is_told_after_the_structure(copy: Rendered) -> None:
    """And before the versions."""
    with_version(copy.plan_dir, "chromium")
    assert code_of(lambda: verify_plan(copy.plan_dir, 3)) == "CHUNK_INDEX_OUT_OF_RANGE"
    SPOILT["MISSING_PLAN_ARTIFACT"](copy.plan_dir)
    assert code_of(lambda: verify_plan(copy.plan_dir, 3)) == "MISSING_PLAN_ARTIFACT"


@pytest.mark.parametrize("index", [-1, 3, 10**9])
def test_a_chunk_that_is_none_is_named(rendered: Rendered, place: Place, index: int) -> None:
    """Negative numbers do not count from the end."""
    with pytest.raises(RenderError, match=rf"chunks 0 to 2, there is no chunk {index}") as caught:
        render_chunk(rendered.plan_dir, index, place.out / "chunk.mp4")
    assert caught.value.facts == {"chunk_index": index, "chunk_count": 3}
    assert place.outputs() == []


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "a/../../b", "", ".", "a\0b"])
def test_a_manifest_does_not_name_files_outside(copy: Rendered, path: str) -> None:
    """Whoever fetches a plan writes to the paths its manifest lists."""
    data = json.loads((copy.plan_dir / plans.MANIFEST).read_bytes())
    data["artifacts"][0]["path"] = path
    write_json(copy.plan_dir / plans.MANIFEST, data)
    assert code_of(lambda: check_chunk(copy.plan_dir)) == "MISSING_PLAN_ARTIFACT"


# ---- chunks that do not belong -------------------------------------------------------------------


def renamed_mark(path: Path, target: Path) -> Path:
    """Return a copy of chunk *path* that says it is another plan's."""
    content = path.read_bytes()
    at = content.index(b"fanreel plan=") + len(b"fanreel plan=")
    target.write_bytes(content[:at] + b"0" * 64 + content[at + 64 :])
    return target


def without_codec(path: Path, target: Path) -> Path:
    """Return a copy of chunk *path* whose header names a codec that nobody knows."""
    target.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    return target


Choose = Callable[[Sequence[Path], Path], Sequence[Path]]
MIXED_UP: dict[str, tuple[Choose, str, str]] = {
    "none": (lambda _c, _f: [], "MISSING_PLAN_ARTIFACT", "pass all chunks of the plan"),
    "first missing": (lambda c, _f: c[1:], "MISSING_PLAN_ARTIFACT", "starts at frame 4"),
    "middle missing": (lambda c, _f: [c[0], c[2]], "MISSING_PLAN_ARTIFACT", "end at 4"),
    "last missing": (lambda c, _f: c[:2], "MISSING_PLAN_ARTIFACT", "hold 8 frames.* has 12"),
    "twice": (lambda c, _f: [*c, c[2]], "MISSING_PLAN_ARTIFACT", "each once"),
    "out of order": (lambda c, _f: c[::-1], "MISSING_PLAN_ARTIFACT", "in order"),
    "not there": (lambda c, f: [*c[:2], f / "no.mp4"], "MISSING_PLAN_ARTIFACT", "does not exist"),
    "a folder": (lambda c, f: [*c[:2], f], "MEDIA_UNREADABLE", "render"),
    "of another plan": (
        lambda c, f: [*c[:2], renamed_mark(c[2], f / "foreign.mp4")],
        "PLAN_HASH_MISMATCH",
        "foreign.mp4 was not rendered from this plan",
    ),
    "of no codec": (
        lambda c, f: [*c[:2], without_codec(c[2], f / "odd.mp4")],
        "MEDIA_UNREADABLE",
        r"odd\.mp4 is damaged",
    ),
    "no chunk at all": (
        lambda c, f: [*c[:2], f / "plan" / plans.MANIFEST],
        "MEDIA_UNREADABLE",
        "render",
    ),
}


@pytest.mark.parametrize("name", MIXED_UP)
def test_chunks_that_do_not_make_the_video_are_refused(
    copy: Rendered, place: Place, name: str
) -> None:
    """Too few, too many, in another order, of another plan, damaged: no video is begun."""
    choose, code, words = MIXED_UP[name]
    chunks = choose(copy.chunks, place.out)
    before = place.outputs()
    with pytest.raises(CATALOGUE[code], match=words):
        assemble(copy.plan_dir, chunks, copy.audio, place.out / "video.mp4")
    assert place.outputs() == before


@pytest.mark.parametrize("missing_bytes", [1, 100, 400, 1000])
def test_a_chunk_without_its_end_is_refused(
    copy: Rendered, place: Place, missing_bytes: int
) -> None:
    """Within a frame, without one, without its header: as a download that broke off leaves it."""
    whole = copy.chunks[2].read_bytes()
    short = place.out / "cut.mp4"
    short.write_bytes(whole[:-missing_bytes])
    before = place.outputs()
    with pytest.raises(RenderError, match=r"cut\.mp4.*render") as caught:
        assemble(copy.plan_dir, [*copy.chunks[:2], short], copy.audio, place.out / "video.mp4")
    assert caught.value.code in {"MEDIA_UNREADABLE", "PLAN_HASH_MISMATCH"}
    assert place.outputs() == before


def test_sound_that_is_not_the_plans_is_refused(copy: Rendered, place: Place) -> None:
    """None at all, none there, or another file."""
    for audio, code in (
        (None, "MISSING_PLAN_ARTIFACT"),
        (place.out / "no.m4a", "MISSING_PLAN_ARTIFACT"),
        (copy.chunks[0], "PLAN_HASH_MISMATCH"),
    ):
        output = place.out / "video.mp4"
        arguments = (copy.plan_dir, copy.chunks, audio, output)
        assert code_of(functools.partial(assemble, *arguments)) == code
        assert not output.exists()


# ---- by the command ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "status", "code"),
    [
        ("chunk plan 3 -o chunk.mp4", 3, "CHUNK_INDEX_OUT_OF_RANGE"),
        ("chunk nowhere 0 -o chunk.mp4", 3, "MISSING_PLAN_ARTIFACT"),
        ("chunk spoilt 0 -o chunk.mp4", 3, "PLAN_HASH_MISMATCH"),
        ("assemble plan no.mp4 -o video.mp4", 3, "MISSING_PLAN_ARTIFACT"),
        ("assemble plan plan/audio.m4a -o video.mp4", 2, "MEDIA_UNREADABLE"),
        ("plan nowhere elsewhere", 2, "ASSET_NOT_FOUND"),
        ("plan plan plan", 2, "ASSET_NOT_FOUND"),
        ("render nowhere -o video.mp4 --crf 99", 2, "INVALID_CONFIG"),
        ("render nowhere -o video.avi", 2, "INVALID_CONFIG"),
        ("still nowhere --at nan -o still.png", 2, "INVALID_CONFIG"),
    ],
)
def test_the_command_ends_with_the_status_of_the_class(
    copy: Rendered, place: Place, argv: str, status: int, code: str
) -> None:
    """One paragraph on standard error, and nothing new in the folder."""
    flipped_site(Path(shutil.copytree(copy.plan_dir, place.out / "spoilt")))
    before = place.outputs()
    with place.command(*argv.split()) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (status, "")
    assert err.startswith(f"error[{code}]: ")
    assert len(err.splitlines()) == 1
    assert place.outputs() == before
