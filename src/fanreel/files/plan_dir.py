"""
The plan directory: its files as types (`plan_reading.py` reads them, `plan_hash.py` seals them).

    plan.json               PlanManifest: protocol, plan_hash, versions, totals, artifact list
    compiled/               the frozen site: project files, and recorded outside responses
    compiled/fonts.json     faces of the format's and the web's families; files in compiled/fonts/
    media/                  source media referenced by clips, by sha256; a large video in blocks
    audio.<ext>             whole-timeline mix, only if there is sound
    meta/sound.json         what it is mixed of, and how
    meta/composition.json   Composition: the resolved timeline
    meta/encoder.json       LockedRenderConfig
    meta/chunks.json        [ChunkSlice]

Everything else in fanreel reaches a plan through these three modules.
"""

import hashlib
import re
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)

from fanreel.files.digest import canonical_json
from fanreel.timing.ramp import passed

PROTOCOL = 1
MANIFEST = "plan.json"
COMPILED_DIR = "compiled"
SITE_DIR = "compiled/site"
"""Project files, at their project paths."""
RECORDED = "compiled/recorded.json"
"""Outside responses: `[RecordedResponse]`; bodies lie in `compiled/recorded/<sha256>`."""
RECORDED_DIR = "compiled/recorded"
FONTS = "compiled/fonts.json"
"""What pages are given of fonts by name: `faces`, and `used`, ids of those there at once."""
FONTS_DIR = "compiled/fonts"
MEDIA_DIR = "media"
SOUND = "meta/sound.json"
"""What decides the samples of the mix; its sources by their digests."""
COMPOSITION = "meta/composition.json"
ENCODER = "meta/encoder.json"
CHUNKS = "meta/chunks.json"
STARTING = (COMPOSITION, ENCODER, CHUNKS)
"""What tells a worker which browser to start, and whether it needs one."""

_SOUND_PATH = re.compile(r"audio\.[a-z0-9]+")

ROLE_ALL = "all"
ROLE_ASSEMBLE = "assemble"


def role_chunk(index: int) -> str:
    """Return the role of a worker that renders chunk *index*."""
    return f"chunk:{index}"


def is_sound(path: str) -> bool:
    """Tell whether *path* is that of a mix."""
    return _SOUND_PATH.fullmatch(path) is not None


def _parse_rational(value: Any) -> Fraction:
    try:
        return Fraction(value)
    except (TypeError, ZeroDivisionError, OverflowError) as exc:
        # pydantic reads ValueError only; anything else would leave as itself.
        raise ValueError(f"not a rational number: {value!r}") from exc


Rational = Annotated[
    Fraction,
    BeforeValidator(_parse_rational),
    PlainSerializer(str),
]


def _require_inside(value: str) -> str:
    # Whoever fetches a plan writes to the paths that its manifest lists.
    path = PurePosixPath(value)
    if path.is_absolute() or not path.name or ".." in path.parts or "\0" in value:
        raise ValueError(f"not a path inside the plan: {value!r}")
    return value


class _PlanFile(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, validate_default=False
    )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that the plan directory holds."""
        return self.model_dump(mode="json")


class Artifact(_PlanFile):
    """One file of the plan: where it lies, its digest, and who needs it."""

    path: Annotated[str, AfterValidator(_require_inside)]
    """POSIX path relative to the plan directory, and inside it."""
    sha256: str
    size_bytes: int
    roles: tuple[str, ...] = (ROLE_ALL,)

    def wanted_by(self, role: str) -> bool:
        """Tell whether a worker in *role* has to hold this file."""
        return ROLE_ALL in self.roles or role in self.roles


class Versions(_PlanFile):
    """What made the plan; workers must match it exactly."""

    fanreel: str
    chromium: str
    libav: str
    architecture: str
    """Of the processor: `x86_64`, `arm64`."""


class PlanManifest(_PlanFile):
    """`plan.json`: enough to schedule, fetch and verify; read before anything else."""

    protocol: int = PROTOCOL
    plan_hash: str
    versions: Versions
    total_frames: int
    fps: Rational
    width: int
    height: int
    format: str
    has_audio: bool
    audio_path: str | None = Field(default=None, pattern=f"^{_SOUND_PATH.pattern}$")
    """The sound's mix, directly in the plan directory and nowhere else; see `is_sound()`."""
    chunk_count: int
    segment_frames: int
    artifacts: tuple[Artifact, ...]
    checksum: str = ""
    """Of everything above, so that a changed byte in this file is noticed before it is believed."""

    @property
    def segmented_frames(self) -> int:
        """Frames that its segments hold: all, or none of a sound alone."""
        return self.total_frames if self.chunk_count else 0

    def sealed(self) -> Self:
        """Return the manifest with its checksum."""
        return self.model_copy(update={"checksum": self._checksum()})

    def is_sealed(self) -> bool:
        """Tell whether nothing changed since it was sealed."""
        return self.checksum == self._checksum()

    def _checksum(self) -> str:
        content = self.to_json() | {"checksum": ""}
        return hashlib.sha256(canonical_json(content)).hexdigest()


