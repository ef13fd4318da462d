"""What all faults are tried on: one small film whose plan, segments and bytes are known."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fanreel.assembly import assemble
from fanreel.config import RenderConfig
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import PlanManifest
from fanreel.files.plan_reading import read_manifest
from fanreel.formats import FORMATS
from fanreel.planning import plan
from fanreel.rendering import render_chunk
from fanreel.results import PlanResult
from fanreel.segments.chunks import keys_of
from fanreel.segments.driver import render_segments
from fanreel.segments.stores import DirectoryStore, SegmentKey
from fanreel.segments.times import SegmentTimes
from tests.media.hostile import page
from tests.media.sources import numbered, write_video

BODY = """
<img src="picture.svg" style="position: absolute; left: 0; top: 0; width: 40px">
<video src="clip.mp4" data-start="0" data-has-audio="true" style="width: 80px"></video>
"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"><path d="M0 0h9v9z"/></svg>'
CONFIG = RenderConfig(quality="draft", segment_frames=4, target_chunk_frames=4)
OPTIONS = ("--quality", "draft", "--segment-frames", "4", "--workers", "1")
"""Make `fanreel render` cut the film as CONFIG does."""


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a command takes and writes when nothing happens to it."""

    seconds: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The film's project, its plan, its segments in order, and the digest of the video."""

    project: Path
    planned: PlanResult
    segments: tuple[Path, ...]
    sha256: str
    undisturbed: Mapping[str, Undisturbed] = field(default_factory=dict)
    """By step."""

    @property
    def plan_dir(self) -> Path:
        """The plan's directory."""
        return self.planned.plan_dir

    @property
    def manifest(self) -> PlanManifest:
        """What the plan says of itself."""
        return read_manifest(self.plan_dir)

    @property
    def keys(self) -> list[SegmentKey]:
        """The names of all segments, in order."""
        return keys_of(self.manifest, 0, self.manifest.total_frames)

    def sound_in(self, plan_dir: Path) -> Path:
        """Return where the sound of a copy of the plan lies."""
        return plan_dir / str(self.manifest.audio_path)

    def copy_plan(self, into: Path) -> Path:
        """Copy the plan, to be spoilt."""
        return Path(shutil.copytree(self.plan_dir, into / "plan"))


class KnownSegments:
    """A renderer that renders what is known already, and counts how often it does each."""

    def __init__(self, ground: Ground) -> None:
        self._paths = dict(zip((key.name for key in ground.keys), ground.segments, strict=True))
        self.rendered: list[str] = []

    def render(self, key: SegmentKey, path: Path, heartbeat: Callable[[int], None]) -> SegmentTimes:
        """Copy the segment to *path*."""
        shutil.copy(self._paths[key.name], path)
        self.rendered.append(key.name)
        heartbeat(key.frames)
        return SegmentTimes()

    def cancel(self) -> None:
        """Do nothing: it renders on the caller's thread."""


def make_ground(folder: Path) -> Ground:
    """Make the film in *folder*; takes a few seconds."""
    project = folder / "project"
    project.mkdir(parents=True)
    (project / "index.html").write_text(page(BODY))
    (project / "picture.svg").write_text(PICTURE)
    tone = np.sin(np.arange(24000, dtype=np.float32) / 20)
    write_video(
        project / "clip.mp4", map(numbered, range(15)), sound=np.stack([tone, tone], axis=1)
    )
    planned = plan(project, CONFIG, folder / "plan")
    manifest = read_manifest(planned.plan_dir)
    kept = folder / "segments"
    kept.mkdir()
    store = DirectoryStore(kept, FORMATS[manifest.format].segment_extension)
    for index in range(planned.chunk_count):
        render_chunk(planned.plan_dir, index, None, store=store)
    segments = tuple(store.path(key) for key in keys_of(manifest, 0, manifest.total_frames))
    video = folder / "video.mp4"
    assemble(planned.plan_dir, segments, planned.plan_dir / str(manifest.audio_path), video)
    return Ground(project, planned, segments, sha256_file(video))


def render_into(
    ground: Ground, store: DirectoryStore, renderer: KnownSegments, folder: Path
) -> Sequence[Path]:
    """Run the loop over all segments as a local render does; return where they lie."""
    work = folder / "unfinished"
    work.mkdir()
    suffix = FORMATS[ground.manifest.format].segment_extension
    render_segments(ground.keys, [renderer], store, work, suffix)
    return [store.path(key) for key in ground.keys]
