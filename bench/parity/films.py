"""One composition filmed by either renderer: its pictures and its sound."""

import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from bench import reference
from bench.parity import encoded
from fanreel.config import RenderConfig
from fanreel.media.sound.reader import read_sound
from fanreel.segments.segment_renderer import SegmentRenderer
from fanreel.segments.verification import verify_plan
from fanreel.work.planning import make_plan
from tests.media.studio import as_rgba

Picture = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.float32]

_TIMEOUT_S = 1800
# A graded picture on a busy machine without a GPU takes the reference minutes. What it waits for
# before the first frame is another matter: it does so to the end where a page has no timeline.
_PATIENCE = ("--protocol-timeout", "1800000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What a renderer made of a composition, before any encoder touched it."""

    pictures: Iterable[Picture]
    """height × width × 4, RGBA; one at a time, as a film of 1080p is gigabytes."""
    count: int
    """How many there are."""
    sound: Sound | None
    """samples × 2 at 48 kHz."""
    warnings: tuple[str, ...] = ()


@contextlib.contextmanager
def film_ours(project_dir: Path, config: RenderConfig) -> Iterator[Film]:
    """Film with fanreel, by the engine that it renders this format with."""
    with tempfile.TemporaryDirectory() as folder:
        work_dir = Path(folder)
        planned = make_plan(project_dir, config, work_dir / "plan")
        plan = verify_plan(work_dir / "plan")
        audio = plan.manifest.audio_path
        with (
            SegmentRenderer(plan, work_dir) as renderer,
            contextlib.closing(renderer.capture(range(planned.total_frames))) as captured,  # type: ignore[type-var]
        ):
            yield Film(
                pictures=(as_rgba(picture, renderer.pixels) for picture in captured),
                count=planned.total_frames,
                sound=_read_sound(work_dir / "plan" / audio) if audio else None,
                warnings=planned.warnings,
            )


def film_theirs(
    programs: Path,
    project_dir: Path,
    config: RenderConfig,
    out_dir: Path,
    *,
    in_mp4: bool = False,
) -> Film:
    """
    Film with the reference renderer: PNG files, and source frames as PNG, so nothing is lost.

    Args:
        programs: As `reference.install()` gives.
        project_dir: The composition.
        config: Its frame rate and variables are passed on.
        out_dir: Its frames are kept there, and taken from there the next time.
        in_mp4: It has this film in no lossless format.
    Raises:
        subprocess.SubprocessError: It fails or takes minutes.
    """
    if not out_dir.is_dir():
        options = ["--video-frame-format", "png", "--workers", "1", *_PATIENCE]
        options += encoded.OPTIONS if in_mp4 else ("--format", "png-sequence")
        if config.fps is not None:
            options += ["--fps", str(config.fps)]
        if config.variables:
            options += ["--variables", json.dumps(config.variables)]
        aside = out_dir.with_suffix(".partial")
        shutil.rmtree(aside, ignore_errors=True)
        output = aside / encoded.FILE if in_mp4 else aside
        output.parent.mkdir(exist_ok=True)
        subprocess.run(
            reference.render_argv(programs, project_dir, output, *options),
            check=True,
            env=reference.environment(programs),
            cwd=out_dir.parent,
            timeout=_TIMEOUT_S,
            capture_output=True,
        )
        aside.rename(out_dir)
    if in_mp4:
        path = out_dir / encoded.FILE
        count = encoded.count_frames(path)
        return Film(pictures=encoded.read_film(path), count=count, sound=None)
    audio = next(iter(out_dir.glob("audio.*")), None)
    paths = sorted(out_dir.glob("frame_*.png"))
    sound = _read_sound(audio) if audio else None
    return Film(pictures=_read_frames(paths), count=len(paths), sound=sound)


def _read_frames(paths: list[Path]) -> Iterator[Picture]:
    for path in paths:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                picture: Picture = frame.to_ndarray(format="rgba")  # type: ignore[assignment]
                yield picture


def _read_sound(path: Path) -> Sound:
    pieces = list(read_sound(path, Fraction(0), Fraction(1)))
    return np.concatenate(pieces) if pieces else np.zeros((0, 2), np.float32)