class RecordedResponse(_PlanFile):
    """An outside response, frozen while planning."""

    url: str
    method: str = "GET"
    status: int
    headers: dict[str, str]
    sha256: str
    """Digest of the body, which lies in `compiled/recorded/<sha256>`."""


class Ramp(_PlanFile):
    """How fast a clip plays over its own time: see `fanreel.timing.ramp`."""

    start_s: Rational
    """On the root timeline: where the clip's time is 0, also where its host cuts it off."""
    rate: Rational = Fraction(1)
    """Seconds of the clip's time per root-timeline second."""
    points: tuple[tuple[Rational, Rational], ...] = Field(min_length=1)
    """Seconds of the clip, ascending, and the speed there."""


class MediaClip(_PlanFile):
    """A `<video>`, `<audio>` or animated image on the root timeline, times resolved."""

    key: str
    """Stable name of the element: what the page calls it (`data-fanreel-media`)."""
    kind: Literal["video", "audio", "image"]
    path: str
    """The source, relative to the plan directory: `media/<sha256>.<ext>`."""
    src: str
    """The source as the composition wrote it, for messages."""
    start_s: Rational
    """On the root timeline."""
    duration_s: Rational
    offset_s: Rational = Fraction(0)
    rate: Rational = Fraction(1)
    """Source seconds per root-timeline second."""
    ramp: Ramp | None = None
    """Takes the place of *rate*."""
    volume: float = 1.0
    loop: bool = False
    audible: bool = False
    """Its sound joins the mix."""
    shown: bool = False
    """Its picture joins the page."""
    width: int = 0
    """Of the source as displayed, in pixels; 0 for sound."""
    height: int = 0
    source_s: Rational | None = None
    """Length of the source; None for sources that do not end."""

    def passed_s(self, time_s: Fraction) -> Fraction:
        """Return how much has played at *time_s* of the root timeline, counted from *offset_s*."""
        time_s = max(time_s, self.start_s)
        if self.ramp is None:
            return (time_s - self.start_s) * self.rate
        return passed(self.ramp.points, (time_s - self.ramp.start_s) * self.ramp.rate)


class Clip(_PlanFile):
    """Any timed element, resolved: visible in `[start_s, start_s + duration_s)`."""

    key: str
    element: str
    """A selector-like name for messages, e.g. `div#intro.clip`."""
    composition: str
    start_s: Rational
    duration_s: Rational | None
    track: int | None = None


class UsedFont(_PlanFile):
    """What one kind of text asks for, and what it is drawn with."""

    element: str
    families: tuple[str, ...]
    """As its style lists them."""
    web_fonts: tuple[str, ...]
    """Drawn with, and shipped with the page."""
    system_fonts: tuple[str, ...]
    """Drawn with, and found on the planning machine."""
    declared: str | None = None
    """The first of the families that the page brings a font for."""
    emoji: bool = False
    """Of the text only its emoji, which hardly a text font has; the rest is told apart."""
    way: Literal["project", "built-in", "substitute", "web", "generic", "system"] = "system"
    """What gave the face; see docs/fonts.md. `system`: nothing but this machine."""


class Composition(_PlanFile):
    """`meta/composition.json`: the resolved timeline."""

    composition_id: str
    entry_file: str
    """Its path in the frozen site."""
    project_path: str = ""
    """Of the project in the frozen site; empty where they are one."""
    width: int
    height: int
    fps: Rational
    duration_s: Rational
    first_frame: int = 0
    """Frame of the composition that output frame 0 shows (`frame_range`)."""
    total_frames: int
    clips: tuple[Clip, ...] = ()
    media: tuple[MediaClip, ...] = ()
    variables: dict[str, Any] = Field(default_factory=dict)
    """Top-level values the caller gave."""
    fonts: tuple[UsedFont, ...] = ()
    uses_webgl: bool = False
    stepped: bool = False
    """Frames depend on earlier ones, so a worker steps the page from the start."""
    refused: tuple[str, ...] = ()
    """Outside URLs that had no answer while planning; they have none in workers either."""
    absent: tuple[str, ...] = ()
    """Project paths that the page asked for in vain while planning, and copes without."""


class LockedRenderConfig(_PlanFile):
    """`meta/encoder.json`: every choice that decides pixels, fixed when planned."""

    format: str
    codec: str
    """libav encoder name, e.g. `libx264`; for png-sequence `png`."""
    pixel_format: str
    quality: str
    crf: int | None
    bitrate: str | None
    gop: int
    encoder_options: dict[str, str] = Field(default_factory=dict)
    """All other options of the libav encoder, its thread count among them."""
    engine: Literal["xvfb", "screenshot"]
    alpha: bool
    hdr: bool = False
    """BT.2020 primaries and HLG transfer in 10 bits."""
    webgl: bool
    webgpu: bool = False
    """The page draws with WebGPU: its browser composes on SwiftShader."""
    device_scale_factor: float
    """Device pixels per CSS pixel while capturing."""
    output_width: int
    output_height: int
    padding: tuple[int, int] = (0, 0)
    """Of the output, columns at the right and rows at the bottom that repeat the picture's last."""
    cfr: bool = False
    runtime_env: dict[str, str] | None = None
    """Allow-listed `FANREEL_RUNTIME_*` values in force when planned; None: no snapshot taken."""
