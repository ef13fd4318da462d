"""Files that are not what they were: plans, segments, chunks, archives, events."""

import hashlib
import json
import random
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from bench.faults.damage import damage, flip
from bench.faults.endings import Ending, Verdict, judged, lost
from bench.faults.ground import Ground, KnownSegments, render_into
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import MANIFEST, role_chunk
from fanreel.formats import FORMATS
from fanreel.segments.stores import DirectoryStore
from fanreel.segments.verification import verify_plan
from fanreel.storage.archives import unpack
from fanreel.work import assembly
from fanreel.work.assembly import make_video, make_video_parts
from handler.events import parse_event
from tests.media.test_assembly_by_parts import Carrier

_PART_BYTES = 4096
# Whoever fetches a chunk that does not come ends the process long before it gives up by itself.
assembly._PART_TIMEOUT_S = 2.0  # noqa: SLF001

_ODD: tuple[Any, ...] = (
    None, "", 0, -1, 1e308, 2**70, True, [], {}, "\0", "../../etc/passwd", "s3://other/x",
    "é" * 999, {"a": [{}] * 50}, "s3://bucket/renders/../x/", [[[[]]]],
)  # fmt: skip


def plan_before_render(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """A file of the plan is damaged before a worker begins."""
    plan_dir = ground.copy_plan(folder)
    index = rng.randrange(ground.planned.chunk_count)
    kind = _damage_one(rng, plan_dir)

    def begin() -> str:
        verify_plan(plan_dir, index)
        # It may begin: then all that it is going to read has to be as it was planned.
        wanted = [MANIFEST] + [
            artifact.path
            for artifact in ground.manifest.artifacts
            if artifact.wanted_by(role_chunk(index))
        ]
        same = all(
            (plan_dir / name).read_bytes() == (ground.plan_dir / name).read_bytes()
            for name in wanted
        )
        return ground.sha256 if same else f"{kind}, and not noticed"

    return judged(begin, ground.sha256)


def plan_before_assembly(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """A file of the plan is damaged before the video is put together."""
    plan_dir = ground.copy_plan(folder)
    _damage_one(rng, plan_dir)
    return _assembled(ground, folder, plan_dir, list(ground.segments))


def kept_segments(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """Segments of an ended render are damaged before the next one goes on with them."""
    kept = folder / "kept"
    kept.mkdir()
    copies = [Path(shutil.copy(path, kept / path.name)) for path in ground.segments]
    for _ in range(rng.randint(1, 2)):
        whole = [path for path in copies if path.is_file()]
        damage(rng, rng.choice(whole), whole)
    renderer = KnownSegments(ground)
    suffix = FORMATS[ground.manifest.format].segment_extension

    def go_on() -> str:
        paths = render_into(ground, DirectoryStore(kept, suffix), renderer, folder)
        output = folder / "video.mp4"
        make_video(ground.plan_dir, paths, ground.sound_in(ground.plan_dir), output)
        return sha256_file(output)

    verdict = judged(go_on, ground.sha256)
    if len(renderer.rendered) != len(set(renderer.rendered)):
        return lost("a segment was rendered twice")
    return verdict


def chunks_at_assembly(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """Chunks come cut off, in another order, twice, not at all, or from elsewhere."""
    return _assembled(ground, folder, ground.plan_dir, _wrong_chunks(rng, ground, folder))


def _wrong_chunks(rng: random.Random, ground: Ground, folder: Path) -> list[Path]:
    chunks = [
        Path(shutil.copy(path, folder / f"{i}.mp4")) for i, path in enumerate(ground.segments)
    ]
    chosen = rng.choice(("cut", "order", "twice", "one less", "none", "no chunk", "a folder"))
    at = rng.randrange(len(chunks))
    match chosen:
        case "cut":
            size = chunks[at].stat().st_size
            chunks[at].write_bytes(chunks[at].read_bytes()[: rng.randrange(size)])
        case "order":
            chunks[at], chunks[at - 1] = chunks[at - 1], chunks[at]
        case "twice":
            chunks.insert(at, chunks[at])
        case "one less":
            chunks.pop(at)
        case "none":
            chunks.clear()
        case "no chunk":
            chunks[at].write_bytes(rng.randbytes(rng.randint(1, 5000)))
        case _:  # a folder
            chunks[at] = folder
    return chunks


def chunks_at_assembly_by_parts(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """The same, where the video is carried away in parts while chunks come."""
    chunks = [path for path in _wrong_chunks(rng, ground, folder) if path.is_file()]
    return _carried(ground, folder, ground.plan_dir, chunks)


def plan_before_assembly_by_parts(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """A file of the plan is damaged before the video is put together and carried away."""
    plan_dir = ground.copy_plan(folder)
    _damage_one(rng, plan_dir)
    return _carried(ground, folder, plan_dir, list(ground.segments))


def archive(rng: random.Random, ground: Ground, folder: Path) -> Verdict:
    """A project's archive is damaged before it is unpacked."""
    packed = _packed(rng, ground.project, folder)
    content = packed.read_bytes()
    spoilt = flip(rng, content) if rng.random() < 0.7 else content[: rng.randrange(len(content))]
    packed.write_bytes(spoilt)
    into = folder / "unpacked"

    def unpacked() -> str:
        unpack(packed, into)
        names = sorted(path.relative_to(into) for path in into.rglob("*") if path.is_file())
        same = names == sorted(
            path.relative_to(ground.project) for path in ground.project.rglob("*")
        ) and all((into / n).read_bytes() == (ground.project / n).read_bytes() for n in names)
        return ground.sha256 if same else "another project"

    return judged(unpacked, ground.sha256)


def event(rng: random.Random, ground: Ground, _folder: Path) -> Verdict:
    """An event comes with something missing, too much, or of another kind."""
    plan_hash, folder = ground.planned.plan_hash, "s3://bucket/renders/r1/"
    asked: dict[str, Any] = rng.choice(
        (
            {
                "Action": "plan",
                "ProjectS3Uri": "s3://bucket/sites/a/",
                "PlanOutputS3Prefix": folder,
                "Config": {"fps": 30, "format": "mp4", "variables": {"a": 1}},
            },
            {
                "Action": rng.choice(("renderChunk", "assemble")),
                "PlanManifestS3Uri": f"{folder}plan.json",
                "PlanHash": plan_hash,
                "ChunkIndex": 0,
                "OutputS3Uri": "s3://bucket/outputs/r1.mp4",
            },
        )
    )
    for _ in range(rng.randint(1, 3)):
        where = asked["Config"] if "Config" in asked and rng.random() < 0.5 else asked
        if isinstance(where, dict) and where:
            name = rng.choice([*where, "Unheard"])
            where[name] = rng.choice(_ODD)
            if rng.random() < 0.3:
                del where[name]

    def read() -> str:
        parse_event(json.loads(json.dumps(asked)))
        return ground.sha256  # a change that is allowed

    return judged(read, ground.sha256)


def _damage_one(rng: random.Random, plan_dir: Path) -> str:
    files = sorted(path for path in plan_dir.rglob("*") if path.is_file())
    return damage(rng, rng.choice(files), files)


def _assembled(ground: Ground, folder: Path, plan_dir: Path, chunks: list[Path]) -> Verdict:
    output = folder / "out" / "video.mp4"
    output.parent.mkdir()

    def put_together() -> str:
        make_video(plan_dir, chunks, ground.sound_in(plan_dir), output)
        return sha256_file(output)

    verdict = judged(put_together, ground.sha256)
    left = sorted(path.name for path in output.parent.iterdir())
    if left != ["video.mp4"] * (verdict.ending is Ending.RECOVERED):
        return lost(f"{verdict.detail}: left behind: {left}")
    return verdict


def _carried(ground: Ground, folder: Path, plan_dir: Path, chunks: list[Path]) -> Verdict:
    carried = folder / "carried"
    carried.mkdir()

    def put_together() -> str:
        with Carrier(chunks, carried) as carrier:
            sound = ground.sound_in(plan_dir)
            make_video_parts(plan_dir, carrier.paths, sound, carrier.parts, _PART_BYTES)
        return hashlib.sha256(carrier.video()).hexdigest()

    return judged(put_together, ground.sha256)


def _packed(rng: random.Random, project: Path, folder: Path) -> Path:
    files = sorted(path for path in project.rglob("*") if path.is_file())
    if rng.random() < 0.5:
        path = folder / "project.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in files:
                packed.write(file, file.relative_to(project))
        return path
    path = folder / "project.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for file in files:
            tar.add(file, file.relative_to(project))
    return path
