"""A video that is put together while its segments come and its parts are carried away."""

import itertools
import shutil
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from fanreel.config import RenderConfig
from fanreel.encode.part_files import FIRST_PART, PartFiles
from fanreel.errors import MissingPlanArtifact, PlanHashMismatch
from fanreel.formats import FORMATS
from fanreel.media.sound.writer import write_sound
from fanreel.work.assembly import make_video, make_video_parts
from tests.media.encoding import locked_config, write_plan, write_segment

BOUNDS = (0, 12, 24, 25)
PART_BYTES = 4096


class Carrier:
    """Brings segments one by one and takes parts away, as whoever has a network does."""

    def __init__(self, segments: list[Path], folder: Path) -> None:
        self.coming, self.parts = folder / "coming", folder / "parts"
        self.coming.mkdir()
        self.parts.mkdir()
        self.paths = [self.coming / path.name for path in segments]
        self.taken: dict[str, bytes] = {}
        self.most_segments = self.most_parts = 0
        self._segments, self._stop = segments, threading.Event()
        self._thread = threading.Thread(target=self._carry)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def video(self) -> bytes:
        """Return what was carried away, in order."""
        self._take()
        self.taken[FIRST_PART] = (self.parts / FIRST_PART).read_bytes()
        rest = sorted(name for name in self.taken if name != FIRST_PART)
        return b"".join(self.taken[name] for name in [FIRST_PART, *rest])

    def _carry(self) -> None:
        left = list(zip(self._segments, self.paths, strict=True))
        while not self._stop.wait(0.01):
            here = sum(1 for path in self.paths if path.exists())
            self.most_segments = max(self.most_segments, here)
            if left and here == 0:
                source, target = left.pop(0)
                shutil.copyfile(source, aside := target.with_suffix(".aside"))
                aside.rename(target)
            self._take()

    def _take(self) -> None:
        names = [path.name for path in self.parts.glob("[0-9]*")]
        self.most_parts = max(self.most_parts, len(names))
        for name in names:
            self.taken[name] = (self.parts / name).read_bytes()
            (self.parts / name).unlink()


@pytest.mark.parametrize("format_name", ["mp4", "mov", "webm"])
@pytest.mark.parametrize("part_bytes", [PART_BYTES, 2**30])
def test_the_bytes_are_those_of_a_file(tmp_path: Path, format_name: str, part_bytes: int) -> None:
    """With sound; one segment and four parts are on the disk at most, the index comes first."""
    config = RenderConfig.from_json({"format": format_name})
    spec, locked, fps = FORMATS[format_name], locked_config(config), Fraction(30000, 1001)
    audio = tmp_path / "plan" / f"audio{spec.audio_extension}"
    audio.parent.mkdir()
    tone = np.sin(np.arange(round(25 / fps * 48_000)) / 9)[:, None].repeat(2, axis=1)
    write_sound([0.3 * tone.astype(np.float32)], audio, spec.audio_codec or "")
    plan_dir = write_plan(tmp_path / "plan", locked, 25, fps=fps, audio_path=audio.name)
    ranges = itertools.starmap(range, itertools.pairwise(BOUNDS))
    segments = [write_segment(tmp_path / "chunks", locked, frames, fps=fps) for frames in ranges]
    whole = make_video(plan_dir, segments, audio, tmp_path / f"whole{spec.extension}")
    with Carrier(segments, tmp_path) as carrier:
        result = make_video_parts(plan_dir, carrier.paths, audio, carrier.parts, part_bytes)
    video = carrier.video()
    assert video == whole.output_path.read_bytes()
    assert result.size_bytes == whole.size_bytes
    assert (len(carrier.taken) > 1) is (part_bytes == PART_BYTES)
    sizes = [len(data) for name, data in sorted(carrier.taken.items()) if name != FIRST_PART]
    assert set(sizes[:-1]) <= {PART_BYTES}
    assert carrier.most_segments == 1
    assert carrier.most_parts <= 4
    assert list(carrier.coming.iterdir()) == []


def test_what_is_missing_or_foreign_is_named(tmp_path: Path) -> None:
    """As when all is there at once."""
    locked = locked_config(RenderConfig())
    segments = [write_segment(tmp_path / "chunks", locked, range(12))]
    plan_dir = write_plan(tmp_path / "plan", locked, 25)
    (tmp_path / "parts").mkdir()
    with pytest.raises(MissingPlanArtifact, match="12 frames, the plan has 25"):
        make_video_parts(plan_dir, segments, None, tmp_path / "parts", PART_BYTES)
    frames = write_segment(tmp_path / "again", locked, range(12))
    high = locked_config(RenderConfig(quality="high"))
    other = write_segment(tmp_path / "other", high, range(12, 25))
    with pytest.raises(PlanHashMismatch, match="encoded differently"):
        make_video_parts(plan_dir, [frames, other], None, tmp_path / "parts", PART_BYTES)


def test_what_is_gone_is_not_written_over(tmp_path: Path) -> None:
    """A muxer that goes back further than the first part is found out."""
    file = PartFiles(tmp_path, 4)
    file.write(b"abcdefghij")
    file.seek(2)
    file.write(b"C")
    file.seek(6)
    with pytest.raises(ValueError, match="carried away"):
        file.write(b"G")
    file.seek(0, 2)
    file.write(b"k")
    file.close(index_first=False)
    parts = [(tmp_path / name).read_bytes() for name in (FIRST_PART, "00002", "00003")]
    assert parts == [b"abCd", b"efgh", b"ijk"]


def test_the_writer_waits_for_the_carrier(tmp_path: Path) -> None:
    """More than four parts are not on the disk at once."""
    file = PartFiles(tmp_path, 1)

    def write() -> None:
        file.write(b"0123456789")
        file.close(index_first=False)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.3)
    assert sorted(p.name for p in tmp_path.glob("[0-9]*")) == [f"{n:05}" for n in range(2, 6)]
    while writer.is_alive():
        for path in tmp_path.glob("[0-9]*"):
            path.unlink()
    assert (tmp_path / FIRST_PART).read_bytes() == b"0"
