"""What scripts/demo-aws shows of a render on AWS; elsewhere pytest keeps it to itself."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import av

from fanreel.remote.results import Progress


def tell(line: str) -> None:
    """Print one line."""
    sys.stdout.write(f"  {line}\n")
    sys.stdout.flush()


def progress_teller() -> Callable[[Progress], None]:
    """Return what prints where a render stands, whenever that has changed."""
    told: list[str] = []

    def look(now: Progress) -> None:
        frames = f", frame {now.frames_done} of {now.total_frames}" if now.total_frames else ""
        line = f"{now.render_id}: {now.stage}, {now.fraction:.0%}{frames}"
        if told[-1:] != [line]:
            told.append(line)
            tell(line)

    return look


def tell_same_frames(on_aws: Path, here: Path) -> None:
    """Print the digests of both videos' decoded frames, which have to be the same."""
    digests = [frames_sha256(on_aws), frames_sha256(here)]
    tell(f"sha256 of the frames on AWS  {digests[0]}")
    tell(f"sha256 of the frames here    {digests[1]}")
    assert digests[0] == digests[1]


def frames_sha256(video: Path) -> str:
    """Return one digest over every decoded frame, in order."""
    digest = hashlib.sha256()
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            digest.update(frame.to_ndarray().tobytes())
    return digest.hexdigest()
