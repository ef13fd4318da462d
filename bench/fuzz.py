"""
Feeds what strangers may send to what reads it: archives, events, plans, pages, media, answers.

    uv run --with atheris python -m bench.fuzz TARGET [-max_total_time=600] [libFuzzer's options]

Anything but an error that the reader promises is a find: libFuzzer prints it, keeps the input as
`crash-*` and exits 1. What was of interest is kept in bench/out/fuzz/TARGET, for the next time.
"""

import contextlib
import io
import json
import multiprocessing
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["fanreel", "handler"]):
    from fanreel.config import RenderConfig
    from fanreel.engine.answers import Failed
    from fanreel.engine.messages import receive_answer
    from fanreel.errors import RenderError
    from fanreel.files.plan_dir import PROTOCOL
    from fanreel.files.plan_reading import parse_manifest
    from fanreel.markup.outline import list_compositions
    from fanreel.markup.variables import declared_variables
    from fanreel.media.probe import probe
    from fanreel.storage.archives import ArchiveLimits, unpack
    from handler.events import parse_event

OUT = Path(__file__).parent / "out" / "fuzz"
ROOT = Path(__file__).parents[1]
_SMALL = ArchiveLimits(total_bytes=1 << 20, members=100)
_MOST_SEED_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Target:
    """What reads, what to begin with, and what it may raise."""

    read: Callable[[bytes, Path], object]
    seeds: Callable[[], list[bytes]]
    promised: tuple[type[Exception], ...] = (RenderError,)


def main() -> None:
    """Fuzz the target that the command line names, for as long as it says."""
    name = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if name not in TARGETS:
        raise SystemExit(f"{(__doc__ or '').strip()}\n\nTARGET: {', '.join(TARGETS)}")
    target, corpus = TARGETS[name], OUT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed[:_MOST_SEED_BYTES])
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))

    def once(data: bytes) -> None:
        with (
            tempfile.TemporaryDirectory(dir=folder) as inside,
            contextlib.suppress(*target.promised),
        ):
            target.read(data, Path(inside))

    named = [word for word in sys.argv[1:] if not word.startswith("-")]  # an input to read again
    words = [*sys.argv, f"-artifact_prefix={OUT}/", *([] if named else [str(corpus)])]
    atheris.Setup(words, once)
    atheris.Fuzz()


def _archive(data: bytes, folder: Path) -> None:
    path = folder / ("project.zip" if data[:2] == b"PK" else "project.tar.gz")
    path.write_bytes(data)
    unpack(path, folder / "out", _SMALL)


def _event(data: bytes, _folder: Path) -> None:
    parse_event(_json(data))


def _config(data: bytes, _folder: Path) -> None:
    RenderConfig.from_json(_json(data))


def _manifest(data: bytes, _folder: Path) -> None:
    parse_manifest(_json(data))


def _page(data: bytes, folder: Path) -> None:
    (folder / "index.html").write_bytes(data)
    list_compositions(folder)
    declared_variables(folder / "index.html")


def _media(data: bytes, folder: Path) -> None:
    path = folder / "clip"
    path.write_bytes(data)
    probe(path)


def _answer(data: bytes, _folder: Path) -> None:
    """Read what a child says that somebody has taken over."""
    here, there = multiprocessing.Pipe()
    with here, there:
        there.send_bytes(data)
        answer = receive_answer(here)
    if isinstance(answer, Failed):
        str(answer.error())


def _json(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):  # who reads JSON for these refuses it before
        return None


def _archives() -> list[bytes]:
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a/index.html", "<html>" * 20)
    with tarfile.open(fileobj=tarred, mode="w:gz") as tar:
        tar.add(ROOT / "LICENSE", "index.html")
    return [zipped.getvalue(), tarred.getvalue()]


def _events() -> list[bytes]:
    work = {
        "Action": "assemble",
        "PlanManifestS3Uri": "s3://b/renders/r/plan.json",
        "PlanHash": "0" * 64,
        "OutputS3Uri": "s3://b/outputs/r.mp4",
    }
    planned = {
        "Action": "plan",
        "ProjectS3Uri": "s3://b/sites/a/",
        "PlanOutputS3Prefix": "s3://b/renders/r/",
        "Config": {"fps": "30000/1001", "format": "mp4"},
    }
    return [json.dumps(event).encode() for event in (work, planned)]


def _configs() -> list[bytes]:
    return [
        b'{"fps": 30, "format": "mp4", "variables": {"a": [1]}, "frameRange": [0, 9]}',
        b'{"outputResolution": "1080p", "crf": 20, "hdrMode": "auto", "entryFile": "a/b.html"}',
    ]


def _manifests() -> list[bytes]:
    plan = {
        "protocol": PROTOCOL,
        "plan_hash": "0" * 64,
        "artifacts": [{"path": "a"}],
        "fps": "30/1",
    }
    return [json.dumps(plan).encode()]


def _pages() -> list[bytes]:
    return [path.read_bytes() for path in sorted(ROOT.glob("examples/*/index.html"))]


def _films() -> list[bytes]:
    kinds = ("*.mp4", "*.webm", "*.webp", "*.gif", "*.png", "*.mp3", "*.wav", "*.svg")
    found = [path for kind in kinds for path in sorted(ROOT.glob(f"*/**/{kind}"))[:3]]
    return [path.read_bytes() for path in found if path.stat().st_size < _MOST_SEED_BYTES]


def _answers() -> list[bytes]:
    return [
        b'{"kind": "progress", "frames": 3}',
        b'{"kind": "failed", "code": "INVALID_CONFIG", "message": "m", "facts": {"a": 1}}',
    ]


TARGETS = {
    "archive": Target(_archive, _archives),
    "event": Target(_event, _events),
    "config": Target(_config, _configs),
    "manifest": Target(_manifest, _manifests),
    "page": Target(_page, _pages),
    "media": Target(_media, _films),
    "answer": Target(_answer, _answers, (ValueError, EOFError, OSError)),
}

if __name__ == "__main__":
    main()
