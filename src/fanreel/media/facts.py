"""What a file of video or sound is, for whoever made it: `fanreel info`."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFacts:
    """A file's picture."""

    codec: str
    profile: str | None
    pixel_format: str | None
    """libav's name; None where libav cannot decode it."""
    width: int
    """Upright, in square pixels."""
    height: int
    fps: Fraction | None
    """None for a still picture."""
    frames: int
    has_alpha: bool
    is_hdr: bool
    matrix: str | None
    """None where the file does not say."""
    primaries: str | None
    transfer: str | None
    levels: str | None
    """`limited` or `full`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFacts:
    """A file's sound."""

    codec: str
    sample_rate: int
    layout: str
    """Of the channels: `mono`, `stereo`, `5.1`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A media file."""

    path: Path
    container: str
    size_bytes: int
    duration_s: Fraction | None
    """None for a still picture."""
    picture: PictureFacts | None
    sound: SoundFacts | None
